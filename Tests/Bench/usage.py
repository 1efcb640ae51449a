"""What a process costs, from /proc."""

import collections
import contextlib
import pathlib
import time


def _fields(path):
    """The numbers of a /proc file of `name: number` lines."""
    with open(path) as file:
        words = [line.split() for line in file]
    return {line[0].rstrip(":"): int(line[1]) for line in words if len(line) > 1 and line[1].isdecimal()}


class Usage:
    """What a process has used up to now."""

    def __init__(self, pid):
        self.ns = time.time_ns()
        # The CPU clock of a process, all its threads, in ns (MAKE_PROCESS_CPUCLOCK, linux/posix-timers.h).
        self.cpu = time.clock_gettime_ns((~pid << 3) | 2)
        io, memory = _fields(f"/proc/{pid}/io"), _fields(f"/proc/{pid}/status")
        self.written, self.wchar = io["write_bytes"], io["wchar"]
        self.rss_mb, self.peak_mb = memory["VmRSS"] / 1024, memory["VmHWM"] / 1024
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        self.threads = len(tasks)
        # /proc/PID/status counts the main thread's switches alone.
        switches = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
        self.switches = sum(_fields(task / "status")[kind] for task in tasks for kind in switches)


def cpu_of_threads(pid):
    """CPU time in ns by the threads' names, of those that live (/proc/PID/task/TID/schedstat)."""
    spent = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            spent[(task / "comm").read_text().strip()] += int((task / "schedstat").read_text().split()[0])
    return spent
