"""Network namespaces of one run, joined by cables that can be cut. Needs root and iproute2.

Their names carry this process's id, so that two runs never meet. They go with the context, and
what a killed run left behind goes when the next one starts.
"""

import contextlib
import ctypes
import os
import re
import subprocess

import processes

_PREFIX = "armadio-trial-"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _ip(*words):
    done = subprocess.run(["ip", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def why_not():
    """Why this machine gives no namespaces; None if it does."""
    if os.geteuid() != 0:
        return "network namespaces need root: run it with sudo"
    try:
        with Network() as network:
            network.add("probe")
    except (RuntimeError, OSError) as error:
        return f"no network namespaces here: {error}"
    return None


class Network:
    """The namespaces of a run."""

    def __init__(self):
        self._names = []

    def __enter__(self):
        for name in re.findall(rf"^{_PREFIX}(\d+)-\S+", _ip("netns", "list"), re.MULTILINE):
            if not os.path.exists(f"/proc/{name}"):
                _sweep(f"{_PREFIX}{name}-")
        return self

    def __exit__(self, *_):
        for name in self._names:
            with contextlib.suppress(RuntimeError):
                _ip("netns", "del", name)

    def add(self, name):
        """A namespace with nothing but its own loopback."""
        full = f"{_PREFIX}{os.getpid()}-{name}"
        _ip("netns", "add", full)
        self._names.append(full)
        _ip("-n", full, "link", "set", "lo", "up")
        return full


def _sweep(prefix):
    for name in re.findall(rf"^{prefix}\S+", _ip("netns", "list"), re.MULTILINE):
        _ip("netns", "del", name)


class Cable:
    """A cable between two namespaces: `near` has address 10.77.N.1, `far` 10.77.N.2."""

    def __init__(self, near, far, number):
        self.near, self.far = near, far
        self.near_address, self.far_address = f"10.77.{number}.1", f"10.77.{number}.2"
        self._plug = f"cable{number}"
        _ip("link", "add", self._plug, "netns", near, "type", "veth", "peer", "name", self._plug, "netns", far)
        for space, address in ((near, self.near_address), (far, self.far_address)):
            _ip("-n", space, "addr", "add", f"{address}/24", "dev", self._plug)
            _ip("-n", space, "link", "set", self._plug, "up")
        self._mend = None

    def unplug(self):
        """The far end is down: neither side hears of it from the other."""
        _ip("-n", self.far, "link", "set", self._plug, "down")
        self._mend = lambda: _ip("-n", self.far, "link", "set", self._plug, "up")

    def swallow(self):
        """What the far side sends, resets too, goes nowhere; what the near side sends arrives."""
        _ip("-n", self.far, "route", "add", "blackhole", f"{self.near_address}/32")
        self._mend = lambda: _ip("-n", self.far, "route", "del", "blackhole", f"{self.near_address}/32")

    def mend(self):
        if self._mend:
            self._mend()
        self._mend = None

    def reset(self):
        """Ends every TCP connection over the cable with RST to both sides; how many there were."""
        command = ["ip", "netns", "exec", self.far, "ss", "-HtnK", "dst", self.near_address]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ss -K: {done.stderr.strip()}")
        return len(done.stdout.splitlines())


@contextlib.contextmanager
def inside(namespace):
    """This thread is in the namespace; sockets made here stay in it."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        _enter(there)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)
        os.close(there)


def _enter(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Inhabitant(processes.Child):
    """A child that runs in a namespace."""

    def __init__(self, namespace, child):
        super().__init__(child.name, ["ip", "netns", "exec", namespace, *child.argv], child.log.parent, child.port)
        self._namespace = namespace

    def _await_port(self):
        with inside(self._namespace):
            super()._await_port()
