#!/usr/bin/python3
"""Brokers that refuse: the cursor never passes a reading that was not delivered, others flow, and what
was refused is delivered once it is let.

    refusing_brokers.py rule        mosquitto's access rule denies the telemetry, then it is lifted
    refusing_brokers.py message     mosquitto's message_size_limit: batches are split, one device's
                                    messages are too large for ever; then the limit is lifted
    refusing_brokers.py packet      mosquitto's max_packet_size, told in CONNACK: nothing is ever refused
    refusing_brokers.py tiny        the same, too small for one device's messages, until it is lifted
    refusing_brokers.py quota       a scripted broker takes nothing for a while, with 0x97
    refusing_brokers.py one         a scripted broker refuses two messages with 0x87 and 0x99, takes all
                                    others; the gateway is killed meanwhile; in the end it takes them too
    refusing_brokers.py all         each of them, side by side

All the time `armadio journal stat` is asked where the cursor is: every reading before it must be at
the receiver. Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import cabinet
import field
import judge
import processes
from ledger import Ledger
from scripted_broker import NOT_AUTHORIZED, PAYLOAD_FORMAT_INVALID, QUOTA_EXCEEDED, SUCCESS, ScriptedBroker
from subscriber import Subscriber, feed

#: A device whose name makes its messages longer than those of the others.
LONG = "unit-2-" + "x" * 50
LONG_INTERVAL = 2
#: message_size_limit and max_packet_size that a reading of `LONG` does not fit into, and any other does.
TINY_MESSAGE, TINY_PACKET = 120, 250
#: How often the cursor is looked at, in seconds.
LOOK = 0.5
#: The longest waits: a hold is at most 2 min, a reconnect at first 1 s.
PATIENCE = 300
#: The newest reading is at most this old when all is delivered, in seconds.
CURRENT = 3
#: What a poll under way when SIGTERM comes may be short of; what a time may be off that is relative to
#: a late sending, in seconds.
LAST_POLL, DELAY = 0.25, 300.0
#: Commit deadline and what writing may take on top, in seconds.
COMMIT_AFTER, MARGIN = 0.2, 1.0
#: A line of the list: uplink, queue, EPOCH:SEQUENCE to EPOCH:SEQUENCE, reason (0x..).
SET_ASIDE = re.compile(r"uplink normal (\d+):(\d+) to (\d+):(\d+): .*\((0x[0-9a-f]{2})\)\Z")


class Scene:
    """A field, the gateway and a ledger; the broker is the scenario's."""

    def __init__(self, options, stack, units=1, long_device=False):
        self.stack = stack
        self.folder = stack.enter_context(processes.own_folder(options.keep))
        self.broker_port, self._field_port = (stack.enter_context(processes.free_port()) for _ in range(2))
        self.field = stack.enter_context(processes.field(self.folder, self._field_port, units=2))
        self.ledger = Ledger(time_tolerance=DELAY)
        self.program, self.killed, self.ended = options.armadio, [], None
        more = [
            f"  {LONG}:", "    driver: register-map", "    bus: line-1", "    unit-id: 2",
            f"    interval: {LONG_INTERVAL}s", "    points:", "      r000: {holding: 0}",
        ]
        self.settings = cabinet.settings(
            self.folder, self.broker_port, self._field_port, interval="100ms", units=units, registers=20,
            commit_after=f"{COMMIT_AFTER * 1000:.0f}ms", backlog="{order: live-first}",
            more=more if long_device else (), uplink=", batch: {age: 500ms}", mqtt="5",
        )
        self.gateway = processes.gateway(self.program, self.folder, self.settings)
        self.looks, self.overrun, self.subscriber = 0, [], None

    def mosquitto(self, **limits):
        """The real broker with these lines in its configuration, and a subscriber."""
        self.broker = processes.broker(self.folder, self.broker_port)
        self._broker_file = self.folder / f"mosquitto-{self.broker_port}" / "mosquitto.conf"
        # Mosquitto 2.0.11 takes a queue of 0, without limit, for a full one when it refuses a publish,
        # and closes the connection.
        self._plain = self._broker_file.read_text().replace("max_queued_messages 0", "max_queued_messages 1000000")
        self.limit_broker(**limits)
        self.stack.enter_context(self.broker)
        self.subscriber = self.stack.enter_context(
            Subscriber("127.0.0.1", self.broker_port, ["armadio/+/telemetry"], on_message=feed(self.ledger))
        )

    def limit_broker(self, **limits):
        lines = "".join(f"{key} {value}\n" for key, value in limits.items())
        self._broker_file.write_text(self._plain + lines)

    def scripted(self, verdict):
        def take(topic, payload, properties, arrival):
            if topic.endswith("/telemetry"):
                self.ledger.take(topic, payload, properties, arrival)

        self.broker = self.stack.enter_context(ScriptedBroker(self.broker_port, verdict, take))

    def start(self):
        self.stack.enter_context(self.gateway)
        deadline = time.monotonic() + processes.START
        while not (self.folder / "journal" / "state").exists():
            self.gateway.check_alive(0.02)
            if time.monotonic() > deadline:
                raise RuntimeError(f"no journal after {processes.START} s\n{self.gateway.tail()}")

    def stat(self):
        command = [self.program, "journal", "stat", "--config", self.settings, "--json"]
        answer = subprocess.run(command, capture_output=True, timeout=30, check=False)
        if answer.returncode != 0:
            raise RuntimeError(f"journal stat: {answer.stderr.decode(errors='replace')}")
        return json.loads(answer.stdout)

    def look(self):
        """Where the cursor is, and whether all before it is at the receiver; the list of what is set aside."""
        stat = self.stat()
        if self.subscriber:
            self.subscriber.fence()
        queue = next(queue for queue in stat["queues"] if queue["name"] == "normal")
        number, sequence = map(int, (queue["settled"] or "0:0").split(":"))
        known = self.ledger.epochs.get((cabinet.GATEWAY, f"{stat['journal']}-{number}"), {})
        missing = [position for position in range(sequence) if position not in known]
        if missing:
            self.overrun.append(f"the cursor is at {number}:{sequence}, {missing[0]} is not delivered")
        self.looks += 1
        self.cursor_epoch = number
        return [self._parsed(line) for line in stat.get("setAside") or []]

    def _parsed(self, line):
        match = SET_ASIDE.match(line)
        if not match or match[1] != match[3]:
            raise RuntimeError(f"not a line of the list: {line!r}")
        return int(match[1]), int(match[2]), int(match[4]), int(match[5], 16)

    def run(self, seconds):
        """Lets it run and looks at the cursor all along; the last list."""
        return self.run_until(lambda _: False, seconds)[0]

    def run_until(self, holds, seconds=PATIENCE):
        """Looks until `holds(list)`; the last list and whether it came to that."""
        deadline = time.monotonic() + seconds
        while True:
            listed = self.look()
            done = holds(listed)
            if done or time.monotonic() > deadline:
                return listed, done
            self.gateway.check_alive(LOOK)

    def await_it(self, what, holds):
        listed, done = self.run_until(holds)
        if not done:
            raise RuntimeError(f"{what} did not come within {PATIENCE} s; set aside: {listed}\n{self.gateway.tail()}")
        return listed

    def is_delivered(self, listed):
        """Nothing is listed, nothing is missing, the cursor has come to the present run, and what comes is new."""
        if listed or self.ledger.holes() or self.ledger.newest < time.time() - CURRENT:
            return False
        return self.cursor_epoch == max(int(epoch.split("-")[1]) for _, epoch in self.ledger.epochs)

    def kill(self):
        self.killed.append(time.time_ns())
        self.gateway.kill()

    def finish(self, verdict):
        """All the field gave is there, once, and the cursor never went too far."""
        self.ended = time.time_ns()
        code, seconds = self.gateway.terminate(6)
        verdict.require(code == 0, f"exit code after SIGTERM: {code}, must be 0 within 6 s")
        verdict.fact("SIGTERM to exit s", round(seconds, 2))
        if self.subscriber:
            self.subscriber.fence()
            verdict.require(not self.subscriber.session_lost, "the broker lost the subscriber's session")
        if self.field.terminate(10)[0] != 0:
            raise RuntimeError("the field ended badly: no ground truth")
        verdict.fact("looks at the cursor", self.looks)
        verdict.zero("cursor beyond a reading not delivered", len(self.overrun), self.overrun and self.overrun[0])
        judge.identities(verdict, self.ledger, None, redelivery=True, ordered=False, delay=DELAY)
        self._samples(verdict)

    def _samples(self, verdict):
        """The long-named device is unit 2 by another name."""
        renamed = Ledger(time_tolerance=DELAY)
        renamed.relative_messages = self.ledger.relative_messages
        for key, known in self.ledger.epochs.items():
            for sequence, reading in known.items():
                renamed.epochs[key][sequence] = reading._replace(name=reading.name.replace(LONG, "unit-2"))
        polls = field.read_log(processes.truth(self.folder, self._field_port))

        def due(poll):
            young = (COMMIT_AFTER + MARGIN) * 1e9
            killed = any(k - young < poll.ns <= k + 0.5e9 for k in self.killed)
            return poll.ns <= self.ended - LAST_POLL * 1e9 and not killed

        judge.samples(verdict, renamed, polls, due, DELAY)


