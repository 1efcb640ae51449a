"""What is expected of armadio on an emulated Raspberry Pi 3B+. `Tests/Board/run` starts it."""

import argparse
import json
import pathlib
import re
import sys
import time

import guest as emulated

TELEMETRY = "armadio/cabinet-pi/telemetry"
#: The least absolute time of SenML (RFC 8428, section 4.5.3), in seconds.
FIRST_ABSOLUTE = 1 << 28


class Verdicts:
    """Each promise, kept or not, on a line."""

    def __init__(self):
        self.failed = 0

    def __call__(self, promise, kept, seen=""):
        self.failed += not kept
        print(f"{'PASS' if kept else 'FAIL'} {promise}" + (f" ({seen})" if seen != "" else ""), flush=True)


def await_line(board, pattern, seconds=60):
    """The first line of what was published, so far or in this time, that matches; none is empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        code, output = board.run(f"grep -m 1 -E '{pattern}' /run/messages")
        if code == 0:
            return output.strip()
        time.sleep(0.2)
    return ""


def message(board, pattern):
    """The first telemetry message that matches: (properties, records)."""
    line = await_line(board, f"^{TELEMETRY} .*{pattern}")
    properties, bracket, payload = line.removeprefix(TELEMETRY).partition("[")
    return properties.strip(), json.loads(bracket + payload or "[]")


def values(records):
    """What the records of a message say: device/point to value."""
    found, base = {}, ""
    for record in records:
        base = record.get("bn", base)
        name = (base + record.get("n", "")).removeprefix("cabinet-pi/")
        found[name] = next((record[key] for key in ("v", "vb", "vs") if key in record), None)
    return found


def start_broker(board):
    """The broker, and a subscriber that writes each message into /run/messages."""
    board.check("printf 'listener 1883 127.0.0.1\\nallow_anonymous true\\nuser root\\n' >/run/broker")
    board.check("mosquitto -d -c /run/broker")
    # Retained: who gets it has subscribed.
    board.check("until mosquitto_pub -h 127.0.0.1 -r -t armadio/ready -m yes; do usleep 100000; done")
    board.check("mosquitto_sub -h 127.0.0.1 -V 5 -t 'armadio/#' -F '%t %P %p' >/run/messages 2>&1 &")
    if not await_line(board, "^armadio/ready"):
        raise RuntimeError("the subscriber hears nothing")


def start_gateway(board):
    """Starts it; the seconds until its first telemetry was published."""
    began, ended = board.check(
        f"mosquitto_sub -h 127.0.0.1 -C 2 -W 60 -t armadio/ready -t {TELEMETRY} >/run/first & first=$!;"
        " until grep -q yes /run/first; do usleep 100000; done; cut -d ' ' -f 1 /proc/uptime;"
        " { armadio run >/run/armadio.log 2>&1; echo $? >/run/exit; } & wait $first;"
        " cut -d ' ' -f 1 /proc/uptime", 120).split()[-2:]
    return float(ended) - float(began)


def line_level(board, name):
    """Direction and level of a line that someone has, by the kernel; None if nobody has it."""
    found = re.search(r"\b(in|out)\s+(lo|hi)\b", board.check(f"grep -w {name} /sys/kernel/debug/gpio"))
    return found and found.groups()


def memory(board):
    """VmRSS and VmHWM in MB, threads."""
    text = board.check("cat /proc/$(pidof armadio)/status")
    rss, peak, threads = (int(re.search(rf"{key}:\s+(\d+)", text)[1]) for key in ("VmRSS", "VmHWM", "Threads"))
    return rss / 1024, peak / 1024, threads


def before_it_runs(board, verdict):
    """What the commands say that need no gateway."""
    model = board.check("cat /proc/device-tree/model").strip("\0\n")
    verdict("the board is a Raspberry Pi 3B+", "3 Model B" in model, model)
    version = board.check("armadio --version").strip()
    verdict("the program starts", re.fullmatch(r"\d+\.\d+\.\d+", version), version)
    code, output = board.run("armadio check")
    verdict("the configuration is fit for use", code == 0, output.strip())
    shown = json.loads(board.check("armadio board show --json"))
    verdict("the board is found", "raspberry-pi-3b-plus" in json.dumps(shown))
    year = board.check("date +%Y").strip()
    verdict("the clock stands in 1970", year == "1970", year)


def first_message(board, verdict):
    """What is published first, without a clock."""
    properties, records = message(board, '"n":"temp"')
    seen = values(records)
    verdict("the sensor is read through i2c-1", seen.get("sensor/temp") == 23.5, seen.get("sensor/temp"))
    times = [record[key] for record in records for key in ("bt", "t") if key in record]
    verdict(
        "a clock that nobody set is told, and no reading is of 1970",
        "clock:unsynchronized" in properties and all(time < FIRST_ABSOLUTE for time in times) and times[0] <= 0,
        f"{properties}, bt {times[0] if times else None}")
    door = values(message(board, '"n":"door"')[1]).get("street/door")
    level = line_level(board, "GPIO17")
    verdict("pin 11 is read", level in (("in", "lo"), ("in", "hi")) and door is (level[1] == "hi"), f"{door}, {level}")
    lamp = values(message(board, '"n":"lamp","vb":false')[1]).get("street/lamp")
    verdict("pin 15 is an output and off", lamp is False, lamp)


def while_it_runs(board, verdict):
    """The sensor's surroundings change, an output is set."""
    board.warm(61.5)
    warm = values(message(board, '"n":"temp","u":"Cel","v":61.5')[1]).get("sensor/temp")
    verdict("the reading follows the temperature", warm == 61.5, warm)
    code, output = board.run("armadio write street/lamp on --yes")
    verdict("an output is set and read back", code == 0, output.strip())
    level = line_level(board, "GPIO22")
    verdict("the kernel says so too", level == ("out", "hi"), level)
    lamp = values(message(board, '"n":"lamp","vb":true')[1]).get("street/lamp")
    verdict("the change is published", lamp is True, lamp)
    code, _ = board.run("armadio status")
    verdict("status answers", code == 0)


