#!/usr/bin/python3
"""The example driver weather.py, that floods its output at SIGUSR1 and eats memory at SIGUSR2."""

import os
import pathlib
import runpy
import signal
import sys

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "Drivers" / "Exec" / "Examples" / "weather.py"


def flood(*_):
    while True:
        os.write(1, b"y\n" * 1000)


def eat(*_):
    eaten = []
    while True:
        eaten.append(bytearray(1 << 20))


signal.signal(signal.SIGUSR1, flood)
signal.signal(signal.SIGUSR2, eat)
sys.argv[0] = str(EXAMPLE)
runpy.run_path(str(EXAMPLE), run_name="__main__")
