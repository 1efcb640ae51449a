"""What a receiver that keeps identities knows: every reading once, every repetition, every hole."""

from collections import defaultdict
from typing import NamedTuple

import senml

#: The same reading sent again may rest on a newer observation of the clocks. More than this apart
#: (seconds), with no step of the wall clock, is another reading under the same identity.
TIME_TOLERANCE = 0.010
#: How many examples of each fault are kept.
EXAMPLES = 5


class Reading(NamedTuple):
    """What stands at one identity."""

    name: str
    kind: str
    value: object
    time: float

    @property
    def is_gap(self):
        return self.kind == "gap"

    @property
    def point(self):
        """The point's name, also where the record says why there is no value."""
        return self.name.removesuffix("/quality") if self.is_bad else self.name

    @property
    def is_bad(self):
        return self.kind == "vs" and self.name.endswith("/quality")

    def contradicts(self, other, tolerance):
        return self[:3] != other[:3] or abs(self.time - other.time) > tolerance


class Faults(dict):
    """Counts by kind of fault, with the first few examples."""

    def __init__(self):
        super().__init__()
        self.examples = defaultdict(list)

    def add(self, kind, text):
        self[kind] = self.get(kind, 0) + 1
        if len(self.examples[kind]) < EXAMPLES:
            self.examples[kind].append(text)

    def __missing__(self, kind):
        return 0


def entries(identity, records):
    """Every sequence number of a message with its reading."""
    taken, sequence = [], identity.first
    for record in records:
        if record.local == "gap":
            if not isinstance(record.value, (int, float)) or record.value < 1 or record.value % 1:
                raise senml.Malformed(f"a gap of {record.value!r}")
            end = sequence + int(record.value)
            gap = Reading(record.name, "gap", None, record.time)
            if end > identity.first + identity.count:
                raise senml.Malformed(f"{identity}: a gap of {record.value} reaches beyond its message")
            taken += ((lost, gap) for lost in range(sequence, end))
            sequence = end
        else:
            taken.append((sequence, Reading(record.name, record.kind, record.value, record.time)))
            sequence += 1
    if sequence != identity.first + identity.count:
        raise senml.Malformed(f"{identity}: stands for {sequence - identity.first} readings")
    return taken


class Ledger:
    """Takes messages in the order of their arrival.

    faults: malformed, contradiction (an identity with two contents: never allowed),
    redelivery (an identity again with the same content: allowed by QoS 1),
    out-of-order (a message seen for the first time after a later one of its epoch).
    """

    def __init__(self, time_tolerance=TIME_TOLERANCE):
        self._time_tolerance = time_tolerance
        self.epochs = defaultdict(dict)  #: (gateway, epoch) -> sequence -> Reading
        self.faults = Faults()
        self.messages = 0
        self.payload_bytes = 0
        self.newest = 0.0  #: the latest time of any reading, seconds since 1970
        self.gap_readings = 0
        self.relative_messages = 0  #: whose times are relative to their arrival
        self._next = defaultdict(int)

    def take(self, topic, payload, user_properties, arrival):
        self.messages += 1
        self.payload_bytes += len(payload)
        try:
            pack = senml.parse(payload)
            identity = senml.identity(topic, user_properties, pack)
            taken = entries(identity, senml.resolve(pack, arrival))
        except senml.Malformed as error:
            self.faults.add("malformed", f"{topic}: {error}")
            return
        self.relative_messages += pack[0].get("bt", 0) < senml.ABSOLUTE_FROM
        known = self.epochs[identity.gateway, identity.epoch]
        fresh = [sequence for sequence, _ in taken if sequence not in known]
        expected = self._next[identity.gateway, identity.epoch]
        if fresh and fresh[0] < expected:
            self.faults.add("out-of-order", f"{identity}: {fresh[0]} came after {expected - 1}")
        for sequence, reading in taken:
            self._settle(identity, known, sequence, reading)
        end = identity.first + identity.count
        self._next[identity.gateway, identity.epoch] = max(expected, end)

    def _settle(self, identity, known, sequence, reading):
        before = known.get(sequence)
        if before is None:
            known[sequence] = reading
            self.gap_readings += reading.is_gap
            self.newest = max(self.newest, reading.time)
        elif before.contradicts(reading, self._time_tolerance):
            where = f"{identity.gateway} {identity.epoch} {sequence}"
            self.faults.add("contradiction", f"{where}: {before} and {reading}")
        else:
            self.faults.add("redelivery", f"{identity.gateway} {identity.epoch} {sequence}")

    def holes(self):
        """Sequence numbers from 0 on that never came, as (gateway, epoch, first, count)."""
        found = []
        for (gateway, epoch), known in sorted(self.epochs.items()):
            expected = 0
            for sequence in sorted(known):
                if sequence > expected:
                    found.append((gateway, epoch, expected, sequence - expected))
                expected = sequence + 1
        return found

    def readings(self):
        """Every reading once, in the order of each epoch's sequence; without the gaps."""
        for _, known in sorted(self.epochs.items()):
            for sequence in sorted(known):
                if not known[sequence].is_gap:
                    yield known[sequence]

    def backwards(self):
        """Readings whose time lies before that of an earlier reading of the same point and epoch, and by how much."""
        found = []
        for (_, epoch), known in sorted(self.epochs.items()):
            last = {}
            for sequence in sorted(known):
                reading = known[sequence]
                if reading.time < last.get(reading.point, reading.time):
                    found.append((epoch, sequence, reading.point, last[reading.point] - reading.time))
                last[reading.point] = reading.time
        return found

    def report(self):
        """The plain facts."""
        holes = self.holes()
        return {
            "messages": self.messages,
            "payload_bytes": self.payload_bytes,
            "readings": sum(len(known) for known in self.epochs.values()) - self.gap_readings,
            "bad_readings": sum(reading.is_bad for reading in self.readings()),
            "epochs": [f"{gateway} {epoch}" for gateway, epoch in sorted(self.epochs)],
            "malformed": self.faults["malformed"],
            "contradictions": self.faults["contradiction"],
            "redeliveries": self.faults["redelivery"],
            "out_of_order": self.faults["out-of-order"],
            "gap_readings": self.gap_readings,
            "holes": [list(hole) for hole in holes],
            "missing_in_holes": sum(hole[3] for hole in holes),
            "backwards": len(self.backwards()),
            "examples": {kind: texts for kind, texts in self.faults.examples.items() if kind != "redelivery"},
        }

    def intervals(self):
        """For each point the seconds between its consecutive readings, by their times."""
        times = defaultdict(list)
        for reading in self.readings():
            times[reading.point].append(reading.time)
        return {
            point: [later - earlier for earlier, later in zip(taken, taken[1:])]
            for point, taken in times.items()
            if taken.sort() is None
        }


def percentile(values, share):
    """The nearest-rank percentile; None of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * share // 100) - 1))] if ranked else None
