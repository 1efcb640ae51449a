"""Asks a running gateway how it is doing."""

import json
import socket
import time

import processes

#: How long a wait may take, in seconds.
LIMIT = 600
REQUEST = b'{"command":"status"}\n'


class Control:
    """The gateway's control socket."""

    def __init__(self, path, child):
        self._path = str(path)
        deadline = time.monotonic() + processes.START
        while True:
            try:
                self._connect()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                child.check_alive(0.002)

    def _connect(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(self._path)
        self._lines = self._socket.makefile("rb")

    def status(self):
        try:
            self._socket.sendall(REQUEST)
        except BrokenPipeError:
            # The gateway ends a connection that asks nothing for 30 s.
            self._connect()
            self._socket.sendall(REQUEST)
        return json.loads(self._lines.readline())["status"]

    def wait_until(self, condition, child):
        deadline = time.monotonic() + LIMIT
        while not condition(status := self.status()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not so after {LIMIT} s: {status}")
            child.check_alive(0.01)
        return status
