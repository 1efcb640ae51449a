#!/usr/bin/python3
"""A receiver of telemetry for trials, independent of the product's: dedupes by identity, keeps
readings and what is covered in one transaction in SQLite, then acknowledges, then tells the gateway
what is committed.

    receiver.py --host HOST --port PORT --database FILE [--silent]

Tables (as `armadio receive` has them): readings, covered, gaps; and `faults` for what it cannot
take. Runs until SIGTERM; may be killed at any moment.
"""

import argparse
import json
import signal
import sqlite3
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import ledger
import senml

SCHEMA = """
CREATE TABLE IF NOT EXISTS readings (
    gateway TEXT, journal TEXT, epoch INTEGER, sequence INTEGER, device TEXT, point TEXT,
    time REAL, value, quality TEXT, PRIMARY KEY (gateway, journal, epoch, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS covered (
    gateway TEXT, journal TEXT, epoch INTEGER, first INTEGER, end INTEGER,
    PRIMARY KEY (gateway, journal, epoch, first)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gaps (
    gateway TEXT, journal TEXT, epoch INTEGER, first INTEGER, count INTEGER, reason TEXT,
    PRIMARY KEY (gateway, journal, epoch, first)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faults (kind TEXT, text TEXT);
"""
#: How long the broker keeps the session while this receiver is away, in seconds.
SESSION_EXPIRY = 3600


def add(ranges, first, end):
    """The sorted, disjoint, half-open ranges with one more."""
    apart = [span for span in ranges if span[1] < first or span[0] > end]
    touching = [span for span in ranges if span[1] >= first and span[0] <= end]
    joined = [min([first, *(span[0] for span in touching)]), max([end, *(span[1] for span in touching)])]
    return sorted([*apart, joined])


class Store:
    """The database, and what of each epoch it has."""

    def __init__(self, path):
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(SCHEMA)
        self.covered = {}
        for gateway, journal, epoch, first, end in self._base.execute("SELECT * FROM covered ORDER BY first"):
            self.covered.setdefault((gateway, journal, epoch), []).append([first, end])

    def take(self, topic, payload, properties, arrival):
        """Keeps a message; (gateway, journal, epoch) of what is committed now, None if it was malformed."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            key = self._take(topic, payload, properties, arrival)
        except senml.Malformed as error:
            self._base.execute("INSERT INTO faults VALUES ('malformed', ?)", (f"{topic}: {error}",))
            key = None
        self._base.execute("COMMIT")
        return key

    def _take(self, topic, payload, properties, arrival):
        pack = senml.parse(payload)
        identity = senml.identity(topic, properties, pack)
        entries = ledger.entries(identity, senml.resolve(pack, arrival))
        journal, number = identity.epoch.split("-")
        key = identity.gateway, journal, int(number)
        for sequence, reading in entries:
            if not reading.is_gap:
                self._keep(key, sequence, reading)
        self._keep_gap(key, identity, entries, pack)
        self._cover(key, identity)
        return key

    def _keep(self, key, sequence, reading):
        _, device, point = reading.point.split("/", 2)
        row = (device, point, None if reading.is_bad else reading.value, reading.value if reading.is_bad else "good")
        done = self._base.execute(
            "INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, sequence, *row[:2], reading.time, *row[2:]),
        )
        if done.rowcount == 1:
            return
        place = "gateway = ? AND journal = ? AND epoch = ? AND sequence = ?"
        known = self._base.execute(f"SELECT device, point, value, quality FROM readings WHERE {place}", (*key, sequence))
        before = known.fetchone()
        if before != row:
            text = f"{key} {sequence}: {before} and {row}"
            self._base.execute("INSERT INTO faults VALUES ('contradiction', ?)", (text,))

    def _keep_gap(self, key, identity, entries, pack):
        lost = [sequence for sequence, reading in entries if reading.is_gap]
        if lost:
            row = (*key, lost[0], len(lost), str(pack[0].get("reason", "")))
            self._base.execute("INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?, ?, ?)", row)

    def _cover(self, key, identity):
        ranges = add(self.covered.get(key, []), identity.first, identity.first + identity.count)
        self.covered[key] = ranges
        self._base.execute("DELETE FROM covered WHERE gateway = ? AND journal = ? AND epoch = ?", key)
        self._base.executemany("INSERT INTO covered VALUES (?, ?, ?, ?, ?)", [(*key, *span) for span in ranges])

    def watermark(self, key):
        """What the gateway is told (topic, payload)."""
        gateway, journal, epoch = key
        ranges = self.covered[key]
        committed = ranges[0][1] if ranges[0][0] == 0 else 0
        told = {"journal": journal, "epoch": epoch, "committed": committed, "ranges": ranges}
        return f"armadio/{gateway}/committed", json.dumps(told)


def _listen(options, store):
    client = mqtt.Client(client_id="trial-receiver", protocol=mqtt.MQTTv5)

    def connected(client, _userdata, _flags, code, _properties=None):
        if code == 0:
            client.subscribe("armadio/+/telemetry", 1)

    def arrived(client, _userdata, message):
        # paho acknowledges when this returns: what is acknowledged is committed.
        properties = list(getattr(message.properties, "UserProperty", []))
        key = store.take(message.topic, message.payload, properties, time.time())
        if key and not options.silent:
            client.publish(*store.watermark(key), qos=1)

    client.on_connect, client.on_message = connected, arrived
    client.reconnect_delay_set(1, 2)
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = SESSION_EXPIRY
    client.connect_async(options.host, options.port, keepalive=5, clean_start=False, properties=session)
    client.loop_forever(retry_first_connection=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--database", required=True)
    parser.add_argument("--silent", action="store_true", help="tell no gateway what is committed")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _listen(options, Store(options.database))


if __name__ == "__main__":
    main()
