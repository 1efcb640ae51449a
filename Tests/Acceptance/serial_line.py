#!/usr/bin/python3
"""Ten devices of twenty registers on one serial line of 9,600 baud, each polled once a second.

    serial_line.py steady   all of them answer
    serial_line.py mute     one never answers: the others keep their grid
    serial_line.py full     twenty registers with holes, polled faster than the line can: how much of
                            its time is used, and what other plans would need

The devices show a clock, so that every reading tells when it was sampled; the line's bytes take their
time. Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import re
import subprocess
import sys
from collections import defaultdict

import cabinet
import field
import judge
import processes
from ledger import Ledger, percentile
from subscriber import Subscriber, feed

UNITS, REGISTERS, BAUD, PERIOD, MUTE = 10, 20, 9600, 1.0, 3
#: The registers of `full`: three runs with holes of two and three between them.
RUNS = (range(0, 7), range(9, 15), range(18, 25))
#: The least part of the line's time that `full` uses.
USE = 0.95
#: The longest p99 of the interval of a device that answers, in seconds; the clock has steps of 10 ms.
P99 = 1.05 + field.TICK_NS / 1e9


def exchange(registers):
    """How long an exchange keeps the line at the least, in seconds: 11 bits a character, two silences
    of 3.5 characters, 13 characters around the values."""
    return (13 + 2 * registers + 7) * 11 / BAUD


EXCHANGE = exchange(REGISTERS)


def ticks(ledger):
    """For each unit the ticks of its first register's samples, in order."""
    found = defaultdict(list)
    for reading in ledger.readings():
        told = None if reading.is_bad else field.sample(reading.point, reading.value, reading.time)
        if told and told.address == 0:
            found[told.unit].append(told.tick)
    return {unit: sorted(values) for unit, values in found.items()}


def judge_grid(verdict, ledger, units):
    every = []
    for unit, samples in sorted(ticks(ledger).items()):
        every += [(later - earlier) * field.TICK_NS / 1e9 for earlier, later in zip(samples, samples[1:])]
    p99 = percentile(every, 99)
    verdict.fact("intervals", len(every))
    verdict.fact("interval p50 / p99 / max s", f"{percentile(every, 50)} / {p99} / {max(every, default=None)}")
    heard = set(ticks(ledger))
    verdict.require(heard == set(units), f"units heard: {sorted(heard)}, must be {sorted(units)}")
    verdict.require(p99 is not None and p99 <= P99, f"p99 of the interval is {p99} s, must be <= {P99} s")


def judge_readings(verdict, ledger, units):
    bad = defaultdict(set)
    for reading in ledger.readings():
        if reading.is_bad:
            bad[int(re.search(r"unit-(\d+)/", reading.point)[1])].add(reading.value)
    verdict.fact("reasons of bad quality", dict(bad))
    verdict.zero("units that answer with bad quality", len(set(bad) & set(units)))
    if MUTE not in units:
        verdict.require("timeout" in bad[MUTE], f"unit {MUTE} did not come with timeout")


def judge_use(verdict, ledger, plan):
    """The exchanges that were done, against those that the line has time for."""
    samples = sorted(tick for every in ticks(ledger).values() for tick in every)
    seconds = (samples[-1] - samples[0]) * field.TICK_NS / 1e9
    read = RUNS[-1].stop - RUNS[0].start
    use = (len(samples) - 1) * exchange(read) / seconds
    verdict.fact("requests a cycle", plan["plannedRequests"])
    verdict.fact("registers read / wanted", f"{plan['registersRead']} / {plan['registersWanted']}")
    verdict.fact("a cycle takes s, computed", round(UNITS * exchange(read), 3))
    each = UNITS * sum(exchange(len(run)) for run in RUNS)
    verdict.fact("without reading holes", f"{UNITS * len(RUNS)} requests, {each:.3f} s")
    verdict.fact("one request a register", f"{UNITS * REGISTERS} requests, {UNITS * REGISTERS * exchange(1):.3f} s")
    verdict.fact("exchanges, seconds", f"{len(samples)}, {seconds}")
    verdict.fact("used of the line's time", round(use, 4))
    verdict.require(plan["plannedRequests"] == UNITS, "a device's registers are not one request")
    verdict.require(use >= USE, f"{use:.3f} of the line's time are used, must be >= {USE}")


def judge_line(verdict, child):
    """What the line itself has seen."""
    told = re.search(r"(\d+) requests.* (\d+) broken requests, (\d+) collisions", child.tail())
    if not told:
        raise RuntimeError(f"the line does not say what it saw\n{child.tail()}")
    verdict.fact("requests on the line", int(told[1]))
    verdict.zero("broken requests", int(told[2]))
    verdict.zero("collisions", int(told[3]))


def play(options):
    verdict, ledger = judge.Verdict(), Ledger()
    mute = (MUTE,) if options.scenario == "mute" else ()
    units = [unit for unit in range(1, UNITS + 1) if unit not in mute]
    if options.scenario != "full":
        verdict.fact("the devices that answer need of a second", round(len(units) * EXCHANGE, 3))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder(options.keep))
        port = stack.enter_context(processes.free_port())
        child, link = stack.enter_context(processes.line(options.armadio, folder, UNITS, BAUD, mute))
        stack.enter_context(processes.broker(folder, port))
        subscriber = stack.enter_context(
            Subscriber("127.0.0.1", port, ["armadio/+/telemetry"], on_message=feed(ledger)))
        bus = f"modbus-rtu: {{port: {link}, baud: {BAUD}}}"
        is_full = options.scenario == "full"
        settings = cabinet.settings(
            folder, port, 0, units=UNITS, registers=REGISTERS, one_line=True, bus=bus,
            interval="500ms" if is_full else "1s",
            addresses=[address for run in RUNS for address in run] if is_full else None)
        gateway = stack.enter_context(processes.gateway(options.armadio, folder, settings))
        subscriber.wait_until(lambda: ledger.newest > 0, 20, "the first telemetry")
        gateway.check_alive(options.seconds)
        status = [options.armadio, "status", "--json", "--config", settings]
        plan = json.loads(subprocess.run(status, check=True, capture_output=True).stdout)["buses"][0]
        gateway.terminate(6)
        subscriber.fence()
        child.terminate(5)
        if is_full:
            judge_use(verdict, ledger, plan)
        else:
            judge_grid(verdict, ledger, units)
        judge_readings(verdict, ledger, units)
        judge_line(verdict, child)
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=("steady", "mute", "full"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journal in a folder of the run in here")
    options = parser.parse_args()
    processes.end_on_sigterm()
    return judge.conclude(options.scenario, lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
