"""SenML JSON (RFC 8428) and the identity that a telemetry message carries.

Written from the RFC and from the delivery promise alone: it shares no code with what it judges.
"""

import json
import re
from typing import NamedTuple

#: RFC 8428 section 4.5.3: a time below this many seconds is relative to now.
ABSOLUTE_FROM = 2**28
#: RFC 8428 section 4.5.1: the characters of a resolved name.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*\Z")
#: RFC 8428 section 4.2 and 4.3, without the base fields.
VALUE_FIELDS = ("v", "vb", "vs", "vd")
#: A journal's random number and which start of it this is.
EPOCH = re.compile(r"[0-9a-f]{16}-[1-9][0-9]*\Z")
TOPIC = re.compile(r"armadio/([^/]+)/telemetry\Z")


class Malformed(Exception):
    """A message that breaks RFC 8428 or carries no proper identity."""


class Record(NamedTuple):
    """One resolved record."""

    name: str
    local: str  #: the name without the base name
    kind: str  #: the value's field: v, vb, vs, vd, or s where there is only a sum
    value: object
    unit: str
    time: float  #: seconds since 1970


class Identity(NamedTuple):
    """Which readings a message carries."""

    gateway: str
    epoch: str
    first: int
    count: int


def _unique(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("a label stands twice in one record")
    return fields


def _no_constant(text):
    raise Malformed(f"{text} is not a JSON number")


def parse(payload):
    """The records of a payload, not yet resolved."""
    try:
        pack = json.loads(payload, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from error
    if not isinstance(pack, list) or not pack or not all(isinstance(r, dict) for r in pack):
        raise Malformed("a pack is an array of one or more objects")
    return pack


def _typed(fields, label, types, default):
    value = fields.get(label, default)
    if label in fields and (isinstance(value, bool) != (types is bool) or not isinstance(value, types)):
        raise Malformed(f"{label} has the wrong type: {value!r}")
    return value


def resolve(pack, now):
    """Applies the base fields (RFC 8428 section 4.6); one record for each that carries a value."""
    base = {"bn": "", "bt": 0, "bu": "", "bv": 0, "bs": None, "bver": 10}
    kinds = {"bn": str, "bt": (int, float), "bu": str, "bv": (int, float), "bs": (int, float), "bver": int}
    records = []
    for fields in pack:
        for label, types in kinds.items():
            base[label] = _typed(fields, label, types, base[label])
        if not 0 < base["bver"] <= 10:
            raise Malformed(f"version {base['bver']} is not ours")
        unknown = [label for label in fields if label.endswith("_")]
        if unknown:
            raise Malformed(f"must be understood and is not: {unknown}")
        record = _resolved(fields, base, now)
        if record:
            records.append(record)
    return records


def _resolved(fields, base, now):
    present = [label for label in VALUE_FIELDS if label in fields]
    if len(present) > 1:
        raise Malformed(f"more than one value: {present}")
    if not present and "s" not in fields:
        if "n" in fields or base["bv"] == 0 and base["bs"] is None and not set(fields) & set(base):
            raise Malformed(f"a record without a value: {fields}")
        return None
    local = _typed(fields, "n", str, "")
    name = base["bn"] + local
    if not NAME.match(name):
        raise Malformed(f"not a SenML name: {name!r}")
    kind = present[0] if present else "s"
    types = {"v": (int, float), "s": (int, float), "vb": bool, "vs": str, "vd": str}[kind]
    value = _typed(fields, kind, types, None)
    if kind == "v":
        value += base["bv"]
    elif kind == "s" and base["bs"] is not None:
        value += base["bs"]
    time = base["bt"] + _typed(fields, "t", (int, float), 0)
    if time < ABSOLUTE_FROM:
        time += now
    return Record(name, local, kind, value, _typed(fields, "u", str, base["bu"]), time)


def identity(topic, user_properties, pack):
    """The identity of a message: from its user properties (MQTT 5), else from extra fields of its
    first record (MQTT 3.1.1), where the topic names the gateway."""
    match = TOPIC.match(topic)
    if not match:
        raise Malformed(f"not a telemetry topic: {topic}")
    given = dict(user_properties or ())
    if not given:
        given = {key: str(pack[0][key]) for key in ("epoch", "first", "count") if key in pack[0]}
        given["gateway"] = match.group(1)
    missing = [key for key in ("gateway", "epoch", "first", "count") if key not in given]
    if missing:
        raise Malformed(f"no identity: {', '.join(missing)} missing")
    if given["gateway"] != match.group(1):
        raise Malformed(f"gateway {given['gateway']!r} on topic {topic}")
    if not EPOCH.match(given["epoch"]):
        raise Malformed(f"not an epoch: {given['epoch']!r}")
    if not (given["first"].isdecimal() and given["count"].isdecimal()):
        raise Malformed(f"first {given['first']!r}, count {given['count']!r} are not numbers")
    return Identity(given["gateway"], given["epoch"], int(given["first"]), int(given["count"]))