def stop(board, verdict):
    """SIGTERM: a clean end, outputs safe."""
    code = board.check(
        "kill $(pidof armadio); until [ -s /run/exit ]; do usleep 100000; done; cat /run/exit").strip()
    verdict("SIGTERM ends it cleanly", code == "0", f"exit code {code}")
    board.check("cat /run/armadio.log")  # into the log of the run
    level = line_level(board, "GPIO22")
    verdict("the output is safe", level != ("out", "hi"), level)


def main():
    parser = argparse.ArgumentParser()
    for name in ("parts", "initrd", "log"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    verdict = Verdicts()
    with emulated.Guest(arguments.parts.resolve(), arguments.initrd.resolve(), arguments.log) as board:
        print(f"the shell is there {board.boot():.1f} s after the kernel")
        board.warm(23.5)
        before_it_runs(board, verdict)
        start_broker(board)
        seconds = start_gateway(board)
        # Nobody answers for the firmware's lines here: each request of them fails, on a loaded machine late.
        dead = board.run("dmesg | grep -c 'raspberrypi-exp-gpio.*Failed'")[1].strip()
        verdict("telemetry is published, beside a chip that fails", dead != "0", f"{dead} failures")
        print(f"start: {seconds:.2f} s from exec to the first message at the subscriber (emulated)")
        first_message(board, verdict)
        while_it_runs(board, verdict)
        rss, peak, threads = memory(board)
        print(f"memory: {rss:.1f} MB resident, {peak:.1f} MB at most, {threads} threads (emulated)")
        stop(board, verdict)
    print(f"log: {arguments.log}")
    return verdict.failed != 0


if __name__ == "__main__":
    sys.exit(main())