def _lift(scene):
    """A broker without limits in place of this one; the subscriber's session stays."""
    scene.subscriber.fence()
    if scene.broker.terminate(10)[0] != 0:
        raise RuntimeError("mosquitto did not end properly")
    scene.limit_broker()
    scene.broker.start()


def rule(scene, verdict):
    rules = scene.folder / "rules"
    allowed = "topic read #\ntopic write armadio/+/status\ntopic write acceptance/#\n"
    rules.write_text(allowed)
    scene.mosquitto(acl_file=rules)
    scene.start()
    scene.run(20)
    verdict.zero("readings past the rule", sum(map(len, scene.ledger.epochs.values())))
    unsent = sum(queue["unsent"] for queue in scene.stat()["queues"])
    verdict.fact("readings kept", unsent)
    verdict.require(unsent > 1000, f"{unsent} readings are kept on disk, must be over 1000")
    rules.write_text("topic readwrite #\n")
    scene.broker.process.send_signal(signal.SIGHUP)
    began = time.monotonic()
    scene.await_it("all of it", scene.is_delivered)
    verdict.fact("delivered after the rule was lifted, s", round(time.monotonic() - began, 1))


def _too_large(scene, verdict, reasons):
    """The long-named device's readings are set aside, one by one; all others are there."""
    scene.start()
    listed = scene.run(20)
    verdict.fact("readings set aside, with", f"{len(listed)}, {sorted({hex(part[3]) for part in listed})}")
    verdict.require(len(listed) >= 5, f"{len(listed)} parts are set aside, must be 5 or more")
    verdict.require({part[3] for part in listed} <= reasons, "set aside for another reason")
    _require_listed(scene, verdict)
    names = {reading.name for reading in scene.ledger.readings()}
    verdict.zero("points that passed the limit", sum(LONG in name for name in names))
    verdict.require(len(names) == 20, f"{len(names)} other points flow, must be 20")
    _lift(scene)
    began = time.monotonic()
    scene.await_it("all of it", scene.is_delivered)
    verdict.fact("delivered after the limit was lifted, s", round(time.monotonic() - began, 1))


