#!/usr/bin/python3
"""`armadio receive` against a real broker, SQLite and PostgreSQL: each reading once, also when
receivers share the load and are killed; and how many readings a second one takes.

    receive.py [sqlite|postgres|speed|all] [--armadio BINARY] [--batches N]

PostgreSQL is Debian's, with a cluster of its own in a folder, on a Unix socket alone, as the user
`postgres` when this runs as root. The messages are published here, the databases are read with
Python's sqlite3 and with psql: nothing of the product but the receiver has a part in it.
"""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import processes

#: Readings of one message, as a gateway's batches have them at W1.
BATCH = 2000
#: How long anything here may take, in seconds.
PATIENCE = 120
JOURNAL = "00000000000000ab"


class Platform:
    """Publishes as gateways do, and hears what is committed."""

    def __init__(self, port):
        self.committed = {}
        options = {"client_id": f"receive-{uuid.uuid4().hex[:8]}", "protocol": mqtt.MQTTv5}
        if hasattr(mqtt, "CallbackAPIVersion"):  # paho 2
            options["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self._client = mqtt.Client(**options)
        self._client.max_inflight_messages_set(100)
        self._client.on_message = self._heard
        self._client.on_connect = lambda client, *_: client.subscribe("armadio/+/committed", 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _heard(self, _client, _userdata, message):
        mark = json.loads(message.payload)
        key = message.topic.split("/")[1], mark["epoch"]
        self.committed[key] = max(self.committed.get(key, 0), mark["committed"])

    def publish(self, gateway, first, payload, epoch=1, count=BATCH):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/senml+json"
        properties.UserProperty = [
            ("gateway", gateway), ("epoch", f"{JOURNAL}-{epoch}"), ("first", str(first)), ("count", str(count)),
        ]
        return self._client.publish(f"armadio/{gateway}/telemetry", payload, qos=1, properties=properties)

    def await_committed(self, gateway, count, again=None):
        """Waits until all below `count` is committed; calls `again` every 5 s that it is not, as a
        gateway that sends again what was not committed in time."""
        deadline, resend = time.monotonic() + PATIENCE, time.monotonic() + 5
        while self.committed.get((gateway, 1), 0) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{gateway}: {self.committed} instead of {count}")
            if again and time.monotonic() > resend:
                again()
                resend = time.monotonic() + 5
            time.sleep(0.02)


def payload(gateway, first, count=BATCH):
    """A message of the usual kind: the value of a reading is its number."""
    records = []
    for number in range(first, first + count):
        device = number // 25 % 40
        base = f'"bn":"{gateway}/meter-{device}/",' if number % 25 == 0 or number == first else ""
        if number == first:
            base += '"bt":1700000000.25,'
        records.append('{%s"n":"point-%d","u":"V","v":%d.5,"t":%d.001}' % (base, number % 25, number, number - first))
    return ("[" + ",".join(records) + "]").encode()


@contextlib.contextmanager
def postgres():
    """A cluster of its own: its connection URI, a function that asks it, and a context in which it
    is away."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not programs:
        raise RuntimeError("PostgreSQL is not installed; see Tests/install")
    programs = pathlib.Path(programs[-1])
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if os.getuid() == 0 else []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="armadio-pg-", dir="/var/tmp"))
    try:
        if as_user:
            shutil.chown(folder, user, user)
        data = folder / "data"
        subprocess.run(
            [*as_user, programs / "initdb", "-D", data, "-U", "armadio", "-A", "trust"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder,
        )
        command = [*as_user, programs / "postgres", "-D", data, "-c", "listen_addresses=", "-k", folder]

        def start():
            server = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command], stderr=open(folder / "log", "ab"), cwd=folder)
            deadline = time.monotonic() + 30
            while subprocess.run([programs / "pg_isready", "-q", "-h", folder]).returncode:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise RuntimeError((folder / "log").read_text())
                time.sleep(0.1)
            return server

        uri = f"postgresql://armadio@/postgres?host={folder}"

        def ask(sql):
            return subprocess.run(
                ["psql", "-X", "-At", uri, "-c", sql], check=True, capture_output=True, text=True
            ).stdout.strip()

        server = start()

        @contextlib.contextmanager
        def away():
            nonlocal server
            server.send_signal(signal.SIGQUIT)
            server.wait(30)
            yield
            server = start()

        try:
            yield uri, ask, away
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder)


def ask_sqlite(path):
    def ask(sql):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as base:
            return "\n".join("|".join(map(str, row)) for row in base.execute(sql))

    return ask


def broker(folder, port):
    configuration = folder / f"receive-{port}.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\n")
    return processes.Child("broker", ["/usr/sbin/mosquitto", "-c", configuration], folder, port)


def receivers(options, folder, port, database, count=1):
    command = [options.armadio, "receive", "--broker", f"mqtt://127.0.0.1:{port}", "--database", database, "--json"]
    if count > 1:
        command += ["--group", "platform"]
    return [processes.Child(f"receiver-{number}", command, folder) for number in range(count)]


def await_line(child, text):
    deadline = time.monotonic() + PATIENCE
    while text not in child.log.read_text():
        child.check_alive(0.05)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{child.name} did not say {text}:\n{child.tail()}")


def expect(what, found, wanted):
    print(f"{'ok  ' if found == wanted else 'BAD '} {what}: {found}")
    if found != wanted:
        raise SystemExit(f"{what}: {found} instead of {wanted}")


def once(options, database, ask):
    """Three receivers share the load of two gateways; messages come out of order, twice, and while
    receivers are killed. In the end everything is there once, and committed."""
    chance = random.Random(5)
    gateways, batches, size = ("cabinet-1", "cabinet-2"), 60, 200
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder())
        port = stack.enter_context(processes.free_port())
        stack.enter_context(broker(folder, port))
        parts = [stack.enter_context(part) for part in receivers(options, folder, port, database, 3)]
        for part in parts:
            await_line(part, '"connected"')
        platform = Platform(port)
        stack.callback(platform.close)
        messages = [(gateway, number * size) for gateway in gateways for number in range(batches)]
        sent = messages + chance.sample(messages, 40)
        chance.shuffle(sent)
        for index, (gateway, first) in enumerate(sent):
            platform.publish(gateway, first, payload(gateway, first, size), count=size).wait_for_publish()
            if index in (50, 100):
                victim = chance.choice(parts)
                victim.kill()
                victim.start()

        def again():
            for gateway, first in messages:
                platform.publish(gateway, first, payload(gateway, first, size), count=size)

        for gateway in gateways:
            platform.await_committed(gateway, batches * size, again)
        total = len(messages) * size
        expect("readings", ask("SELECT count(*) FROM readings"), str(total))
        expect(
            "identities",
            ask("SELECT count(*) FROM (SELECT DISTINCT gateway, journal, epoch, sequence FROM readings) AS x"),
            str(total),
        )
        expect("values that are not their own", ask(
            "SELECT count(*) FROM readings WHERE value_number <> sequence + 0.5 OR quality <> 'good'"), "0")
        expect("ranges", ask('SELECT gateway, first, "end" FROM covered ORDER BY gateway'),
               "\n".join(f"{gateway}|0|{batches * size}" for gateway in gateways))
        nothing = subprocess.run(
            [options.armadio, "receive", "gaps", "--database", database], capture_output=True, text=True, check=True)
        expect("gaps", nothing.stdout.strip(), "nothing is missing")
        for part in parts:
            expect(f"{part.name} ends", part.terminate(20)[0], 0)


def recovery(options, database, ask):
    """What a receiver says of nonsense and of gaps, and that nonsense stops nothing."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder())
        port = stack.enter_context(processes.free_port())
        stack.enter_context(broker(folder, port))
        (part,) = [stack.enter_context(part) for part in receivers(options, folder, port, database)]
        await_line(part, '"connected"')
        platform = Platform(port)
        stack.callback(platform.close)
        for nonsense in (b"", b"[", b"\xff\x00", b'[{"n":"a","v":1}]' * 3, payload("other", 0, 10)):
            platform.publish("cabinet-9", 0, nonsense, count=10).wait_for_publish()
        text = b'[{"bn":"cabinet-9/m/","n":"a","vs":"zero \\u0000 end \\ud800"}]'
        platform.publish("cabinet-9", 0, text, count=1).wait_for_publish()
        gap = b'[{"bn":"cabinet-9/","bt":1,"n":"gap","v":9,"reason":"journal-full"}]'
        platform.publish("cabinet-9", 1, gap, count=9)
        platform.await_committed("cabinet-9", 10)
        expect("texts", ask("SELECT value_text FROM readings WHERE gateway = 'cabinet-9'"), "zero \ufffd end \ufffd")
        expect("set aside", ask("SELECT count(*) FROM refused"), "5")
        expect("declared", ask("SELECT first, count, reason FROM gaps"), "1|9|journal-full")
        await_line(part, '"gap"')
        expect("ends", part.terminate(20)[0], 0)


def outage(options, database, ask, away):
    """The server is shut down at once, in the middle: what comes meanwhile waits."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder())
        port = stack.enter_context(processes.free_port())
        stack.enter_context(broker(folder, port))
        (part,) = [stack.enter_context(part) for part in receivers(options, folder, port, database)]
        await_line(part, '"connected"')
        platform = Platform(port)
        stack.callback(platform.close)
        platform.publish("cabinet-7", 0, payload("cabinet-7", 0, 10), count=10)
        platform.await_committed("cabinet-7", 10)
        with away():
            for first in range(10, 500, 10):
                platform.publish("cabinet-7", first, payload("cabinet-7", first, 10), count=10)
            await_line(part, '"database-failed"')
        platform.await_committed("cabinet-7", 500)
        expect("readings after an outage of the database", ask("SELECT count(*) FROM readings"), "500")
        expect("ends", part.terminate(20)[0], 0)


def speed(options, name, database):
    """How fast one receiver takes a backlog, and what a reading costs it."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder())
        port = stack.enter_context(processes.free_port())
        stack.enter_context(broker(folder, port))
        (part,) = [stack.enter_context(part) for part in receivers(options, folder, port, database)]
        await_line(part, '"connected"')
        platform = Platform(port)
        stack.callback(platform.close)
        messages = [payload("cabinet-3", number * BATCH) for number in range(options.batches)]
        began, cpu = time.monotonic(), processor_seconds(part.pid)
        for number, message in enumerate(messages):
            platform.publish("cabinet-3", number * BATCH, message)
        platform.await_committed("cabinet-3", options.batches * BATCH)
        seconds, cpu = time.monotonic() - began, processor_seconds(part.pid) - cpu
        readings = options.batches * BATCH
        memory = resident(part.pid)
        print(
            f"{name}: {readings} readings in {seconds:.2f} s, {readings / seconds:,.0f}/s; "
            f"{cpu / readings * 1e6:.2f} us of processor time each; {memory:.1f} MB at the most"
        )
        part.terminate(20)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="all", choices=("sqlite", "postgres", "speed", "all"))
    parser.add_argument("--armadio", default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--batches", type=int, default=250)
    options = parser.parse_args()
    options.armadio = pathlib.Path(options.armadio).resolve()
    processes.end_on_sigterm()
    with processes.own_folder() as folder:
        if options.what in ("sqlite", "all"):
            print("== SQLite")
            once(options, folder / "once.db", ask_sqlite(folder / "once.db"))
            recovery(options, folder / "recovery.db", ask_sqlite(folder / "recovery.db"))
        if options.what in ("postgres", "all"):
            print("== PostgreSQL")
            with postgres() as (uri, ask, _):
                once(options, uri, ask)
            with postgres() as (uri, ask, _):
                recovery(options, uri, ask)
            with postgres() as (uri, ask, away):
                outage(options, uri, ask, away)
        if options.what in ("speed", "all"):
            print("== speed")
            speed(options, "SQLite", folder / "speed.db")
            with postgres() as (uri, _, _):
                speed(options, "PostgreSQL", uri)
    return 0


if __name__ == "__main__":
    sys.exit(main())
