#!/usr/bin/python3
"""`acknowledge: platform` with a broker that forgets: gateway, broker and receiver are killed and
their links cut at random moments; in the end all is in the receiver's database, once.

    uplink_kills.py [--rounds 200] [--readings 1000000] [--rate 1000] [--seed N] [--receiver python|armadio]

Gateway (with a simulated field), mosquitto and receiver are each in a network namespace of their
own, which needs root. Mosquitto has the persistence settings of its Debian package: what it
acknowledged since its last save, at most 30 minutes ago, is gone with kill -9. In each round one or
two of these happen: kill -9 of the gateway (also during its start), of the broker, of the receiver;
a link cut without RST (cable out, or one direction swallowed); all connections of a link reset.

Required at the end, of the receiver's database as Python's sqlite3 shows it, against the field's log
of what it was asked and answered:
- every sample the field gave is there, except those younger than commit-after and a margin when the
  gateway was killed -9, and what was asked in the last quarter of a second;
- no identity is there twice, no sample under two identities, no reading that the field never gave;
- every epoch counts from 0 without a hole, except for what may be lost by a kill: the reading behind
  such a hole is itself no older than that at the kill that ended its epoch;
- nothing was given up (gap records); no message was malformed. The receiver in Python also sees to it
  that no identity comes with two contents.

Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import collections
import contextlib
import json
import pathlib
import random
import subprocess
import sys
import time

import cabinet
import database
import field
import judge
import namespaces
import processes

#: Every unit is read each 100 ms.
POLLS, UNITS = 10, 10
#: Commit deadline, and what writing and syncing may take on top on a busy machine, in seconds.
COMMIT_AFTER, MARGIN = 0.2, 1.0
#: What is younger at a kill, in seconds, may be lost.
YOUNG = COMMIT_AFTER + MARGIN
#: What a poll under way when SIGTERM comes may be short of, in seconds.
LAST_POLL = 0.25
#: How long all is left alone between two faults: a link that lasts 10 s lets the waits before a
#: reconnect begin at 1 s again. In seconds, and how many in so many are long.
SHORT, LONG, LONGS = (0.1, 4.0), (10.5, 13.0), 4
#: How long a fault lasts, in seconds.
AWAY, CUT = (0.0, 3.0), (0.5, 12.0)
#: One in so many rounds has a second fault, kills during a start, does not wait for readings to flow.
SECOND, STARTS, HASTE = 4, 4, 3
#: How long a reconnect and a backlog may take, in seconds: waits grow to 300 s, and what a broker
#: forgot is sent again after 60 s of silence.
PATIENCE = 600
#: What a time that is relative to a message's arrival may be off: the longest that a message is held
#: up, by links, broker or receiver that are away, in seconds.
HELD_UP = 60.0
#: A receiver that has had nothing for so long has all, in seconds.
SETTLING = 3
PORT = 1883


def forgetful_broker(folder):
    """Mosquitto with the persistence settings of Debian's /etc/mosquitto/mosquitto.conf."""
    data = folder / "mosquitto"
    data.mkdir()
    settings = data / "mosquitto.conf"
    settings.write_text(
        f"listener {PORT} 0.0.0.0\nallow_anonymous true\nuser root\n"
        f"persistence true\npersistence_location {data}/\n"
    )
    return processes.Child("mosquitto", ["/usr/sbin/mosquitto", "-c", settings], folder, PORT)


def receiver(options, folder, host):
    """The process that writes the database."""
    path = folder / "received.sqlite"
    if options.receiver == "armadio":
        command = [options.armadio, "receive", "--broker", f"mqtt://{host}:{PORT}", "--database", path]
    else:
        program = pathlib.Path(__file__).with_name("receiver.py")
        command = [sys.executable, program, "--host", host, "--port", PORT, "--database", path]
    return path, processes.Child("receiver", command, folder)


