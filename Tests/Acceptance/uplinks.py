#!/usr/bin/python3
"""Two uplinks at once, each with a broker and a receiver of its own: one broker is away for a while,
which costs the other nothing; in the end each database has everything, once.

    uplinks.py [--away 180] [--before 60] [--rate 1000] [--receiver python|armadio]

Required: the city's readings come as fast while the home's broker is away as before (the 99th
percentile of the time from a sample to its commit, and its readings a second); nothing goes to the
city twice; once the home's broker is back, both databases have every sample the field gave, under one
identity, without a hole. Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import time

import cabinet
import database
import field
import judge
import processes
from ledger import Ledger, percentile
from subscriber import Subscriber, feed

NAMES = ("city", "home")
UNITS, POLLS = 10, 10
#: What a reading may take to the city longer while the other broker is away: by factor, and seconds.
SLOWER, SLACK = 1.5, 0.1
#: How many readings a second less the city may get then, as a share.
FEWER = 0.02
#: Left out at the edges of a phase, in seconds.
EDGE = 2.0
#: How long the gateway may take to find the broker again and to send what it kept, in seconds: waits
#: grow to 300 s.
PATIENCE = 420
CURRENT = 3
LAST_POLL, DELAY = 0.25, float(PATIENCE)


class Platform:
    """A broker, a receiver with a database, and a subscriber that notes when each sample came."""

    def __init__(self, name, options, folder, stack):
        self.name = name
        self.port = stack.enter_context(processes.free_port())
        self.broker = stack.enter_context(processes.broker(folder, self.port))
        self.database = folder / f"{name}.sqlite"
        if options.receiver == "armadio":
            command = [options.armadio, "receive", "--broker", f"mqtt://127.0.0.1:{self.port}", "--database", self.database]
        else:
            program = pathlib.Path(__file__).with_name("receiver.py")
            command = [sys.executable, program, "--port", self.port, "--database", self.database]
        self.receiver = stack.enter_context(processes.Child(f"receiver-{name}", command, folder))
        self.ledger = Ledger(time_tolerance=DELAY)
        self.arrivals = []  #: (arrival, seconds from the newest sample of the message, readings)
        take = feed(self.ledger)

        def arrived(message):
            take(message)
            records = json.loads(message.payload)
            device = records[-1].get("bn") or next((r["bn"] for r in reversed(records) if "bn" in r), "")
            told = field.sample(device + records[-1]["n"], records[-1].get("v"), message.arrival)
            if told:
                self.arrivals.append((message.arrival, message.arrival - told.tick * field.TICK_NS / 1e9, len(records)))

        topic = f"armadio/{cabinet.GATEWAY}/telemetry"
        self.subscriber = stack.enter_context(Subscriber("127.0.0.1", self.port, [topic], on_message=arrived))
        database.await_receiver(self.database, self.subscriber)

    def phase(self, begin, end):
        """p50 and p99 of the age at arrival, in seconds, and readings a second."""
        taken = [a for a in self.arrivals if begin + EDGE <= a[0] < end - EDGE]
        ages = [age for _, age, _ in taken]
        # From message to message: how many of them fall into a phase is by chance one more or less.
        rate = sum(count for *_, count in taken[1:]) / (taken[-1][0] - taken[0][0])
        return percentile(ages, 50), percentile(ages, 99), rate


def _settings(folder, platforms, field_port, options):
    path = cabinet.settings(
        folder, 0, field_port, interval=f"{1000 // POLLS}ms", units=UNITS, registers=options.rate // POLLS // UNITS,
        commit_after="1s",
    )
    lines = path.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("uplink:"))
    lines[place : place + 1] = ["uplinks:"] + [
        f'  {p.name}: {{broker: "mqtt://127.0.0.1:{p.port}", acknowledge: platform, keep-alive: 5s}}' for p in platforms
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def _status(options, settings):
    command = [options.armadio, "status", "--config", settings, "--json"]
    answer = subprocess.run(command, capture_output=True, timeout=30, check=True)
    return json.loads(answer.stdout)


def _await_all(options, settings, gateway, home):
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        gateway.check_alive(0.2)
        is_current = home.ledger.newest > time.time() - CURRENT and not home.ledger.holes()
        if is_current and _status(options, settings)["journal"]["onDisk"] < options.rate * 2:
            return round(time.monotonic() - began, 1)
    raise RuntimeError(f"the home's backlog did not come within {PATIENCE} s\n{gateway.tail()}")


def _require_unaffected(verdict, before, away):
    for name, phase in (("before", before), ("while the other is away", away)):
        verdict.fact(f"city {name}: age p50 / p99 ms, readings/s", "%.0f / %.0f, %.0f" % (phase[0] * 1000, phase[1] * 1000, phase[2]))
    verdict.require(away[1] <= before[1] * SLOWER + SLACK, f"the city's p99 went from {before[1]:.3f} to {away[1]:.3f} s")
    verdict.require(away[2] >= before[2] * (1 - FEWER), f"the city's rate went from {before[2]:.0f} to {away[2]:.0f} readings/s")


def _judge(verdict, platform, polls, ended):
    inner = judge.Verdict()
    judge.identities(inner, platform.ledger, 1, redelivery=platform.name == "home", ordered=False, delay=DELAY)
    kept = database.load(platform.database, inner)
    kept.relative_messages = 1
    inner.zero("missing in sequence in the database", sum(hole[3] for hole in kept.holes()))
    judge.samples(inner, kept, polls, lambda poll: poll.ns <= ended - LAST_POLL * 1e9, DELAY)
    for name, value in inner.facts.items():
        verdict.fact(f"{platform.name}: {name}", value)
    verdict.failures += [f"{platform.name}: {text}" for text in inner.failures]


def play(options):
    verdict = judge.Verdict()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder(options.keep))
        field_port = stack.enter_context(processes.free_port())
        simulated = stack.enter_context(processes.field(folder, field_port, UNITS))
        city, home = (Platform(name, options, folder, stack) for name in NAMES)
        settings = _settings(folder, (city, home), field_port, options)
        gateway = stack.enter_context(processes.gateway(options.armadio, folder, settings))
        try:
            for platform in (city, home):
                platform.subscriber.wait_until(lambda p=platform: p.ledger.newest > 0, 20, "the first telemetry")
            began = time.time()
            gateway.check_alive(options.before)
            home.subscriber.fence()
            gone = time.time()
            if home.broker.terminate(10)[0] != 0:
                raise RuntimeError("mosquitto did not end properly")
            gateway.check_alive(options.away)
            verdict.fact("kept on disk for the home", _status(options, settings)["journal"]["onDisk"])
            back = time.time()
            home.broker.start()
            verdict.fact("home had all after s", _await_all(options, settings, gateway, home))
            gateway.check_alive(5)
            ended = time.time_ns()
            code, seconds = gateway.terminate(6)
            verdict.fact("SIGTERM to exit s", round(seconds, 2))
            verdict.require(code == 0, f"exit code after SIGTERM: {code}, must be 0 within 6 s")
            for platform in (city, home):
                platform.subscriber.fence()
                verdict.require(not platform.subscriber.session_lost, "a broker lost the subscriber's session")
            had = -1
            while (has := sum(database.covered(p.database) for p in (city, home))) != had:
                had = has
                time.sleep(2)
            if simulated.terminate(10)[0] != 0:
                raise RuntimeError("the field ended badly: no ground truth")
            _require_unaffected(verdict, city.phase(began, gone), city.phase(gone, back))
            polls = field.read_log(processes.truth(folder, field_port))
            for platform in (city, home):
                _judge(verdict, platform, polls, ended)
        finally:
            if verdict.failures or sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{gateway.tail()}", file=sys.stderr)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=float, default=60, help="how long both are there, in seconds")
    parser.add_argument("--away", type=float, default=180, help="how long the home's broker is away, in seconds")
    parser.add_argument("--rate", type=int, default=1000, help="readings a second, a multiple of 100")
    parser.add_argument("--receiver", choices=("python", "armadio"), default="armadio")
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs, journal and databases in a folder of the run in here")
    return parser.parse_args()


def main():
    options = _options()
    processes.end_on_sigterm()
    processes.build_programs()
    return judge.conclude("uplinks", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
