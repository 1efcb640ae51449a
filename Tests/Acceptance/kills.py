#!/usr/bin/python3
"""The journal under kill -9: a loaded gateway is killed at random moments, during its start too,
while the broker is away most of the time. In the end everything that was older than the commit
deadline at a kill is delivered, once by identity, as the field gave it, and nothing else.

    kills.py [--rounds 200] [--seed N]

10 units of 10 registers, one of them urgent, are read each 100 ms; `commit-after` is 200 ms. Exit code 0 when all
holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import json
import pathlib
import random
import subprocess
import sys
import time

import judge
import processes
import w1

#: How long a gateway lives in a round, in seconds: most write, send and tidy; some only start.
LIFE, START = (0.2, 3.0), (0.0, 0.2)
#: One in so many rounds is killed during its start.
STARTS = 4
#: The broker is there in rounds of its own, so many of so many.
BROKER_ROUNDS, CYCLE = 2, 8
#: Commit deadline, and what writing and syncing may take on top on a busy machine, in seconds.
COMMIT_AFTER, MARGIN = 0.2, 1.0
#: What a message may be held up while a broker starts and the subscriber finds it, in seconds.
DELAY = 5.0


class Kills(w1.Scene):
    """The scene of w1, with a gateway that does not live long."""

    young = COMMIT_AFTER + MARGIN

    def set_broker(self, is_there):
        running = self.broker.process.poll() is None
        if is_there and not running:
            self.broker.start()
        if running and not is_there:
            # What it still has for the subscriber would come long after it was sent.
            self.subscriber.fence()
            self.stop_broker()

    def round(self, number, dice):
        """The rest of one life of the gateway, and its successor's start."""
        self.run(dice.uniform(*(START if dice.randrange(STARTS) == 0 else LIFE)))
        self.kill_gateway()
        self.set_broker(number % CYCLE < BROKER_ROUNDS)
        self.gateway.start()

    def await_empty_journal(self):
        """Waits until nothing of the backlog is left: new readings may have overtaken it."""
        deadline = time.monotonic() + w1.CATCH_UP
        command = [self.program, "status", "--config", self.settings, "--json"]
        while time.monotonic() < deadline:
            answer = subprocess.run(command, capture_output=True, timeout=10, check=False)
            if answer.returncode == 0 and json.loads(answer.stdout)["journal"]["onDisk"] == 0:
                return
            self.run(0.1)
        raise RuntimeError(f"the backlog did not go within {w1.CATCH_UP} s\n{self.gateway.tail()}")


def _judge(scene, verdict):
    polls = scene.truth()
    judge.identities(verdict, scene.ledger, None, redelivery=True, delay=DELAY)
    judge.samples(verdict, scene.ledger, polls, scene.due, DELAY)
    bad = [reading for reading in scene.ledger.readings() if reading.is_bad]
    verdict.zero("readings of bad quality", len(bad), bad and bad[0])


def play(options):
    verdict = judge.Verdict()
    dice = random.Random(options.seed)
    with contextlib.ExitStack() as stack:
        scene = Kills(
            options, stack, interval="100ms", registers=10, urgent=1, commit_after="200ms",
            time_tolerance=DELAY,
        )
        try:
            for number in range(1, options.rounds + 1):
                scene.round(number, dice)
            scene.set_broker(True)
            verdict.fact("caught up after s", round(scene.catch_up(), 1))
            scene.await_empty_journal()
            scene.run(1)
            scene.terminate_gateway(verdict)
            verdict.fact("kills", len(scene.killed))
            _judge(scene, verdict)
        finally:
            if verdict.failures or sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{scene.gateway.tail()}", file=sys.stderr)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="of the random moments; drawn unless given")
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--mqtt", choices=("auto", "5", "3.1.1"), default="auto", help="what the gateway speaks")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journal in a folder of the run in here")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(1 << 32)
    return options


def main():
    options = _options()
    processes.end_on_sigterm()
    processes.build_programs()
    print(f"kills: {options.rounds} rounds, seed {options.seed}", flush=True)
    return judge.conclude("kills", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
