"""Values and their registers as pymodbus and Python's struct have them: COUNT SEED prints lines of
`type<TAB>order<TAB>value<TAB>registers in hex`. pymodbus knows the two orders of words; those of
bytes are struct's, and pymodbus has to agree where it can."""

import random
import struct
import sys

from pymodbus.client import ModbusTcpClient

FORMATS = {
    "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q",
    "float32": "f", "float64": "d",
}


def packed(kind, value):
    """The bytes, highest first."""
    if kind in FORMATS:
        return struct.pack(">" + FORMATS[kind], value)
    bits = int("".join(c for c in kind if c.isdigit()))
    size = (bits + 15) // 16 * 2
    if kind.startswith("bcd"):
        return bytes.fromhex(f"{value:0{size * 2}d}")
    return value.to_bytes(size, "big", signed=kind.startswith("int"))


def random_value(kind):
    bits = int("".join(c for c in kind if c.isdigit()))
    if kind == "float32":
        return struct.unpack(">f", struct.pack(">f", random.uniform(-1e6, 1e6)))[0]
    if kind == "float64":
        return random.uniform(-1e12, 1e12)
    if kind.startswith("bcd"):
        return random.randrange(10 ** (bits // 4))
    if kind.startswith("int"):
        return random.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1))
    return random.randrange(2**bits)


def registers(data, order):
    words = list(struct.unpack(f">{len(data) // 2}H", data))
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("BADC", "DCBA"):
        words = [struct.unpack("<H", struct.pack(">H", word))[0] for word in words]
    return words


def check(kind, order, value, words):
    """What pymodbus says of the same value."""
    datatype = getattr(ModbusTcpClient.DATATYPE, kind.upper(), None)
    if datatype is None or order not in ("ABCD", "CDAB"):
        return
    word_order = "big" if order == "ABCD" else "little"
    theirs = ModbusTcpClient.convert_to_registers(value, datatype, word_order=word_order)
    assert theirs == words, (kind, order, value, theirs, words)
    back = ModbusTcpClient.convert_from_registers(words, datatype, word_order=word_order)
    assert back == value, (kind, order, value, back)


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    random.seed(seed)
    kinds = [sign + bits for bits in ("8", "16", "24", "32", "48", "64") for sign in ("int", "uint")]
    kinds += ["bcd8", "bcd16", "bcd24", "bcd32", "bcd64", "float32", "float64"]
    for kind in kinds:
        for order in ("ABCD", "CDAB", "BADC", "DCBA"):
            for _ in range(count):
                value = random_value(kind)
                words = registers(packed(kind, value), order)
                check(kind, order, value, words)
                print(kind, order, repr(value), "".join(f"{w:04x}" for w in words), sep="\t")


main()
