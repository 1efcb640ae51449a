#!/usr/bin/python3
"""A driver for Armadio: a weather station that writes its last values into a file.

    weather.py --file /run/weather.json

The file has one JSON object, {"temp": 21.5, "rain": 0.2}; whoever reads the radio writes it. The heater
of the rain gauge is switched by the file FILE.heater. Standard library alone.
"""

import argparse
import json
import os
import select
import sys
import time

#: How often the file is looked at for news, in seconds.
LOOK = 1.0
#: Points and their units. What has none has an empty description.
POINTS = {"temp": {"unit": "Cel"}, "rain": {"unit": "mm"}, "heater": {}}


class Station:
    def __init__(self, path):
        self.path = path
        self.heater = False

    def readings(self, points):
        """One reading for each point that is asked for, good or bad."""
        try:
            with open(self.path) as file:
                values = json.load(file)
            age = max(0.0, min(3600.0, time_since(self.path)))
        except (OSError, ValueError) as error:
            values, age, reason = {}, 0.0, str(error)
        else:
            reason = "the station has not told it"
        readings = []
        for point in points:
            if point == "heater":
                readings.append({"point": point, "value": self.heater})
            elif isinstance(values, dict) and isinstance(values.get(point), (int, float)):
                readings.append({"point": point, "value": values[point], "age": age})
            else:
                readings.append({"point": point, "quality": "not-available", "reason": reason})
        return readings

    def switch(self, value):
        with open(self.path + ".heater", "w") as file:
            file.write("1\n" if value else "0\n")
        self.heater = value


def time_since(path):
    return time.time() - os.stat(path).st_mtime


def say(**message):
    # One line, and at once: a pipe is buffered otherwise.
    print(json.dumps(message), flush=True)


def answer(station, request):
    op = request.get("op")
    if op == "describe":
        say(op="described", protocol=1, points=POINTS)
    elif op == "poll":
        say(op="polled", id=request["id"], readings=station.readings(request["points"]))
    elif op == "write" and request["point"] == "heater" and isinstance(request["value"], bool):
        try:
            station.switch(request["value"])
        except OSError as error:
            say(op="failed", id=request["id"], reason=str(error))
        else:
            say(op="written", id=request["id"], value=station.heater)
    elif op == "write":
        say(op="failed", id=request["id"], reason="only the heater can be switched, on or off")
    # Whatever else there may be in a later version is ignored.


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", required=True)
    station = Station(parser.parse_args().file)
    print("reading", station.path, file=sys.stderr)  # goes to the gateway's log
    is_described, rain, rest = False, None, b""
    while True:
        ready, _, _ = select.select([0], [], [], LOOK)
        if ready:
            data = os.read(0, 65536)
            if not data:
                return  # the gateway wants us to end
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                request = json.loads(line)
                answer(station, request)
                is_described = is_described or request.get("op") == "describe"
        elif is_described:
            # Rain is told as soon as it is there, without being asked.
            news = station.readings(["rain"])[0]
            if news.get("value") != rain and "value" in news:
                rain = news["value"]
                say(op="readings", readings=[news])


if __name__ == "__main__":
    main()
