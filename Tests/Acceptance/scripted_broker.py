"""A small MQTT 5 broker that refuses what it is told to: brokers that one can install refuse whole
topics, clouds refuse single messages. QoS 0 and 1, no subscriptions, no sessions.

Written from the OASIS standard MQTT 5.0; sections are given where they are used.
"""

import socket
import struct
import threading
import time

#: Reason codes (section 2.4).
SUCCESS, NOT_AUTHORIZED, PACKET_TOO_LARGE, QUOTA_EXCEEDED, PAYLOAD_FORMAT_INVALID = 0x00, 0x87, 0x95, 0x97, 0x99
#: The longest packet that is taken, in bytes: a batch has at most 1 MiB.
LONGEST = 2 << 20
#: Lengths of the values of properties (section 2.2.2.2) that a client of ours may send; strings: 0.
_FIXED = {0x01: 1, 0x02: 4, 0x11: 4, 0x17: 1, 0x18: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x23: 2, 0x27: 4}
_STRINGS, _PAIR = {0x03, 0x08, 0x09, 0x15, 0x16}, 0x26


class Violation(Exception):
    """The client breaks the standard."""


def _variable(data, at):
    """A variable byte integer (section 1.5.5) and where it ends."""
    value = 0
    for shift in range(4):
        value |= (data[at] & 0x7F) << 7 * shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise Violation("a length of more than four bytes")


def _text(data, at):
    length = struct.unpack_from(">H", data, at)[0]
    return data[at + 2 : at + 2 + length], at + 2 + length


def _user_properties(data, at, end):
    """The user properties (section 3.3.2.3.7) between two places."""
    pairs = []
    while at < end:
        name, at = data[at], at + 1
        if name == _PAIR:
            key, at = _text(data, at)
            value, at = _text(data, at)
            pairs.append((key.decode(), value.decode()))
        elif name in _STRINGS:
            _, at = _text(data, at)
        elif name in _FIXED:
            at += _FIXED[name]
        else:
            raise Violation(f"property 0x{name:02x}")
    return pairs


def parse_publish(flags, body):
    """Topic, packet identifier, user properties and payload (section 3.3)."""
    topic, at = _text(body, 0)
    packet = None
    if flags >> 1 & 3:
        packet, at = struct.unpack_from(">H", body, at)[0], at + 2
    length, at = _variable(body, at)
    return topic.decode(), packet, _user_properties(body, at, at + length), body[at + length :]


class ScriptedBroker:
    """Listens on a port of 127.0.0.1. `judge(topic, payload, properties)` gives the reason code of
    each publish; what it lets pass goes to `take(topic, payload, properties, arrival)`."""

    def __init__(self, port, judge, take):
        self.violations = []
        self.refusals = {}
        self._judge, self._take = judge, take
        self._lock = threading.Lock()
        self._connections = set()
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self.drop()

    def drop(self):
        """Ends every connection."""
        with self._lock:
            connections, self._connections = self._connections, set()
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the client was faster

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while head := stream.read(1):
                    length, shift = 0, 0
                    while True:
                        byte = stream.read(1)[0]
                        length |= (byte & 0x7F) << shift
                        shift += 7
                        if byte < 0x80:
                            break
                    if length > LONGEST:
                        raise Violation(f"a packet of {length} bytes")
                    if not self._answer(connection, head[0] >> 4, head[0] & 15, stream.read(length)):
                        return
            except (OSError, IndexError):
                return  # the connection was cut within a packet
            except (Violation, UnicodeDecodeError, struct.error) as error:
                self.violations.append(str(error))

    def _answer(self, connection, kind, flags, body):
        if kind == 1:  # CONNECT: protocol name and version (section 3.1.2)
            if body[:7] != b"\x00\x04MQTT\x05":
                connection.sendall(bytes([0x20, 3, 0, 0x84, 0]))  # unsupported protocol version
                return False
            connection.sendall(bytes([0x20, 3, 0, SUCCESS, 0]))
        elif kind == 3:
            topic, packet, properties, payload = parse_publish(flags, body)
            with self._lock:
                reason = self._judge(topic, payload, properties)
                if reason < 0x80:
                    self._take(topic, payload, properties, time.time())
                else:
                    self.refusals[reason] = self.refusals.get(reason, 0) + 1
            if packet is not None:
                connection.sendall(struct.pack(">BBHBB", 0x40, 4, packet, reason, 0))
        elif kind == 8:  # SUBSCRIBE: one reason code for each filter (section 3.9.3)
            packet = struct.unpack_from(">H", body)[0]
            length, at = _variable(body, 2)
            at, filters = at + length, 0
            while at < len(body):
                _, at = _text(body, at)
                at, filters = at + 1, filters + 1
            connection.sendall(struct.pack(">BBHB", 0x90, 3 + filters, packet, 0) + bytes([1] * filters))
        elif kind == 12:
            connection.sendall(bytes([0xD0, 0]))
        elif kind == 14:
            return False
        else:
            raise Violation(f"packet type {kind}")
        return True
