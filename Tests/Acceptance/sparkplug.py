"""The gateway as a Sparkplug B edge node, heard by two independent readers of PyPI, pysparkplug and
mqtt-spb-wrapper: births wait for the primary host, a host asks for rebirth, an outage's readings come
with their own times as historical, the node dies with its host and with SIGTERM, and everything the
field gave is there.

    Tests/Support/python Tests/Acceptance/sparkplug.py [--seconds 20] [--outage 15]

Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import signal
import sys
import threading
import time

import paho.mqtt.client as mqtt
import pysparkplug
from mqtt_spb_wrapper import SpbPayloadParser

import cabinet
import judge
import ledger
import processes
from field import read_log

UNITS, REGISTERS = 3, 40
GROUP, HOST, NODE = "city", "scada", cabinet.GATEWAY
REBIRTH = "Node Control/Rebirth"
#: How long the gateway may take to do what it is to, in seconds: waits for a broker grow to 300 s.
PATIENCE = 420
#: What a poll under way at the end may be short of, in seconds.
LAST_POLL = 1.5
#: A reading older than this at its arrival is of the outage, in seconds.
OLD = 5


class Host:
    """A host application: pysparkplug reads, and mqtt-spb-wrapper reads the same bytes."""

    def __init__(self, port, verdict):
        self._port, self._verdict = port, verdict
        self._changed = threading.Condition()
        self.messages, self.births, self.flaws = [], {}, []
        self.values = {}
        self.historical = set()
        self._seq = None
        self._connect()

    def _connect(self):
        self._client = mqtt.Client("host", clean_session=True)
        self._client.on_message = self._take
        hears = threading.Event()
        self._client.on_subscribe = lambda *_: hears.set()
        self._client.connect("127.0.0.1", self._port)
        self._client.subscribe(f"spBv1.0/{GROUP}/#", 1)
        self._client.loop_start()
        if not hears.wait(10):
            raise RuntimeError("the broker does not answer the host's SUBSCRIBE")

    def reconnect(self):
        self.close()
        self._connect()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client, _data, packet):
        with self._changed:
            try:
                self._hear(packet)
            except Exception as error:  # whatever a reader makes of it is a flaw of the message
                self.flaws.append(f"{packet.topic}: {error!r}")
            self._changed.notify_all()

    def _hear(self, packet):
        topic = pysparkplug.Topic.from_str(packet.topic)
        kind, device = topic.message_type.value, topic.device_id
        if kind.endswith("CMD"):
            return
        message = pysparkplug.Message.from_mqtt_message(packet, birth=self.births.get(device))
        payload = message.payload
        self._count(kind, payload)
        if kind.endswith("BIRTH"):
            self.births[device] = payload
        if kind in ("NBIRTH", "NDATA", "DBIRTH", "DDATA"):
            self._compare(kind, device, payload, SpbPayloadParser(bytes(packet.payload)).as_dict())
        if kind == "DDATA":
            for metric in payload.metrics:
                self._note(device, metric)
        self.messages.append((kind, device, payload, packet.retain, packet.qos))

    def _count(self, kind, payload):
        if kind == "NDEATH":
            return
        if kind == "NBIRTH":
            self._seq = 0
        elif self._seq is None:
            raise ValueError(f"{kind} before a birth")
        if payload.seq != self._seq:
            raise ValueError(f"seq {payload.seq}, must be {self._seq}")
        self._seq = (self._seq + 1) % 256

    def _compare(self, kind, device, payload, other):
        """mqtt-spb-wrapper knows no aliases: it reads the data's fields, and births in full."""
        theirs = other.get("metrics", [])
        if len(theirs) != len(payload.metrics):
            raise ValueError(f"{len(theirs)} and {len(payload.metrics)} metrics")
        for metric, their in zip(payload.metrics, theirs):
            if kind.endswith("BIRTH"):
                same = their["name"] == metric.name and their.get("value") == metric.value
                quality = their.get("properties", {}).get("key_value", {}).get("Quality")
                same = same and (device is None or quality in (0, 192, 500))
            else:
                same = self.births[device].get_name(int(their["alias"])) == metric.name
                same = same and their.get("isHistorical", False) == metric.is_historical
                same = same and their.get("doubleValue", metric.value) == metric.value
            if not same or int(their["timestamp"]) != metric.timestamp:
                raise ValueError(f"{metric} is {their} for the other reader")

    def _note(self, device, metric):
        key = device, metric.name, metric.timestamp
        if self.values.setdefault(key, metric.value) != metric.value:
            raise ValueError(f"{key} with two values")
        if metric.is_historical:
            self.historical.add(key)
        elif time.time() - metric.timestamp / 1000 > OLD:
            raise ValueError(f"{key} is old and not historical")

    # What judge.samples asks of a ledger.
    relative_messages = 0

    def readings(self):
        for (device, name, timestamp), value in self.values.items():
            if value is not None:
                yield ledger.Reading(f"{device}/{name}", "v", value, timestamp / 1000)

    # What a host says.

    def state(self, online):
        words = json.dumps({"online": online, "timestamp": int(time.time() * 1000)})
        self._client.publish(f"spBv1.0/STATE/{HOST}", words, 1, True).wait_for_publish(PATIENCE)

    def ask_rebirth(self):
        metric = pysparkplug.Metric(
            timestamp=int(time.time() * 1000), name=REBIRTH, datatype=pysparkplug.DataType.BOOLEAN, value=True)
        command = pysparkplug.NCmd(timestamp=metric.timestamp, metrics=(metric,))
        self._client.publish(f"spBv1.0/{GROUP}/NCMD/{NODE}", command.encode(include_dtypes=True), 1)

    # What a run waits for.

    def mark(self):
        with self._changed:
            return len(self.messages)

    def wait(self, what, holds, gateway, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        with self._changed:
            while not holds():
                if not self._changed.wait(0.5):
                    gateway.check_alive()
                if time.monotonic() > deadline:
                    heard = [message[:2] for message in self.messages[-9:]]
                    raise RuntimeError(f"no {what} after {seconds} s; heard {heard}\n{gateway.tail()}")

    def since(self, mark, kind):
        return [message for message in self.messages[mark:] if message[0] == kind]


def bd_seq(payload):
    metrics = getattr(payload, "metrics", None) or (payload.bd_seq_metric,)
    return next(metric.value for metric in metrics if metric.name == "bdSeq")


def await_births(host, gateway, mark):
    host.wait("births", lambda: len(host.since(mark, "DBIRTH")) >= UNITS, gateway)
    return host.since(mark, "NBIRTH")


def complete_births(host, verdict):
    """Each device with each register, before anything else."""
    kinds = [message[0] for message in host.messages[: 1 + UNITS]]
    verdict.require(kinds == ["NBIRTH"] + ["DBIRTH"] * UNITS, f"first came {kinds}")
    for unit in range(1, UNITS + 1):
        names = {metric.name for metric in host.births[f"unit-{unit}"].metrics}
        verdict.require(len(names) == REGISTERS, f"unit-{unit} is born with {len(names)} metrics")


def run(options, verdict):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder())
        broker_port, field_port = (stack.enter_context(processes.free_port()) for _ in range(2))
        field = stack.enter_context(processes.field(folder, field_port, units=UNITS))
        broker = stack.enter_context(processes.broker(folder, broker_port))
        settings = cabinet.settings(
            folder, broker_port, field_port, units=UNITS, registers=REGISTERS, backlog="{order: live-first}")
        language = f"session: {{sparkplug: {{group: {GROUP}, primary-host: {HOST}, compression: none}}}}"
        settings.write_text(settings.read_text().replace("uplink: {", f"uplink: {{{language}, "))
        host = Host(broker_port, verdict)
        stack.callback(host.close)
        gateway = stack.enter_context(processes.gateway(options.armadio, folder, settings))
        gateway.check_alive(3)
        verdict.zero("messages without the host", len(host.messages))
        host.state(True)
        first = await_births(host, gateway, 0)
        complete_births(host, verdict)
        host.wait("data", lambda: host.values, gateway)
        gateway.check_alive(options.seconds)

        mark = host.mark()
        host.ask_rebirth()
        again = await_births(host, gateway, mark)
        verdict.require(bd_seq(again[0][2]) == bd_seq(first[0][2]), "rebirth changes bdSeq")

        # The broker first: what it took without the host there would be missing in the end.
        broker.terminate(10)
        host.close()
        began = time.time()
        gateway.check_alive(options.outage)
        # Births that the gateway sends before the host subscribes are for nobody.
        gateway.process.send_signal(signal.SIGSTOP)
        broker.start()
        ended = time.time()
        mark = host.mark()
        host.reconnect()
        gateway.process.send_signal(signal.SIGCONT)
        third = await_births(host, gateway, mark)
        verdict.require(bd_seq(third[0][2]) != bd_seq(first[0][2]), "bdSeq stays over a new CONNECT")

        def backlog():
            return [key for key in host.historical if began < key[2] / 1000 < ended]

        expected = int(options.outage - 3) * UNITS * REGISTERS
        host.wait("backlog", lambda: len(backlog()) >= expected, gateway)
        verdict.fact("historical readings of the outage", len(backlog()))
        gateway.check_alive(3)

        mark = host.mark()
        host.state(False)
        host.wait("death with the host", lambda: host.since(mark, "NDEATH"), gateway)
        verdict.require(
            bd_seq(host.since(mark, "NDEATH")[0][2]) == bd_seq(third[0][2]), "the death has another bdSeq")
        host.state(True)
        await_births(host, gateway, mark)
        gateway.check_alive(3)

        mark = host.mark()
        stopped = time.time_ns()
        code, _ = gateway.terminate(6)
        verdict.require(code == 0, f"exit code after SIGTERM: {code}")
        host.wait("death at SIGTERM", lambda: host.since(mark, "NDEATH"), broker)
        field.terminate(10)
        verdict.fact("messages", len(host.messages))
        verdict.zero("flaws", len(host.flaws), host.flaws and host.flaws[0])
        verdict.require(not any(message[3] for message in host.messages), "a message is retained")
        polls = read_log(processes.truth(folder, field_port))
        judge.samples(verdict, host, polls, lambda poll: poll.ns < stopped - LAST_POLL * 1e9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--outage", type=float, default=15)
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build/release/armadio")
    options = parser.parse_args()
    processes.end_on_sigterm()
    verdict = judge.Verdict()
    try:
        processes.build_programs()
        run(options, verdict)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    verdict.print()
    return 1 if verdict.failures else 0


if __name__ == "__main__":
    sys.exit(main())
