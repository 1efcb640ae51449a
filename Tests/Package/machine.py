"""A cabinet's computer: the root of a Debian release in namespaces of its own, before its systemd runs and
while it does as process 1. Needs root, and a cgroup2 file system that can be written to.

It shares the network of whoever starts it. Its processes end with the context."""

import contextlib
import ctypes
import os
import pathlib
import re
import subprocess
import time

import processes

#: How long a command in it may take, and its systemd may take to be up, in seconds.
PATIENCE, BOOT = 300, 60
_CLONE_NEWNET = 0x40000000

#: What the kernel shows below a root; what could change the host is for reading.
_KERNEL = """
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
    touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
"""
_COMMAND = _KERNEL + """
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
exec chroot "$@"
"""
_PROCESS_1 = _KERNEL + """
mount --bind -o ro /proc/sys "$root/proc/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
exec env -i container=armadio-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" /lib/systemd/systemd --log-target=journal --show-status=0
"""


def own_network():
    """This process and all it starts see a network with nothing but its own loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _cgroup2():
    mounts = re.findall(r"^\S+ (\S+) cgroup2 ", pathlib.Path("/proc/mounts").read_text(), re.MULTILINE)
    if not mounts:
        raise RuntimeError("no cgroup2 file system here: systemd cannot run")
    return pathlib.Path(mounts[0], f"armadio-package-{os.getpid()}")


class Machine:
    """A copy of a root, in this run's folder."""

    def __init__(self, pristine, folder):
        self.root = folder / "root"
        self._folder = folder
        self._first = None
        subprocess.run(["cp", "-a", "--reflink=auto", pristine, self.root], check=True)

    def path(self, path):
        """Where the host sees what the machine has there."""
        return self.root / path.lstrip("/")

    def command(self, *argv, check=True):
        """What a command says: by the host's kernel alone before the machine is up, then in it."""
        settings = {name: os.environ[name] for name in ("http_proxy", "https_proxy") if name in os.environ}
        settings |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        words = ["env", "-i", *(f"{name}={value}" for name, value in settings.items()), *map(str, argv)]
        if self._first:
            way = ["nsenter", "-t", self._first, "-m", "-p", "-i", "-u", "-C", f"--root=/proc/{self._first}/root"]
        else:
            way = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-euc", _COMMAND, "-", self.root]
        done = subprocess.run(
            [*map(str, way), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=PATIENCE, check=False,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, argv))}: exit code {done.returncode}\n{done.stdout[-3000:]}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def up(self):
        """Its systemd runs."""
        group = _cgroup2()
        group.mkdir()
        script = f'echo $$ >"{group}/cgroup.procs"; exec unshare --mount --pid --fork --cgroup --kill-child --uts --ipc "$@"'
        argv = ["bash", "-euc", script, "-", "bash", "-euc", _PROCESS_1, "-", self.root]
        try:
            with processes.Child("systemd", argv, self._folder) as child:
                self._await_first(child)
                self.command("systemctl", "is-system-running", "--wait", check=False)
                yield self
        finally:
            self._first = None
            _remove(group)

    def _await_first(self, child):
        """Waits until process 1 is systemd and answers."""
        deadline = time.monotonic() + BOOT
        while time.monotonic() < deadline:
            child.check_alive(0.1)
            found = subprocess.run(["pgrep", "-P", str(child.pid), "-x", "systemd"], capture_output=True, text=True)
            if found.stdout.strip() and self.path("/run").is_dir():
                self._first = found.stdout.split()[0]
                if subprocess.run(
                    ["nsenter", "-t", self._first, "-m", "-p", f"--root=/proc/{self._first}/root", "systemctl", "show-environment"],
                    capture_output=True,
                ).returncode == 0:
                    return
        raise RuntimeError(f"systemd does not answer after {BOOT} s\n{child.tail()}")

    def inside(self, path):
        """Where the host sees a file that the running machine alone sees, as in /run."""
        return pathlib.Path(f"/proc/{self._first}/root", path.lstrip("/"))

    def shown(self, unit, name):
        """A property of a unit."""
        return self.command("systemctl", "show", "--value", "-p", name, unit)


def _remove(group):
    """Its processes have been killed; the kernel needs a moment to forget them."""
    deadline = time.monotonic() + 10
    while group.exists():
        for folder, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{group} has processes left")
        time.sleep(0.05)
