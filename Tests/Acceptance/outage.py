#!/usr/bin/python3
"""24 hours without a link, in simulated time, and how they are sent afterwards.

    outage.py [--hours 24] [--rate 100] [--orders in-order live-first]

First `outage-bench` lets a day go by for the journal: so many readings a second, a commit each 10 s,
ended as by a kill. Then, for each order, the real gateway starts on a copy of that journal, polls a
simulated field, and sends to a real broker.

Required: the day takes no more memory than its first hundredth; the journal gave up nothing; every
reading of the day comes once, in order of sequence, and each message that is looked into has the times
of the day; `in-order` sends all of it before anything new, `live-first` sends new readings all along,
as young as ever; the gateway's memory is flat while it sends.
Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import cabinet
import field
import judge
import processes
import senml
from ledger import percentile
from subscriber import Subscriber

#: A commit of the simulated day, in seconds; its first instant (Tests/Bench/Outage).
COMMIT, DAWN = 10, 1_700_000_000
#: Memory may grow by so much over a simulated day, and while the backlog goes out from its first quarter
#: on, in KiB: pages that an allocator keeps.
DAY_GROWTH, DRAIN_GROWTH = 2048, 4096
#: How long the backlog may take, in seconds.
PATIENCE = 1200
#: So that new readings do not wait behind the backlog in the broker's queue for a subscriber in Python,
#: which is slower than the gateway.
LIMIT = ", limit: 100000"
#: How old a new reading may be at the receiver while the backlog goes out, in seconds (p99).
YOUNG = 3.0
#: One message of the backlog in so many is looked into.
SAMPLE = 20


class Watch(threading.Thread):
    """The gateway's resident memory, a hundred times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self._path, self._stopped = pathlib.Path(f"/proc/{pid}/statm"), threading.Event()
        self.samples = []  #: (time, KiB)

    def run(self):
        while not self._stopped.wait(0.01):
            with contextlib.suppress(OSError):
                self.samples.append((time.time(), int(self._path.read_text().split()[1]) * 4))

    def stop(self):
        self._stopped.set()
        self.join()


class Receiver:
    """What came of the day, message by message, and how old new readings were."""

    def __init__(self, epoch, readings, per_commit):
        self.epoch, self.readings, self._per_commit = epoch, readings, per_commit
        self.day = []  #: (arrival, first, count)
        self.live = []  #: (arrival, age of the newest reading)
        self.wrong = []
        self.done = False

    def take(self, message):
        given = dict(message.user_properties)
        first, count = int(given["first"]), int(given["count"])
        if given["epoch"] != self.epoch:
            self._take_live(message)
            return
        self.day.append((message.arrival, first, count))
        self.done = first + count >= self.readings
        if len(self.day) % SAMPLE == 1:
            self._look_into(message, first, count)

    def _take_live(self, message):
        records = senml.resolve(senml.parse(message.payload), message.arrival)
        told = field.sample(records[-1].name, records[-1].value, message.arrival)
        if told:
            self.live.append((message.arrival, message.arrival - told.tick * field.TICK_NS / 1e9))

    def _look_into(self, message, first, count):
        records = senml.resolve(senml.parse(message.payload), message.arrival)
        if len(records) != count:
            self.wrong.append(f"{first}: {len(records)} records, not {count}")
        for offset, record in enumerate(records):
            begin = DAWN + (first + offset) // self._per_commit * COMMIT
            if not begin - 0.001 <= record.time <= begin + COMMIT:
                self.wrong.append(f"{first + offset}: time {record.time}, not within {begin} and {begin + COMMIT}")
                return


