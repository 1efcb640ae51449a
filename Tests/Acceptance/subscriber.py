#!/usr/bin/python3
"""An independent receiver of telemetry: keeps what comes, says what it was worth.

    subscriber.py [--host HOST] [--port PORT] [--mqtt 5|3.1.1] [--seconds N] [--sqlite FILE] [--json]
    subscriber.py --judge FILE [--json]

Listens until the seconds are over or it is interrupted, then reports readings, repetitions by
identity, contradictions, holes and intervals. With --sqlite every message is kept as it came;
--judge reports on such a file. Exit code 1 when something is lost, contradicted or malformed.
"""

import argparse
import json
import signal
import sqlite3
import sys
import threading
import time
import uuid

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ledger import Ledger, percentile

#: How long a lost broker may stay away before its session for us ends, in seconds.
SESSION_EXPIRY = 3600


class Message:
    """One message as it came."""

    __slots__ = ("topic", "payload", "user_properties", "arrival", "retained")

    def __init__(self, topic, payload, user_properties, arrival, retained=False):
        self.topic, self.payload, self.user_properties = topic, payload, user_properties
        self.arrival, self.retained = arrival, retained


def _client(client_id, protocol):
    versions = {"5": mqtt.MQTTv5, "3.1.1": mqtt.MQTTv311}
    options = {"client_id": client_id, "protocol": versions[protocol]}
    if protocol == "3.1.1":
        options["clean_session"] = False
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho 2
        options["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
    return mqtt.Client(**options)


class Subscriber:
    """A client with a persistent session at QoS 1: the broker keeps for it what comes while the
    connection is lost, so that nothing the broker acknowledged is missed. `session_lost` tells that
    a broker came back without the session, which voids the run."""

    def __init__(self, host, port, topics, protocol="5", on_message=None, other_ports=()):
        """`other_ports` are further nodes of the same broker, tried in turn when a connection is lost."""
        self.messages = []
        self.session_lost = False
        self._topics = topics
        self._on_message = on_message
        self._changed = threading.Condition()
        self._subscribed = False
        self._connected_before = False
        self._contents = set()
        name = uuid.uuid4().hex[:12]
        self._fence, self._fences_sent, self._fences_back = f"acceptance/{name}/fence", 0, 0
        self._client = _client(f"acceptance-{name}", protocol)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscription
        self._client.on_message = self._arrived
        self._client.reconnect_delay_set(1, 1)
        self._host, self._ports = host, [port, *other_ports]
        if other_ports:
            self._client.on_disconnect = self._next_port
            self._client.on_socket_close = self._next_port
        options = {}
        if protocol == "5":
            session = Properties(PacketTypes.CONNECT)
            session.SessionExpiryInterval = SESSION_EXPIRY
            options = {"clean_start": False, "properties": session}
        self._client.connect(host, port, keepalive=20, **options)
        self._client.loop_start()

    def __enter__(self):
        self.wait_until(lambda: self._subscribed, 10, "the subscription")
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client, _userdata, flags, code, _properties=None):
        if code != 0:
            print(f"subscriber: the broker refused: {code}", file=sys.stderr)
            return
        present = flags["session present"]
        with self._changed:
            self.session_lost |= self._connected_before and not present
            self._connected_before = True
            self._changed.notify_all()
        if not present:
            client.subscribe([(topic, 1) for topic in (*self._topics, self._fence)])

    def _next_port(self, client, *_):
        self._ports.append(self._ports.pop(0))
        client.connect_async(self._host, self._ports[0], keepalive=20)

    def _subscription(self, *_):
        with self._changed:
            self._subscribed = True
            self._changed.notify_all()

    def _arrived(self, _client, _userdata, message):
        properties = getattr(message, "properties", None)
        taken = Message(
            message.topic, message.payload, list(getattr(properties, "UserProperty", [])), time.time(), message.retain
        )
        with self._changed:
            if taken.topic == self._fence:
                self._fences_back = max(self._fences_back, int(taken.payload))
            elif not self._is_repeated(message.dup, taken):
                self.messages.append(taken)
                if self._on_message:
                    self._on_message(taken)
            self._changed.notify_all()

    def _is_repeated(self, is_duplicate, taken):
        """The broker repeats what it has no acknowledgement of: after its own restart that may be
        long after the first time, and says nothing of the gateway."""
        content = hash((taken.topic, taken.payload, tuple(taken.user_properties)))
        is_known = content in self._contents
        self._contents.add(content)
        return is_duplicate and is_known

    def publish(self, topic, payload, user_properties):
        """Publishes at QoS 1, with properties of MQTT 5."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = user_properties
        self._client.publish(topic, payload, qos=1, properties=properties)

    def wait_until(self, holds, seconds, what):
        """Waits until it holds, woken by each message; TimeoutError names what did not come."""
        with self._changed:
            if not self._changed.wait_for(holds, seconds):
                raise TimeoutError(f"{what} did not come within {seconds} s")

    def fence(self, seconds=30):
        """Returns when all that the broker had for us before this call is here: our own message
        comes back behind it in the one ordered stream of the session."""
        self._fences_sent += 1
        number = self._fences_sent
        self._client.publish(self._fence, str(number), qos=1)
        self.wait_until(lambda: self._fences_back >= number, seconds, "the fence")


def feed(ledger):
    """What to do with each message so that a ledger takes the telemetry."""

    def take(message):
        if message.topic.endswith("/telemetry"):
            ledger.take(message.topic, message.payload, message.user_properties, message.arrival)

    return take


def report(ledger):
    facts = ledger.report()
    spans = [seconds for taken in ledger.intervals().values() for seconds in taken]
    facts["points"] = len(ledger.intervals())
    facts["interval_s"] = {"p50": percentile(spans, 50), "p99": percentile(spans, 99), "max": max(spans, default=None)}
    return facts


def is_sound(facts):
    faults = ("contradictions", "malformed", "missing_in_holes", "gap_readings", "out_of_order", "backwards")
    return not any(facts[fault] for fault in faults)


def _open_store(path):
    store = sqlite3.connect(path)
    store.execute("CREATE TABLE IF NOT EXISTS message (arrival REAL, topic TEXT, properties TEXT, payload BLOB)")
    return store


def _judge(path, ledger):
    for arrival, topic, properties, payload in _open_store(path).execute("SELECT * FROM message ORDER BY rowid"):
        feed(ledger)(Message(topic, payload, json.loads(properties), arrival))


def _listen(options, ledger):
    with Subscriber(options.host, options.port, ["armadio/+/telemetry"], options.mqtt, feed(ledger)) as subscriber:
        try:
            subscriber.wait_until(lambda: False, options.seconds, "the end")
        except (TimeoutError, KeyboardInterrupt):
            pass
    if options.sqlite:
        rows = ((m.arrival, m.topic, json.dumps(m.user_properties), m.payload) for m in subscriber.messages)
        with _open_store(options.sqlite) as store:
            store.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", rows)


def _interrupt(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--mqtt", choices=("5", "3.1.1"), default="5")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--sqlite", metavar="FILE")
    parser.add_argument("--judge", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    ledger = Ledger()
    if options.judge:
        _judge(options.judge, ledger)
    else:
        _listen(options, ledger)
    facts = report(ledger)
    if options.json:
        print(json.dumps(facts, indent=2))
    else:
        for name, fact in facts.items():
            print(f"{name:20} {fact}")
    return 0 if is_sound(facts) else 1


if __name__ == "__main__":
    sys.exit(main())
