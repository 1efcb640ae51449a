#!/usr/bin/python3
"""The reader of compact payloads checked: the page's vectors, and bytes that are no payload.

Needs zstandard: run by Tests/Support/python -m unittest test_compact."""

import pathlib
import random
import re
import unittest

import compact

PAGE = pathlib.Path(__file__).resolve().parents[2] / "Sources/Uplink/Compact/compact.md"


def vectors():
    """The payloads of the page, each with what it says."""
    blocks = re.findall(r"```hex\n(.*?)```\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [(bytes.fromhex(payload), text.splitlines()) for payload, text in blocks]


class Vectors(unittest.TestCase):
    def test_the_page_is_read_as_it_says(self):
        decoder, found = compact.Decoder(), vectors()
        self.assertEqual(len(found), 6)
        for payload, text in found:
            self.assertEqual(list(compact.lines(decoder.read(payload))), text)

    def test_readings_without_their_dictionary_are_told(self):
        for payload, _ in (vectors()[1], vectors()[2], vectors()[5]):
            with self.assertRaises(compact.UnknownPoints):
                compact.Decoder().read(payload)

    def test_times_are_those_of_the_cabinet(self):
        decoder = compact.Decoder()
        for payload, _ in vectors()[:2]:
            found = decoder.read(payload)
        self.assertEqual(found.head.base + found.readings[-1].time, 1_700_000_001_000_000)
        self.assertEqual(found.readings[0].value, 230.1)
        self.assertEqual(found.readings[0].point.unit, "V")


class Hostile(unittest.TestCase):
    def test_what_was_cut_is_refused(self):
        for payload, _ in vectors():
            for length in range(len(payload)):
                with self.assertRaises(compact.Malformed):
                    compact.Decoder().read(payload[:length])

    def test_a_flipped_bit_is_refused_or_read(self):
        refused = 0
        for payload, _ in vectors():
            for bit in range(8 * len(payload)):
                damaged = bytearray(payload)
                damaged[bit // 8] ^= 1 << bit % 8
                try:
                    compact.Decoder().read(bytes(damaged))
                except (compact.Malformed, compact.UnknownPoints):
                    refused += 1
        self.assertGreater(refused, 1000)

    def test_bytes_of_chance_are_refused(self):
        source = random.Random(1)
        for _ in range(5000):
            payload = bytes([compact.MAGIC]) + source.randbytes(source.randrange(200))
            try:
                compact.Decoder().read(payload)
            except (compact.Malformed, compact.UnknownPoints):
                continue


if __name__ == "__main__":
    unittest.main()