class Scene:
    """Three namespaces, two cables, four processes."""

    def __init__(self, options, stack):
        folder = stack.enter_context(processes.own_folder(options.keep))
        network = stack.enter_context(namespaces.Network())
        spaces = {name: network.add(name) for name in ("gateway", "broker", "receiver")}
        self.uplink = namespaces.Cable(spaces["gateway"], spaces["broker"], 1)
        self.downlink = namespaces.Cable(spaces["receiver"], spaces["broker"], 2)
        self._truth = processes.truth(folder, 502)

        def start(space, child):
            return stack.enter_context(namespaces.Inhabitant(spaces[space], child))

        self.field = start("gateway", processes.field(folder, 502, UNITS))
        self.broker = start("broker", forgetful_broker(folder))
        self.database, child = receiver(options, folder, self.downlink.far_address)
        self.receiver = start("receiver", child)
        self.program = options.armadio
        self.settings = cabinet.settings(
            folder, PORT, 502, host=self.uplink.far_address, interval=f"{1000 // POLLS}ms", units=UNITS,
            registers=options.rate // POLLS // UNITS, urgent=1, commit_after=f"{COMMIT_AFTER * 1000:.0f}ms",
            mqtt=options.mqtt, backlog=f"{{order: {options.order}}}",
            uplink=f", acknowledge: {options.acknowledge}, keep-alive: 5s",
        )
        self.gateway = start("gateway", processes.gateway(self.program, folder, self.settings))
        self.killed, self.ended, self.counts = [], None, collections.Counter()

    def rest(self, seconds):
        """Lets it run, and notices when a part ends by itself."""
        self.gateway.check_alive(seconds)
        for part in (self.broker, self.receiver, self.field):
            part.check_alive()

    def await_flow(self, seconds=PATIENCE):
        """Waits until something new has come to the database; whether it did within the time."""
        before, deadline = database.covered(self.database), time.monotonic() + seconds
        while time.monotonic() < deadline:
            if database.covered(self.database) > before:
                return True
            self.rest(0.2)
        return False

    def status(self):
        command = [self.program, "status", "--config", self.settings, "--json"]
        answer = subprocess.run(command, capture_output=True, timeout=30, check=False)
        return json.loads(answer.stdout) if answer.returncode == 0 else None

    def await_delivery(self):
        """Waits until nothing is left but what is new: everything on disk is committed by the receiver."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            status = self.status()
            if status and status["journal"]["onDisk"] == 0:
                return time.monotonic() - began
            self.rest(0.1)
        raise RuntimeError(f"not all was delivered within {PATIENCE} s: {status}\n{self.gateway.tail()}")

    def terminate_gateway(self, verdict):
        self.ended = time.time_ns()
        code, seconds = self.gateway.terminate(6)
        verdict.fact("SIGTERM to exit s", round(seconds, 2))
        verdict.require(code == 0, f"exit code after SIGTERM: {code}, must be 0 within 6 s")

    def truth(self):
        """Waits for what broker and receiver may still have, ends the field and reads its log."""
        had = -1
        while (has := database.covered(self.database)) != had:
            had = has
            self.receiver.check_alive(SETTLING)
        code, _ = self.field.terminate(10)
        if code != 0:
            raise RuntimeError(f"the field ended with {code}: no ground truth")
        return field.read_log(self._truth)

    # What happens to it: each fault does its worst, waits, and mends.

    def kill_gateway(self, dice):
        self._kill_gateway()
        if dice.randrange(STARTS) == 0:
            self.gateway.start()
            time.sleep(dice.uniform(0, 0.2))
            self._kill_gateway()
        self.gateway.start()

    def _kill_gateway(self):
        self.killed.append(time.time_ns())
        self.gateway.kill()

    def kill_broker(self, dice):
        self._kill(self.broker, dice)

    def kill_receiver(self, dice):
        self._kill(self.receiver, dice)

    def _kill(self, part, dice):
        part.kill()
        time.sleep(dice.uniform(*AWAY))
        part.start()

    def cut_uplink(self, dice):
        self._cut(self.uplink, dice)

    def cut_downlink(self, dice):
        self._cut(self.downlink, dice)

    def _cut(self, cable, dice):
        dice.choice((cable.unplug, cable.swallow))()
        time.sleep(dice.uniform(*CUT))
        cable.mend()

    def reset_uplink(self, _dice):
        self.counts["connections reset"] += self.uplink.reset()

    def reset_downlink(self, _dice):
        self.counts["connections reset"] += self.downlink.reset()

    def all_at_once(self, dice):
        """Power cut of the house: gateway, broker and receiver die in one moment."""
        self._kill_gateway()
        self.broker.kill()
        self.receiver.kill()
        time.sleep(dice.uniform(*AWAY))
        parts = [self.broker, self.receiver, self.gateway]
        dice.shuffle(parts)
        for part in parts:
            part.start()


#: Faults and how often each comes.
FAULTS = {
    "kill_gateway": 4, "kill_broker": 4, "kill_receiver": 3, "cut_uplink": 3, "reset_uplink": 2,
    "cut_downlink": 2, "reset_downlink": 1, "all_at_once": 1,
}


def play_round(scene, dice):
    """A while of life, and one fault or two that overlap."""
    if dice.randrange(HASTE):
        scene.await_flow(30)
    scene.rest(dice.uniform(*(LONG if dice.randrange(LONGS) == 0 else SHORT)))
    faults = dice.choices(list(FAULTS), list(FAULTS.values()), k=2 if dice.randrange(SECOND) == 0 else 1)
    for name in faults:
        scene.counts[name] += 1
    if len(faults) == 2 and faults[0].startswith("cut"):
        cable = scene.uplink if faults[0] == "cut_uplink" else scene.downlink
        dice.choice((cable.unplug, cable.swallow))()
        if not faults[1].startswith(("cut", "reset")):
            getattr(scene, faults[1])(dice)
        time.sleep(dice.uniform(*CUT))
        cable.mend()
        return
    for name in faults:
        getattr(scene, name)(dice)


def excusable(scene, ledger):
    """Holes that a kill may leave, and the others: a broker forgot what the gateway had not yet
    written and had no time to send again, while what came behind it was received."""
    excused, others = [], []
    for hole in ledger.holes():
        gateway, epoch, first, count = hole
        behind = ledger.epochs[gateway, epoch][first + count]
        told = field.sample(behind.point, behind.value, behind.time)
        is_young = told and judge.may_be_lost(told.tick * field.TICK_NS, scene.killed, YOUNG)
        (excused if is_young else others).append(hole)
    return excused, others


def judge_database(scene, verdict, options):
    polls = scene.truth()
    ledger = database.load(scene.database, verdict)
    readings = sum(len(known) for known in ledger.epochs.values()) - ledger.gap_readings
    verdict.fact("readings in the database", readings)
    verdict.require(readings >= options.readings, f"{readings} readings, must be {options.readings}")
    verdict.fact("epochs with readings", len(ledger.epochs))
    excused, others = excusable(scene, ledger)
    verdict.fact("missing in sequence, within commit-after of a kill", sum(hole[3] for hole in excused))
    verdict.zero("missing in sequence otherwise", sum(hole[3] for hole in others), others and others[0])
    verdict.zero("given up (gap records)", ledger.gap_readings)
    look = {"python": "SELECT kind, text FROM faults", "armadio": "SELECT reason, topic FROM refused"}
    with database.opened(scene.database) as base:
        faults = base.execute(look[options.receiver]).fetchall()
    verdict.zero("messages that the receiver set aside", len(faults), faults and faults[0])
    ledger.relative_messages = 1

    def due(poll):
        if poll.ns > scene.ended - LAST_POLL * 1e9:
            return False
        return not judge.may_be_lost(poll.ns, scene.killed, YOUNG)

    judge.samples(verdict, ledger, polls, due, HELD_UP)
    bad = [reading for reading in ledger.readings() if reading.is_bad]
    verdict.zero("readings of bad quality", len(bad), bad and bad[0])


def play(options):
    verdict = judge.Verdict()
    dice = random.Random(options.seed)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        scene = Scene(options, stack)
        if not scene.await_flow(30):
            raise RuntimeError(f"nothing came\n{scene.gateway.tail()}\n{scene.receiver.tail()}")
        try:
            for number in range(1, options.rounds + 1):
                play_round(scene, dice)
                if number % 10 == 0:
                    seconds = time.monotonic() - began
                    print(f"  round {number}: {seconds:.0f} s, {database.covered(scene.database)} readings", flush=True)
            if not scene.await_flow():
                raise RuntimeError(f"nothing comes any more\n{scene.gateway.tail()}")
            while database.covered(scene.database) < options.readings:
                scene.rest(1)
            verdict.fact("all delivered after s", round(scene.await_delivery(), 1))
            scene.terminate_gateway(verdict)
            verdict.fact("seconds", round(time.monotonic() - began))
            verdict.fact("faults", sum(scene.counts[name] for name in FAULTS))
            for name, count in sorted(scene.counts.items()):
                verdict.fact("  " + name.replace("_", " "), count)
            judge_database(scene, verdict, options)
        finally:
            if verdict.failures or sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{scene.gateway.tail()}", file=sys.stderr)
                print(f"  the receiver's last words:\n{scene.receiver.tail()}", file=sys.stderr)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--readings", type=int, default=None, help="how many at least; 5000 a round unless given")
    parser.add_argument("--rate", type=int, default=1000, help="readings a second, a multiple of 100")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments; drawn unless given")
    parser.add_argument("--receiver", choices=("python", "armadio"), default="armadio")
    parser.add_argument("--acknowledge", choices=("platform", "broker"), default="platform", help="broker: the counter-proof, must fail")
    parser.add_argument("--order", choices=("live-first", "in-order"), default="live-first")
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--mqtt", choices=("auto", "5", "3.1.1"), default="auto", help="what the gateway speaks")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs, journal and database in a folder of the run in here")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(1 << 32)
    if options.readings is None:
        options.readings = 5000 * options.rounds
    return options


def main():
    options = _options()
    processes.end_on_sigterm()
    if reason := namespaces.why_not():
        print(f"uplink_kills: {reason}", file=sys.stderr)
        return 2
    processes.build_programs()
    print(f"uplink_kills: {options.rounds} rounds, seed {options.seed}, receiver {options.receiver}", flush=True)
    return judge.conclude("uplink_kills", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
