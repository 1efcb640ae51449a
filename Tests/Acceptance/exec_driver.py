#!/usr/bin/python3
"""A driver that is a program, beside ten Modbus devices of twenty registers: it is killed, hung, made to
flood its output and to eat memory, in turn. Each time its points say so and it is back by itself; the
Modbus devices keep their grid and lose nothing. At last the gateway is killed: the program ends too.

    exec_driver.py [--pause 5]

Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import sys
import time

import judge
import processes
import w1

UNITS, REGISTERS = 10, 20
#: How long the program's points may take to say what is wrong, and to be good again, in seconds: it is
#: started again after at most 8 s the fourth time.
NOTICE, RETURN = 10, 25
#: The longest p99 of the poll interval of the others, in seconds; as in w1.py.
P99 = w1.MUTE_P99
DEVICE = "weather"
#: What is done to the program, and the quality that its points get.
DEEDS = {
    "killed": (signal.SIGKILL, "disconnected"),
    "hung": (signal.SIGSTOP, "timeout"),
    "flooding": (signal.SIGUSR1, "corrupt"),
    "eating memory": (signal.SIGUSR2, "disconnected"),
}


def device(values):
    program = pathlib.Path(__file__).resolve().parent / "wild_driver.py"
    return [
        f"  {DEVICE}:",
        "    driver: exec",
        f"    command: [/usr/bin/python3, {program}, --file, {values}]",
        "    limits: {memory: 128MiB, cpu: 100%}",
        "    interval: 500ms",
        "    timeout: 1s",
        "    points: {temp: {unit: Cel}, rain: {unit: mm}, heater: {writable: true}}",
    ]


class Modbus:
    """What the ledger has of the Modbus devices; all of it but for `readings` and `backwards`."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    def readings(self):
        return (reading for reading in self._ledger.readings() if f"/{DEVICE}/" not in f"/{reading.point}")

    def backwards(self):
        # A reading of the program has an age, and may be older than what was said before it.
        return [back for back in self._ledger.backwards() if f"/{DEVICE}/" not in back[2]]


def children(pid):
    """The processes that this one has started, and the state of each (proc_pid_stat(5))."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                found[int(child)] = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
    return found


class Program:
    """The points of the program as the subscriber has them, and its process."""

    def __init__(self, scene):
        self._scene = scene

    def pid(self):
        deadline = time.monotonic() + RETURN
        while time.monotonic() < deadline:
            for pid, state in children(self._scene.gateway.pid).items():
                if state != "Z":
                    return pid
            time.sleep(0.05)
        raise RuntimeError(f"the gateway runs no program\n{self._scene.gateway.tail()}")

    def readings(self):
        """Of one point, in their order: the time of a value is that of the file, and may be any."""
        return [r for r in self._scene.ledger.readings() if r.point.endswith(f"{DEVICE}/temp")]

    def await_reading(self, what, fits, first, seconds):
        """The first reading from the place `first` on that fits, and the place behind it."""
        found = []

        def holds():
            readings = self.readings()
            found[:] = [(r, place + 1) for place, r in enumerate(readings) if place >= first and fits(r)][:1]
            return found

        self._scene.subscriber.wait_until(holds, seconds, what)
        return found[0]


def misbehave(scene, verdict, pause):
    program = Program(scene)
    _, place = program.await_reading("the program's first value", lambda r: not r.is_bad, 0, 20)
    for deed, (number, quality) in DEEDS.items():
        scene.run(pause)
        pid, began = program.pid(), time.time()
        os.kill(pid, number)
        bad, place = program.await_reading(
            f"{deed}: quality {quality}",
            lambda r: r.is_bad and r.value == quality and r.time > began, place, NOTICE)
        _, place = program.await_reading(f"{deed}: a value again", lambda r: not r.is_bad, place, RETURN)
        back = time.time() - began
        verdict.fact(f"{deed}: said / here again after s", f"{bad.time - began:.1f} / {back:.1f}")
        verdict.require(program.pid() != pid, f"{deed}: the same process is still there")
    scene.run(pause)
    dead = [pid for pid, state in children(scene.gateway.pid).items() if state == "Z"]
    verdict.zero("zombies", len(dead))


def outlived(scene, verdict):
    """The gateway is killed: whether its program ends too."""
    scene.gateway.start()
    pid = Program(scene).pid()
    scene.gateway.kill()
    deadline = time.monotonic() + 5
    while (there := is_there(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    verdict.require(not there, f"the program {pid} has outlived the killed gateway")


def is_there(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def play(options):
    verdict = judge.Verdict()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder(options.keep))
        values = folder / "weather.json"
        values.write_text('{"temp": 21.5, "rain": 0.2}')
        scene = w1.Scene(options, stack, units=UNITS, registers=REGISTERS, more=device(values))
        began = time.time()
        try:
            misbehave(scene, verdict, options.pause)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{scene.gateway.tail()}") from error
        pid = Program(scene).pid()
        scene.terminate_gateway(verdict)
        seconds = scene.ended / 1e9 - began
        verdict.require(not is_there(pid), f"the program {pid} has outlived the gateway")
        polls = scene.truth()
        modbus = Modbus(scene.ledger)
        judge.identities(verdict, modbus, 1)
        judge.samples(verdict, modbus, polls, scene.due)
        grid, _ = judge.schedule(verdict, polls, w1.PERIOD)
        verdict.require(grid["p99"] <= P99, f"p99 of the Modbus interval is {grid['p99']:.3f} s, must be <= {P99} s")
        bad = [reading for reading in modbus.readings() if reading.is_bad]
        verdict.zero("Modbus readings of bad quality", len(bad), bad and bad[0])
        per_unit = [sum(poll.unit == unit for poll in polls) for unit in range(1, UNITS + 1)]
        verdict.fact("polls a unit, seconds", f"{min(per_unit)} to {max(per_unit)}, {seconds:.1f}")
        verdict.require(min(per_unit) >= int(seconds), f"a unit was polled {min(per_unit)} times in {seconds:.1f} s")
        outlived(scene, verdict)
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pause", type=float, default=3, help="seconds between two deeds")
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--mqtt", choices=("auto", "5", "3.1.1"), default="auto", help="what the gateway speaks")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journal in a folder of the run in here")
    options = parser.parse_args()
    processes.end_on_sigterm()
    return judge.conclude("exec_driver", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
