"""A journal's page as a newer program would have written it (Sources/Journal/PageFormat.swift)."""

import struct

PAGE = 4096
_POLYNOMIAL = 0x82F63B78


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL * (crc & 1)
    return crc ^ 0xFFFFFFFF


def raised(pages):
    """The pages with the next version behind their magic, sealed."""
    out = bytearray(pages)
    for start in range(0, len(out), PAGE):
        page = out[start : start + PAGE]
        page[8] += 1
        struct.pack_into("<I", page, PAGE - 4, _crc32c(page[: PAGE - 4]))
        out[start : start + PAGE] = page
    return bytes(out)