def simulate(options, folder, verdict):
    """The journal of a day."""
    journal = folder / "day"
    commits, each = int(options.hours * 3600 / COMMIT), options.rate * COMMIT
    program = processes.REPOSITORY / ".build" / "release" / "outage-bench"
    done = subprocess.run([program, "w1", journal, str(commits), str(each)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"outage-bench: {done.stderr}")
    facts = json.loads(done.stdout)
    verdict.fact("simulated hours, readings", f"{options.hours:g}, {facts['readings']}")
    verdict.fact("bytes on disk, a reading", f"{facts['bytes_on_disk']}, {facts['bytes_on_disk'] / facts['readings']:.2f}")
    verdict.fact("memory grown over the day KiB", facts["resident_growth_kb"])
    verdict.fact("start after the day ms", round(facts["recovery_ns"] / 1e6, 1))
    verdict.require(facts["resident_growth_kb"] <= DAY_GROWTH, f"memory grew by {facts['resident_growth_kb']} KiB over the day")
    verdict.zero("given up in the day", facts["evicted"])
    return journal, facts["readings"]


def _stat(options, settings):
    command = [options.armadio, "journal", "stat", "--config", settings, "--json"]
    return json.loads(subprocess.run(command, capture_output=True, timeout=60, check=True).stdout)


def send(order, options, folder, day, readings, verdict):
    with contextlib.ExitStack() as stack:
        folder = folder / order
        folder.mkdir()
        shutil.copytree(day, folder / "journal")
        broker_port, field_port = (stack.enter_context(processes.free_port()) for _ in range(2))
        stack.enter_context(processes.field(folder, field_port, units=1))
        stack.enter_context(processes.broker(folder, broker_port))
        settings = cabinet.settings(
            folder, broker_port, field_port, interval="100ms", units=1, registers=10,
            backlog=f"{{order: {order}{LIMIT if order == 'live-first' else ''}}}", mqtt="5", uplink=", batch: {age: 200ms}",
        )
        stat = _stat(options, settings)
        epochs = next(queue["epochs"] for queue in stat["queues"] if queue["name"] == "normal")
        receiver = Receiver(epochs[-1], readings, options.rate * COMMIT)
        subscriber = stack.enter_context(
            Subscriber("127.0.0.1", broker_port, [f"armadio/{cabinet.GATEWAY}/telemetry"], on_message=receiver.take)
        )
        subscriber.messages = _Nothing()
        began = time.time()
        gateway = stack.enter_context(processes.gateway(options.armadio, folder, settings))
        watch = Watch(gateway.pid)
        watch.start()
        try:
            subscriber.wait_until(lambda: receiver.done, PATIENCE, "the day")
            gateway.check_alive(3)
        finally:
            watch.stop()
            if sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{gateway.tail()}", file=sys.stderr)
        _judge(order, verdict, receiver, watch, began)
        code, _ = gateway.terminate(6)
        verdict.require(code == 0, f"{order}: exit code after SIGTERM: {code}")


class _Nothing(list):
    """A day of messages would not fit into memory."""

    def append(self, _):
        pass


def _judge(order, verdict, receiver, watch, began):
    day = receiver.day
    ended = day[-1][0]
    total = sum(count for *_, count in day)
    verdict.fact(f"{order}: readings/s", round(total / (ended - day[0][0])))
    verdict.fact(f"{order}: readings a message", round(total / len(day), 1))
    verdict.require(total == receiver.readings, f"{order}: {total} readings of the day came, must be {receiver.readings}")
    expected, breaks = 0, 0
    for _, first, count in day:
        breaks += first != expected
        expected = first + count
    verdict.zero(f"{order}: not in order of sequence", breaks)
    verdict.zero(f"{order}: wrong in what was looked into", len(receiver.wrong), receiver.wrong and receiver.wrong[0])
    during = [entry for entry in receiver.live if entry[0] < ended]
    verdict.fact(f"{order}: new readings' messages during the backlog", len(during))
    if order == "in-order":
        verdict.zero(f"{order}: new before old", len(during))
    else:
        ages = [age for _, age in during]
        verdict.fact(f"{order}: their age p50 / p99 / max s", " / ".join(f"{x:.2f}" for x in (percentile(ages, 50), percentile(ages, 99), max(ages))))
        verdict.require(percentile(ages, 99) <= YOUNG, f"{order}: new readings are {percentile(ages, 99):.1f} s old")
        verdict.require(during[0][0] - began < 5, f"{order}: the first new reading came after {during[0][0] - began:.1f} s")
        verdict.require(len(during) >= (ended - began) * 2, f"{order}: {len(during)} messages with new readings in {ended - began:.0f} s")
    # Not of the start, which takes its own time.
    quarter = day[0][0] + (ended - day[0][0]) / 4
    early = max([size for at, size in watch.samples if at <= quarter] or [size for _, size in watch.samples[:1]])
    late = max((size for at, size in watch.samples if at > quarter), default=0)
    verdict.fact(f"{order}: memory KiB, first quarter, later", f"{early}, {late}")
    verdict.require(late <= early + DRAIN_GROWTH, f"{order}: memory grew from {early} to {late} KiB")


def play(options):
    build = ["swift", "build", "-c", "release", "--static-swift-stdlib", "-j", "2", "--product", "outage-bench", "--package-path", processes.REPOSITORY]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    verdict = judge.Verdict()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder(options.keep))
        day, readings = simulate(options, folder, verdict)
        for order in options.orders:
            send(order, options, folder, day, readings, verdict)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--rate", type=int, default=100, help="readings a second of the simulated day, a multiple of 100")
    parser.add_argument("--orders", nargs="+", choices=("in-order", "live-first"), default=["in-order", "live-first"])
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journals in a folder of the run in here")
    return parser.parse_args()


def main():
    options = _options()
    processes.end_on_sigterm()
    processes.build_programs()
    return judge.conclude("outage", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
