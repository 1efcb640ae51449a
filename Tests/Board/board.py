"""What is expected of armadio on an emulated Raspberry Pi 3B+. `Tests/Board/run` starts it."""

import argparse
import json
import pathlib
import re
import sys

import guest as emulated

TELEMETRY = "armadio/cabinet-pi/telemetry"
#: The least absolute time of SenML (RFC 8428, section 4.5.3), in seconds.
FIRST_ABSOLUTE = 1 << 28
#: The firmware's lines, which nobody answers for here, cost each request so long, in seconds.
EXPANDER = 3


class Verdicts:
    """Each promise, kept or not, on a line."""

    def __init__(self):
        self.failed = 0

    def __call__(self, promise, kept, seen=""):
        self.failed += not kept
        print(f"{'PASS' if kept else 'FAIL'} {promise}" + (f" ({seen})" if seen != "" else ""), flush=True)


def message(board, pattern, seconds=60):
    """The first telemetry message, of all so far and to come, that matches: (properties, records)."""
    output = board.run(
        f"timeout {seconds} tail -n +1 -f /run/messages | grep -m 1 -E '^{TELEMETRY} .*{pattern}'", seconds + 30)[1]
    line = next((line for line in output.splitlines() if line.startswith(TELEMETRY)), None)
    if line is None:
        return "", []
    properties, _, payload = line.removeprefix(TELEMETRY + " ").partition("[")
    return properties, json.loads("[" + payload)


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
    board.check(
        "(until nc -z 127.0.0.1 1883; do usleep 100000; done;"
        " exec mosquitto_sub -d -V 5 -t 'armadio/#' -F '%t %P %p' >/run/messages 2>&1) &"
        " touch /run/messages; timeout 30 tail -n +1 -f /run/messages | grep -m 1 Subscribed")


def start_gateway(board):
    """Starts it; the seconds until its first telemetry was published."""
    began, ended = board.check(
        f"mosquitto_sub -d -C 1 -W 60 -t {TELEMETRY} >/run/first & first=$!;"
        " until grep -q Subscribed /run/first; do usleep 100000; done; cut -d ' ' -f 1 /proc/uptime;"
        " armadio run >/run/armadio.log 2>&1 & echo $! >/run/gateway; wait $first;"
        " cut -d ' ' -f 1 /proc/uptime", 120).split()[-2:]
    return float(ended) - float(began)


def memory(board):
    """VmRSS and VmHWM in MB, threads."""
    text = board.check("cat /proc/$(cat /run/gateway)/status")
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
        f"{properties.strip()}, bt {times[0] if times else None}")
    door = values(message(board, '"n":"door"')[1]).get("street/door")
    verdict("pin 11 is read", door in (True, False), door)
    lamp = values(message(board, '"n":"lamp","vb":false')[1]).get("street/lamp")
    verdict("pin 15 is an output and off", lamp is False, lamp)


def while_it_runs(board, verdict):
    """The sensor's surroundings change, an output is set."""
    board.warm(61.5)
    warm = values(message(board, '"n":"temp","u":"Cel","v":61.5')[1]).get("sensor/temp")
    verdict("the reading follows the temperature", warm == 61.5, warm)
    code, output = board.run("armadio write street/lamp on --yes")
    verdict("an output is set and read back", code == 0, output.strip())
    kernel = board.run("grep -w GPIO22 /sys/kernel/debug/gpio")[1].strip()
    verdict("the kernel says so too", re.search(r"\bout hi\b", kernel), kernel)
    lamp = values(message(board, '"n":"lamp","vb":true')[1]).get("street/lamp")
    verdict("the change is published", lamp is True, lamp)
    code, output = board.run("armadio status")
    verdict("status answers", code == 0, output.splitlines()[0] if output else "")


def stop(board, verdict):
    """SIGTERM: a clean end, outputs safe."""
    code, output = board.run(
        "kill $(cat /run/gateway); until ! kill -0 $(cat /run/gateway) 2>/dev/null; do usleep 100000; done;"
        " cat /run/armadio.log", 30)
    verdict("SIGTERM ends it", code == 0)
    kernel = board.run("grep -w GPIO22 /sys/kernel/debug/gpio")[1].strip()
    verdict("the output is safe", not re.search(r"\bout hi\b", kernel), kernel)


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
        verdict("the firmware's dead lines hold nothing up", seconds < EXPANDER, f"{seconds:.2f} s to the first message")
        first_message(board, verdict)
        while_it_runs(board, verdict)
        rss, peak, threads = memory(board)
        print(f"memory: {rss:.1f} MB resident, {peak:.1f} MB at most, {threads} threads (emulated)")
        stop(board, verdict)
    print(f"log: {arguments.log}")
    return verdict.failed != 0


if __name__ == "__main__":
    sys.exit(main())
