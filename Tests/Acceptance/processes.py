"""The real parts of a run, each in a process that ends with the run in every case."""

import contextlib
import fcntl
import getpass
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = REPOSITORY / ".build" / "bench"
#: Below the kernel's range for outgoing connections, so that nobody sits on a port while its
#: server is away, and no client can meet itself there.
PORTS = range(10_240, 32_000)
#: How long a server may take to listen, in seconds.
START = 10


def end_on_sigterm():
    """A SIGTERM unwinds like an exception, so that every process started here is ended."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit("ended by SIGTERM")))


@contextlib.contextmanager
def free_port():
    """A port of 127.0.0.1 that is this run's alone while the context lasts."""
    folder = pathlib.Path(tempfile.gettempdir(), f"armadio-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for port in random.sample(PORTS, 200):
        with open(folder / str(port), "w") as lock, socket.socket() as probe:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            probe.close()
            yield port
            return
    raise RuntimeError("no free port")


@contextlib.contextmanager
def own_folder(keep=None):
    """A folder of this run. On a disk, not in memory: writes are counted. `keep` names one to keep."""
    if keep:
        os.makedirs(keep, exist_ok=True)
        yield pathlib.Path(tempfile.mkdtemp(dir=keep)).resolve()
        return
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=PROGRAMS))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def build_programs():
    """Builds the simulated field and the floor."""
    subprocess.run([str(REPOSITORY / "Tests" / "Bench" / "build")], check=True)


class Child:
    """A program that can be started, ended and started again. Ends with the context, by its pid, and
    with this process should that be killed (PR_SET_PDEATHSIG)."""

    def __init__(self, name, argv, folder, port=None):
        self.name, self.argv, self.port = name, [str(part) for part in argv], port
        self.log = folder / f"{name}.log"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.argv],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )
        if self.port:
            try:
                self._await_port()
            except BaseException:
                self.__exit__()
                raise

    def _await_port(self):
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            self.check_alive(0.02)
        raise RuntimeError(f"{self.name} does not listen after {START} s\n{self.tail()}")

    @property
    def pid(self):
        return self.process.pid

    def tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def check_alive(self, seconds=0.0):
        """Waits so long, and raises as soon as the program has ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(seconds)
            raise RuntimeError(f"{self.name} ended by itself, exit code {code}\n{self.tail()}")

    def terminate(self, seconds):
        """SIGTERM; (exit code, seconds it took). Killed, with code None, when it takes longer."""
        began = time.monotonic()
        self.process.terminate()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
            self.kill()
        return code, time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()


def broker(folder, port):
    """Debian's mosquitto. It keeps sessions and what is queued for them over a SIGTERM and a new
    start, without limit, so that what it acknowledged reaches a subscriber with a session."""
    data = folder / f"mosquitto-{port}"
    data.mkdir()
    settings = data / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n"
        f"persistence true\npersistence_location {data}/\nmax_queued_messages 0\n"
    )
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return Child(f"mosquitto-{port}", [program, "-c", settings], folder, port)


def field(folder, port, units=10, mute=(), floats=False):
    """The simulated Modbus field; its log is `field-PORT.bin` in the folder, whole once it has ended."""
    faults = [part for unit in mute for part in ("--mute", unit)]
    kind = ["--floats"] if floats else []
    return Child(f"field-{port}", [PROGRAMS / "mbsim", port, units, truth(folder, port), *kind, *faults], folder, port)


@contextlib.contextmanager
def line(program, folder, units, baud, mute=()):
    """Simulated devices on a serial line; the path to open instead of a port. They show the clock
    that `field` reads, and keep no log."""
    link = folder / "line"
    faults = [part for unit in mute for part in ("--fault", f"mute:{unit}")]
    pace = ["--baud", baud, "--link", link, "--units", units, "--profile", "counter"]
    with Child("line", [program, "simulate", "modbus", "--rtu", *pace, *faults], folder) as child:
        deadline = time.monotonic() + START
        while not link.exists():
            child.check_alive(0.02)
            if time.monotonic() > deadline:
                raise RuntimeError(f"no serial line after {START} s\n{child.tail()}")
        yield child, link


def truth(folder, port):
    """Where the field on this port keeps its log."""
    return folder / f"field-{port}.bin"


def gateway(program, folder, settings, name="armadio"):
    """The gateway with a configuration."""
    return Child(name, [program, "run", "--config", settings], folder)


def side_by_side(names, argv):
    """A script with each name in place of its argument `all`, at once; the worst exit code."""
    with contextlib.ExitStack() as stack:
        runs = []
        for name in names:
            arguments = [name if argument == "all" else argument for argument in argv]
            command = ["setpriv", "--pdeathsig", "TERM", sys.executable, *arguments]
            run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            stack.enter_context(run)
            stack.callback(run.terminate)
            runs.append(run)
        for run in runs:
            print(run.communicate()[0], end="", flush=True)
        return max(run.returncode for run in runs)