def _require_listed(scene, verdict):
    """What is missing at the receiver is listed, and nothing else is."""
    listed = scene.look()
    holes = scene.ledger.holes()
    missing = {(int(epoch.split("-")[1]), first + i) for _, epoch, first, count in holes for i in range(count)}
    told = {(number, sequence) for number, first, end, _ in listed for sequence in range(first, end)}
    newest = max(scene.ledger.epochs)
    edge = int(newest[1].split("-")[1]), max(scene.ledger.epochs[newest], default=0) - 200
    unlisted = {position for position in missing - told if position < edge}
    verdict.zero("missing at the receiver and not listed", len(unlisted), next(iter(sorted(unlisted)), None))
    verdict.zero("listed and yet delivered", len({p for p in told - missing if p < edge}))


def message(scene, verdict):
    scene.mosquitto(message_size_limit=TINY_MESSAGE)
    _too_large(scene, verdict, {0x95})


def packet(scene, verdict):
    scene.mosquitto(max_packet_size=2000)
    scene.start()
    listed = scene.run(20)
    verdict.zero("set aside", len(listed))
    verdict.require(scene.is_delivered(listed) or not scene.ledger.holes(), "not all flows")


def tiny(scene, verdict):
    scene.mosquitto(max_packet_size=TINY_PACKET)
    _too_large(scene, verdict, {0x95})


