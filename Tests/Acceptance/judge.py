"""Compares what a receiver has with what the field gave."""

import json
import subprocess
import sys
from collections import Counter

import field
from ledger import percentile

#: How far a reading's time may be from the tick that its value tells, in seconds.
TIME_ERROR = 1.0


class Verdict:
    """Facts in order, and what was required and does not hold."""

    def __init__(self):
        self.facts = {}
        self.failures = []

    def fact(self, name, value):
        self.facts[name] = value

    def require(self, holds, text):
        if not holds:
            self.failures.append(text)

    def zero(self, name, count, example=""):
        """A count that must be 0."""
        self.fact(name, count)
        self.require(count == 0, f"{name}: {count}, must be 0{f' (such as {example})' if example else ''}")

    def print(self):
        for name, value in self.facts.items():
            print(f"  {name:36} {value}")
        for text in self.failures:
            print(f"  FAILED: {text}")


#: How long after a kill a busy field may come to answer what the dead gateway had asked, in seconds.
LATE = 0.5


def may_be_lost(ns, killed, young):
    """Whether what was taken at `ns` was younger than `young` seconds at a kill."""
    return any(at - int(young * 1e9) < ns <= at + int(LATE * 1e9) for at in killed)


def conclude(program, play, as_json=False):
    """Lets a play run, prints its verdict, and answers the exit status: 1 if something does not hold,
    2 if it could not be played."""
    try:
        verdict = play()
    except (RuntimeError, TimeoutError, OSError, subprocess.SubprocessError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps({"scenario": program, "facts": verdict.facts, "failures": verdict.failures}))
    else:
        print(f"{program}:")
        verdict.print()
        print(f"  {'FAILED' if verdict.failures else 'passed'}")
    return 1 if verdict.failures else 0


#: Each start of the gateway takes two epochs: one for urgent readings, one for the others.
EPOCHS_A_START = 2


def identities(verdict, ledger, epochs, redelivery=False, ordered=True, delay=0):
    """Requires one content for each identity, no hole, order; and repetitions only if allowed.

    `epochs` is how many there must be, without a gap; None where a run may have sent nothing.
    `ordered` is false where new readings may overtake old ones. Messages on their way were held up
    for at most `delay` seconds: that shifts times that are relative to their arrival."""
    faults = ledger.faults
    first = {kind: texts[0] for kind, texts in faults.examples.items()}
    verdict.fact("messages", ledger.messages)
    if epochs is None:
        verdict.fact("epochs", len(ledger.epochs))
    else:
        verdict.fact("epochs", ", ".join(epoch for _, epoch in sorted(ledger.epochs)))
        verdict.require(len(ledger.epochs) == epochs, f"{len(ledger.epochs)} epochs, must be {epochs}")
    numbers = sorted(int(epoch.split("-")[1]) for _, epoch in ledger.epochs)
    journals = {epoch.split("-")[0] for _, epoch in ledger.epochs}
    verdict.require(len(journals) <= 1, f"{len(journals)} journals, must be one")
    steps = [later - earlier for earlier, later in zip(numbers, numbers[1:])]
    if epochs is not None:
        verdict.require(all(step == EPOCHS_A_START for step in steps), f"epoch numbers do not count up: {numbers}")
    verdict.zero("malformed messages", faults["malformed"], first.get("malformed"))
    verdict.zero("contradictions", faults["contradiction"], first.get("contradiction"))
    holes = ledger.holes()
    verdict.zero("missing in sequence", sum(hole[3] for hole in holes), holes and holes[0])
    verdict.zero("given up (gap records)", ledger.gap_readings)
    if ordered:
        verdict.zero("out of order", faults["out-of-order"], first.get("out-of-order"))
    backwards = ledger.backwards()
    if delay and ledger.relative_messages:
        verdict.fact("times relative to a late arrival", ledger.relative_messages)
        backwards = [back for back in backwards if back[3] > delay + TIME_ERROR]
    verdict.zero("times going backwards", len(backwards), backwards and backwards[0])
    if redelivery:
        verdict.fact("redelivered, same identity", faults["redelivery"])
    else:
        verdict.zero("redelivered, same identity", faults["redelivery"], first.get("redelivery"))


def samples(verdict, ledger, polls, due, delay=0):
    """Requires every sample that is due once, none twice, none that the field never gave.

    `due` says of an answered poll whether its samples must be there; `delay` as for identities."""
    given, owed = Counter(), Counter()
    for poll in polls:
        if poll.answered:
            given.update(poll.samples())
            if due(poll):
                owed.update(poll.samples())
    received, errors, strays = Counter(), [], []
    for reading in ledger.readings():
        if reading.is_bad:
            continue
        told = field.sample(reading.point, reading.value, reading.time)
        if told is None or told not in given:
            strays.append(reading)
            continue
        received[told] += 1
        errors.append(abs(reading.time - told.tick * field.TICK_NS / 1e9))
    missing, twice = owed - received, received - given
    verdict.fact("samples due", owed.total())
    verdict.fact("samples due and received", (owed & received).total())
    verdict.require(owed.total() > 0, "no sample was due: nothing was proved")
    verdict.zero("samples missing", missing.total(), next(iter(missing), None))
    verdict.zero("samples under two identities", twice.total(), next(iter(twice), None))
    verdict.zero("readings the field never gave", len(strays), next(iter(strays), None))
    verdict.fact("samples not due", (given - owed).total())
    verdict.fact("of them received", (received - owed).total())
    allowed = TIME_ERROR + (delay if ledger.relative_messages else 0)
    late = [error for error in errors if error > allowed]
    verdict.fact("time against tick p50 / max ms", _ms(percentile(errors, 50), max(errors, default=None)))
    verdict.zero(f"times over {allowed} s from the tick", len(late))


def _ms(*seconds):
    return " / ".join("-" if s is None else f"{s * 1000:.1f}" for s in seconds)


def schedule(verdict, polls, period, without=()):
    """The field's own view of the grid, in which units that are left out do not count."""
    counted = [poll for poll in polls if poll.unit not in without]
    grid = field.grid(counted)
    verdict.fact("poll interval p50 / p99 / max ms", _ms(grid["p50"], grid["p99"], grid["max"]))
    means = [sum(block) / len(block) for block in field.intervals(counted).values() if block]
    drift = max((abs(mean / period - 1) for mean in means), default=0)
    verdict.fact("mean interval off the period by %", round(drift * 100, 3))
    return grid, drift
