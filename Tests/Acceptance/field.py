"""The simulated field's clock and its log: the ground truth (Tests/Bench/mbsim.c)."""

import re
import struct
from collections import defaultdict
from typing import NamedTuple

from ledger import percentile

#: The clock's step in nanoseconds, and the steps after which it wraps.
TICK_NS, WRAP = 10_000_000, 65_536
_RECORD = struct.Struct("<QHHHHHHI")
_NOT_ANSWERED = 1
_POINT = re.compile(r"unit-(\d+)/r(\d+)\Z")


def _perm(x):
    x = x * 0x9E37 & 0xFFFF
    x ^= x >> 7
    x = x * 0x6A4D & 0xFFFF
    x ^= x >> 9
    return x * 0xB529 & 0xFFFF


_INVERSE = [0] * WRAP
for _x in range(WRAP):
    _INVERSE[_perm(_x)] = _x


def _salt(unit, address):
    return (unit * 2477 + address * 40503) & 0xFFFF


def value(unit, address, tick):
    """What the register answers at a tick."""
    return _perm((tick ^ _salt(unit, address)) & 0xFFFF)


class Sample(NamedTuple):
    """One register at one tick since 1970."""

    unit: int
    address: int
    tick: int


def sample(point, register, time):
    """Which sample a reading is: the tick its value tells, nearest to its time; None for another point."""
    match = _POINT.search(point)
    if not match or not isinstance(register, (int, float)) or not 0 <= register < WRAP or register % 1:
        return None
    unit, address = int(match[1]), int(match[2])
    told = _INVERSE[int(register)] ^ _salt(unit, address)
    near = round(time * 1e9) // TICK_NS
    off = (told - near) % WRAP
    return Sample(unit, address, near + (off if off < WRAP // 2 else off - WRAP))


class Poll(NamedTuple):
    """One request as the field saw it."""

    ns: int
    unit: int
    address: int
    count: int
    tick: int
    function: int
    connection: int
    flags: int

    @property
    def answered(self):
        return not self.flags & _NOT_ANSWERED

    def samples(self):
        tick = self.ns // TICK_NS
        return (Sample(self.unit, address, tick) for address in range(self.address, self.address + self.count))


def read_log(path):
    """Every request of function 03, in order."""
    with open(path, "rb") as log:
        return [Poll(*fields) for fields in _RECORD.iter_unpack(log.read())]


def intervals(polls):
    """For each (unit, first address) the seconds between consecutive requests."""
    last, found = {}, defaultdict(list)
    for poll in polls:
        block = poll.unit, poll.address
        if block in last:
            found[block].append((poll.ns - last[block]) / 1e9)
        last[block] = poll.ns
    return found


def grid(polls):
    """p50, p99 and the longest interval of every block together, in seconds."""
    every = [seconds for block in intervals(polls).values() for seconds in block]
    return {"p50": percentile(every, 50), "p99": percentile(every, 99), "max": max(every, default=None)}