def quota(scene, verdict):
    state = {"closed": False, "tries": 0}

    def verdict_of(topic, _payload, _properties):
        if state["closed"] and topic.endswith("/telemetry"):
            state["tries"] += 1
            return QUOTA_EXCEEDED
        return SUCCESS

    scene.scripted(verdict_of)
    scene.start()
    scene.run(5)
    had = sum(map(len, scene.ledger.epochs.values()))
    verdict.require(had > 500, f"{had} readings came at first")
    state["closed"] = True
    listed = scene.run(25)
    verdict.fact("tries while the quota was used up", state["tries"])
    verdict.require(1 < state["tries"] < 200, f"{state['tries']} tries in 25 s")
    verdict.zero("set aside for a quota", len(listed))
    state["closed"] = False
    began = time.monotonic()
    scene.await_it("all of it", scene.is_delivered)
    verdict.fact("delivered after the quota was renewed, s", round(time.monotonic() - began, 1))


def one(scene, verdict):
    forbidden = {500: NOT_AUTHORIZED, 1500: PAYLOAD_FORMAT_INVALID}
    state = {"epoch": None, "lifted": False}

    def verdict_of(topic, _payload, properties):
        given = dict(properties)
        if state["lifted"] or not topic.endswith("/telemetry"):
            return SUCCESS
        state["epoch"] = state["epoch"] or given["epoch"]
        if given["epoch"] == state["epoch"]:
            first, count = int(given["first"]), int(given["count"])
            for sequence, reason in forbidden.items():
                if first <= sequence < first + count:
                    return reason
        return SUCCESS

    scene.scripted(verdict_of)
    scene.start()
    listed = scene.await_it("both in the list", lambda listed: len(listed) == 2)
    verdict.fact("set aside", [(f"{first} to {end}", hex(reason)) for _, first, end, reason in listed])
    verdict.require({part[3] for part in listed} == set(forbidden.values()), "set aside for another reason")
    _require_listed(scene, verdict)
    tried = dict(scene.broker.refusals)
    verdict.fact("refusals until then", {hex(reason): count for reason, count in tried.items()})
    verdict.require(all(count == 3 for count in tried.values()), "not set aside after three tries")
    scene.kill()
    scene.gateway.start()
    scene.run(15)
    _require_listed(scene, verdict)
    state["lifted"] = True
    scene.broker.drop()
    began = time.monotonic()
    scene.await_it("all of it", scene.is_delivered)
    verdict.fact("delivered after they were let, s", round(time.monotonic() - began, 1))
    verdict.zero("violations of MQTT 5", len(scene.broker.violations), scene.broker.violations[:1])


SCENARIOS = {"rule": rule, "message": message, "packet": packet, "tiny": tiny, "quota": quota, "one": one}


def play(name, options):
    verdict = judge.Verdict()
    with contextlib.ExitStack() as stack:
        scene = Scene(options, stack, long_device=name in ("message", "tiny"))
        try:
            SCENARIOS[name](scene, verdict)
            scene.finish(verdict)
        finally:
            if verdict.failures or sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{scene.gateway.tail()}", file=sys.stderr)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=(*SCENARIOS, "all"))
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journal in a folder of the run in here")
    return parser.parse_args()


def main():
    options = _options()
    processes.end_on_sigterm()
    processes.build_programs()
    if options.scenario == "all":
        return processes.side_by_side(SCENARIOS, sys.argv)
    return judge.conclude(options.scenario, lambda: play(options.scenario, options))


if __name__ == "__main__":
    sys.exit(main())
