"""Asks a running gateway how it is doing."""

import json
import socket
import time

import processes

#: How long a wait may take, in seconds.
LIMIT = 600


class Control:
    """The gateway's control socket."""

    def __init__(self, path, child):
        deadline = time.monotonic() + processes.START
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                child.check_alive(0.002)
        self._lines = self._socket.makefile("rb")

    def status(self):
        self._socket.sendall(b'{"command":"status"}\n')
        return json.loads(self._lines.readline())["status"]

    def wait_until(self, condition, child):
        deadline = time.monotonic() + LIMIT
        while not condition(status := self.status()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not so after {LIMIT} s: {status}")
            child.check_alive(0.01)
        return status
