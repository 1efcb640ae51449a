#!/usr/bin/python3
"""The delivery promise on W1: 10 units of 100 holding registers, each unit on its own connection.

    w1.py steady        everything the field gave is at the subscriber, once
    w1.py outage        the same with the broker gone for a while
    w1.py live          the same with a limit on the backlog: new readings come at once, old ones behind them
    w1.py freeze        the same with the broker's machine hanging: connected, and no answer
    w1.py kill          the outage, and the gateway killed within it: nothing older than the commit deadline is lost
    w1.py mute          one unit never answers: the others keep their grid
    w1.py mute-shared   the same with all units on one connection
    w1.py term          SIGTERM ends it in time, delivered, offline
    w1.py term-offline  SIGTERM without a broker loses nothing
    w1.py all           each of them; those that judge a grid after the others, which run side by side

A simulated field keeps the ground truth; mosquitto and the subscriber are a run's own, on free
ports. Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import time

import cabinet
import judge
import processes
from field import read_log
from ledger import TIME_TOLERANCE, Ledger
from subscriber import Subscriber, feed

#: After so many seconds in memory, unacknowledged, a reading is to be on disk.
COMMIT_DEADLINE = 10
#: What writing and syncing may take on top, in seconds.
COMMIT_MARGIN = 1
#: What a poll under way when SIGTERM comes may be short of, in seconds.
LAST_POLL = 0.25
#: How long the gateway may take to end, and what a busy machine may add, in seconds.
TERM, TERM_MARGIN = 5, 1
#: How long the gateway may take to find a returned broker and send what it kept, in seconds: waits grow
#: to 300 s.
CATCH_UP = 420
#: The newest reading is at most this old once the gateway has caught up, in seconds.
CURRENT = 3
#: The longest p99 of the poll interval while another unit is mute, in seconds.
MUTE_P99 = 1.05
PERIOD = 1.0
#: The most readings of a backlog a second where that has a limit: three times what comes anew.
BACKLOG_LIMIT = 3000


class Scene:
    """A field, a broker, a subscriber and the gateway."""

    #: What is younger at a kill, in seconds, may be lost.
    young = COMMIT_DEADLINE + COMMIT_MARGIN

    def __init__(self, options, stack, mute=(), time_tolerance=TIME_TOLERANCE, **settings):
        folder = stack.enter_context(processes.own_folder(options.keep))
        broker_port, field_port = (stack.enter_context(processes.free_port()) for _ in range(2))
        self._truth = processes.truth(folder, field_port)
        self.field = stack.enter_context(processes.field(folder, field_port, mute=mute))
        self.broker = stack.enter_context(processes.broker(folder, broker_port))
        self.broker_port = broker_port
        self.ledger = Ledger(time_tolerance)
        topics = ["armadio/+/telemetry", "armadio/+/status"]
        self.subscriber = stack.enter_context(
            Subscriber("127.0.0.1", broker_port, topics, on_message=feed(self.ledger))
        )
        self.program = options.armadio
        self.settings = cabinet.settings(folder, broker_port, field_port, mqtt=options.mqtt, **settings)
        self.gateway = stack.enter_context(processes.gateway(self.program, folder, self.settings))
        self.killed = []
        self.ended = None
        self._await("the first telemetry", lambda: self.ledger.newest > 0, 20)

    def _await(self, what, holds, seconds):
        try:
            self.subscriber.wait_until(holds, seconds, what)
        except TimeoutError as error:
            self.gateway.check_alive()
            raise RuntimeError(f"{error}\n{self.gateway.tail()}") from error

    def run(self, seconds):
        """Lets it run, and notices when the gateway ends by itself."""
        self.gateway.check_alive(seconds)

    def stop_broker(self):
        code, _ = self.broker.terminate(10)
        if code != 0:
            raise RuntimeError(f"mosquitto did not end properly ({code}); its sessions may be lost")

    def kill_gateway(self):
        self.killed.append(time.time_ns())
        self.gateway.kill()

    def catch_up(self):
        """Waits until readings are as new as they can be; returns how long that took."""
        began = time.time()
        self._await("current readings", lambda: self.ledger.newest > time.time() - CURRENT, CATCH_UP)
        return time.time() - began

    def await_no_holes(self):
        """Waits until what newer readings have overtaken is there too."""
        self._await("the backlog", lambda: not self.ledger.holes(), CATCH_UP)

    def terminate_gateway(self, verdict):
        self.ended = time.time_ns()
        code, seconds = self.gateway.terminate(TERM + TERM_MARGIN)
        verdict.fact("SIGTERM to exit s", round(seconds, 2))
        verdict.require(code == 0, f"exit code after SIGTERM: {code}, must be 0 within {TERM + TERM_MARGIN} s")

    def truth(self):
        """Waits for all the broker holds for the subscriber, ends the field and reads its log."""
        self.subscriber.fence()
        if self.subscriber.session_lost:
            raise RuntimeError("the broker lost the subscriber's session: the run proves nothing")
        code, _ = self.field.terminate(10)
        if code != 0:
            raise RuntimeError(f"the field ended with {code}: no ground truth")
        return read_log(self._truth)

    def due(self, poll):
        """All but what may have been under way at the end, and what was too young at a kill."""
        if poll.ns > self.ended - LAST_POLL * 1e9:
            return False
        return not judge.may_be_lost(poll.ns, self.killed, self.young)

    def statuses(self):
        """What came on the status topic so far, oldest first."""
        return [m.payload.decode(errors="replace") for m in self.subscriber.messages if m.topic.endswith("/status")]


#: A clock that nobody has set gives times relative to the sending. While a backlog comes in, the
#: receiver is behind by at most what catching up takes: `delay`, which counts for such times alone.
def _delivered(scene, verdict, epochs=1, redelivery=False, without=(), ordered=True, delay=0):
    polls = scene.truth()
    judge.identities(verdict, scene.ledger, epochs, redelivery, ordered, delay)
    judge.samples(verdict, scene.ledger, polls, scene.due, delay)
    return polls, *judge.schedule(verdict, polls, PERIOD, without)


def _all_good(scene, verdict):
    bad = [reading for reading in scene.ledger.readings() if reading.is_bad]
    verdict.zero("readings of bad quality", len(bad), bad and bad[0])


def _status(scene, verdict):
    """The running daemon answers `status` in JSON."""
    command = [scene.program, "status", "--config", scene.settings, "--json"]
    answer = subprocess.run(command, capture_output=True, timeout=10, check=False)
    verdict.require(answer.returncode == 0, f"status: exit code {answer.returncode}: {answer.stderr.decode(errors='replace')}")
    try:
        json.loads(answer.stdout)
    except ValueError:
        verdict.require(False, f"status --json is not JSON: {answer.stdout[:200]!r}")


def steady(scene, verdict, options):
    scene.run(options.seconds)
    _status(scene, verdict)
    scene.terminate_gateway(verdict)
    polls, _, drift = _delivered(scene, verdict)
    _all_good(scene, verdict)
    per_unit = [sum(poll.unit == unit and poll.ns <= scene.ended for poll in polls) for unit in range(1, 11)]
    verdict.fact("polls a unit, least and most", f"{min(per_unit)} {max(per_unit)}")
    verdict.require(min(per_unit) >= int(options.seconds), f"a unit was polled {min(per_unit)} times in {options.seconds} s")
    verdict.require(drift < 0.005, f"the grid drifts: mean interval off by {drift:.2%}")


def outage(scene, verdict, options):
    before = max(5.0, (options.seconds - options.outage) / 2)
    scene.run(before)
    scene.stop_broker()
    scene.run(options.outage)
    scene.broker.start()
    caught_up = scene.catch_up()
    verdict.fact("caught up after s", round(caught_up, 1))
    scene.run(max(3.0, options.seconds - before - options.outage))
    scene.terminate_gateway(verdict)
    _delivered(scene, verdict, redelivery=True, delay=caught_up)
    _all_good(scene, verdict)


def live(scene, verdict, options):
    before = max(5.0, (options.seconds - options.outage) / 2)
    scene.run(before)
    scene.stop_broker()
    scene.run(options.outage)
    scene.broker.start()
    verdict.fact("present again after s", round(scene.catch_up(), 1))
    missing = sum(hole[3] for hole in scene.ledger.holes())
    verdict.fact("backlog not there yet", missing)
    verdict.require(missing > 0, "the backlog was there before the present was")
    scene.await_no_holes()
    scene.run(2)
    scene.terminate_gateway(verdict)
    _delivered(scene, verdict, redelivery=True, ordered=False)
    _all_good(scene, verdict)


def freeze(scene, verdict, options):
    before = max(5.0, (options.seconds - options.outage) / 2)
    scene.run(before)
    scene.broker.process.send_signal(signal.SIGSTOP)
    scene.run(options.outage)
    scene.broker.process.send_signal(signal.SIGCONT)
    verdict.fact("caught up after s", round(scene.catch_up(), 1))
    scene.run(max(3.0, options.seconds - before - options.outage))
    scene.terminate_gateway(verdict)
    _delivered(scene, verdict, redelivery=True, delay=options.outage)
    _all_good(scene, verdict)


def kill(scene, verdict, options):
    before = max(5.0, (options.seconds - options.outage) / 2)
    into = max(COMMIT_DEADLINE + 2, options.outage / 2)
    scene.run(before)
    scene.stop_broker()
    scene.run(into)
    scene.kill_gateway()
    time.sleep(2)  # how long the gateway stays away is part of the scenario
    scene.gateway.start()
    scene.run(max(1.0, options.outage - into - 2))
    scene.broker.start()
    caught_up = scene.catch_up()
    verdict.fact("caught up after s", round(caught_up, 1))
    scene.run(max(3.0, options.seconds - before - options.outage))
    scene.terminate_gateway(verdict)
    _delivered(scene, verdict, epochs=2, redelivery=True, delay=caught_up)
    _all_good(scene, verdict)


def mute(scene, verdict, options):
    scene.run(options.seconds)
    scene.terminate_gateway(verdict)
    _, grid, _ = _delivered(scene, verdict, without=(3,))
    verdict.require(grid["p99"] <= MUTE_P99, f"p99 of the others' interval is {grid['p99']:.3f} s, must be <= {MUTE_P99} s")
    reasons = {}
    for reading in scene.ledger.readings():
        if reading.is_bad:
            reasons.setdefault(reading.point, set()).add(reading.value)
    quiet = {point for point in reasons if "unit-3/" in point}
    verdict.fact("points of unit 3 with bad quality", len(quiet))
    verdict.fact("their reasons", sorted(set().union(*(reasons[point] for point in quiet))))
    timed_out = [point for point in quiet if "timeout" in reasons[point]]
    verdict.require(len(timed_out) == 100, f"{len(timed_out)} of 100 points of unit 3 came with timeout")
    verdict.zero("points of others with bad quality", len(reasons) - len(quiet))


def term(scene, verdict, options):
    scene.run(options.seconds)
    verdict.require(scene.statuses() and "online" in scene.statuses()[-1], f"not online before: {scene.statuses()}")
    scene.terminate_gateway(verdict)
    _delivered(scene, verdict)
    topic = f"armadio/{cabinet.GATEWAY}/status"
    with Subscriber("127.0.0.1", scene.broker_port, [topic]) as late:
        late.fence()
        retained = [m.payload.decode(errors="replace") for m in late.messages if m.retained]
    verdict.fact("retained status", retained)
    verdict.require(len(retained) == 1 and "offline" in retained[0], "the retained status is not offline")


def term_offline(scene, verdict, options):
    scene.run(options.seconds / 2)
    scene.stop_broker()
    scene.run(options.seconds / 2)
    scene.terminate_gateway(verdict)
    between = scene.ended
    scene.broker.start()
    scene.gateway.start()
    caught_up = scene.catch_up()
    scene.run(3)
    scene.terminate_gateway(verdict)
    own_due = scene.due
    scene.due = lambda poll: own_due(poll) and not between - LAST_POLL * 1e9 < poll.ns < between + 1e9
    _delivered(scene, verdict, epochs=2, redelivery=True, delay=caught_up)


SCENARIOS = {
    "steady": steady, "outage": outage, "live": live, "freeze": freeze, "kill": kill, "mute": mute, "mute-shared": mute, "term": term, "term-offline": term_offline,
}

#: What is special about a scenario's scene.
SCENES = {"mute": {"mute": (3,)}, "mute-shared": {"mute": (3,), "one_line": True}, "live": {"backlog": f"{{order: live-first, limit: {BACKLOG_LIMIT}}}"}}


def play(name, options):
    verdict = judge.Verdict()
    with contextlib.ExitStack() as stack:
        scene = Scene(options, stack, **SCENES.get(name, {}))
        try:
            SCENARIOS[name](scene, verdict, options)
        finally:
            if verdict.failures or sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{scene.gateway.tail()}", file=sys.stderr)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=(*SCENARIOS, "all"))
    parser.add_argument("--seconds", type=float, default=120, help="how long the field is polled (20 is short)")
    parser.add_argument("--outage", type=float, default=30, help="how long the broker is away (16 is short)")
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--mqtt", choices=("auto", "5", "3.1.1"), default="auto", help="what the gateway speaks")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journal in a folder of the run in here")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


#: Scenarios that judge a grid in time: what runs beside them would disturb it.
ALONE = {"steady", "mute", "mute-shared"}


def _all():
    """Every scenario in a process of its own; the worst exit code. Side by side but for ALONE."""
    together = [name for name in SCENARIOS if name not in ALONE]
    return max(processes.side_by_side(names, sys.argv) for names in (together, *([name] for name in ALONE)))


def main():
    options = _options()
    processes.end_on_sigterm()
    processes.build_programs()
    name = options.scenario
    if name == "all":
        return _all()
    return judge.conclude(name, lambda: play(name, options), options.json)


if __name__ == "__main__":
    sys.exit(main())
