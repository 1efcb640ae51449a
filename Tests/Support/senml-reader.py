"""Reads SenML packs (RFC 8428) by the letter of the RFC and prints their resolved records.

Arguments are files, told apart by their first byte. A line is: name, unit, time in microseconds,
kind (v, vb, vs) and value, tabs between; a number is its double in hexadecimal, or itself where 53
bits do not hold it. With --head, the first record's other fields are printed first.
"""

import json
import struct
import sys
import zlib

import cbor2
import zstandard

LABELS = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs", 0: "n", 1: "u", 2: "v",
          3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd"}
KNOWN = set(LABELS.values())


def unpacked(data):
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return zstandard.ZstdDecompressor().decompress(data)
    if data[0] == 0x78:
        return zlib.decompress(data)
    return data


def records(data):
    if data[:1] == b"[":
        return json.loads(data)
    assert 0x80 <= data[0] <= 0x9F, "neither JSON nor an array of definite length"
    pack = cbor2.loads(data)
    assert all(isinstance(key, (int, str)) for record in pack for key in record)
    assert all(key in LABELS for record in pack for key in record if isinstance(key, int))
    assert not any(key in KNOWN for record in pack for key in record if isinstance(key, str))
    return [{LABELS.get(key, key): value for key, value in record.items()} for record in pack]


def number(value):
    if isinstance(value, int) and abs(value) > 1 << 53:
        return str(value)
    return struct.pack(">d", float(value)).hex()


def line(record, base_name, base_time):
    kinds = [kind for kind in ("v", "vb", "vs") if kind in record]
    assert len(kinds) == 1, record
    value = record[kinds[0]]
    text = {"v": number, "vb": lambda flag: str(bool(flag)).lower(), "vs": str}[kinds[0]](value)
    if kinds[0] == "vb":
        assert isinstance(value, bool)
    time = round((float(base_time) + float(record.get("t", 0))) * 1e6)
    return "\t".join([base_name + record["n"], record.get("u", ""), str(time), kinds[0], text])


def main():
    arguments = sys.argv[1:]
    sys.stdout.reconfigure(encoding="utf-8")
    with_head = "--head" in arguments
    for path in [argument for argument in arguments if argument != "--head"]:
        with open(path, "rb") as file:
            pack = records(unpacked(file.read()))
        base_name, base_time = "", 0
        if with_head:
            head = {key: value for key, value in pack[0].items() if key not in KNOWN}
            print(json.dumps(head, sort_keys=True))
        for record in pack:
            base_name = record.get("bn", base_name)
            base_time = record.get("bt", base_time)
            print(line(record, base_name, base_time))


main()
