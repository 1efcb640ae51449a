"""What of the package is on a machine's disk: owners, modes, contents, and what is left of it."""

import hashlib
import os
import pathlib
import re
import stat
import subprocess

#: What the package makes for itself, as tmpfiles.d says: owner, group, mode.
OWN = {
    "/etc/armadio": ("root", "armadio", 0o2770),
    "/etc/armadio/cabinet.yaml.history": ("root", "armadio", 0o2770),
    "/var/lib/armadio": ("armadio", "armadio", 0o750),
}
#: Where nothing is the package's: the kernel's, and what the package manager and systemd remember.
_OTHERS = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/log")
#: What a purge leaves for good: the user and its group (their numbers must not be given to another).
_ACCOUNTS = {f"/etc/{name}{old}" for name in ("passwd", "group", "shadow", "gshadow") for old in ("", "-")}
_ENTRY = re.compile(r"^(\S{10}) (\S+)/(\S+) +\d+ \S+ \S+ \.(/\S*?)(?: -> .*)?$", re.MULTILINE)


def listed(deb):
    """Path, type and mode as ls shows them, owner and group of all that a package holds."""
    listing = subprocess.run(["dpkg-deb", "-c", deb], check=True, capture_output=True, text=True).stdout
    entries = _ENTRY.findall(listing)
    if len(entries) != len(listing.splitlines()):
        raise RuntimeError(f"dpkg-deb -c {deb}: not all lines are understood")
    return [(path.rstrip("/"), mode, owner, group) for mode, owner, group, path in entries if path != "/"]


def _numbers(machine, file):
    """Names by number of the machine's own passwd or group."""
    lines = machine.path(file).read_text().splitlines()
    return {int(line.split(":")[2]): line.split(":")[0] for line in lines}


def check_installed(verdict, machine, deb):
    """Every file is there, whole, with owner and mode as the package has them."""
    users, groups = _numbers(machine, "/etc/passwd"), _numbers(machine, "/etc/group")
    entries = listed(deb)
    for path, mode, owner, group in entries:
        file = machine.path(path)
        if not os.path.lexists(file):
            verdict.require(False, f"{path} is not there")
            continue
        status = file.lstat()
        shown = (stat.filemode(status.st_mode), users[status.st_uid], groups[status.st_gid])
        # Of folders that other packages have too, the first one's mode stands.
        if mode[0] != "d" or "armadio" in path:
            verdict.require(shown == (mode, owner, group), f"{path} is {shown}, must be {(mode, owner, group)}")
    verdict.fact("files and folders checked", len(entries))
    said = machine.command("dpkg", "-V", "armadio")
    verdict.require(not said, f"dpkg -V: {said}")
    check_owned(verdict, machine)


def check_owned(verdict, machine):
    """The folders of its own, and a user that can do nothing else."""
    users, groups = _numbers(machine, "/etc/passwd"), _numbers(machine, "/etc/group")
    for path, (owner, group, mode) in OWN.items():
        status = machine.path(path).stat()
        shown = (users[status.st_uid], groups[status.st_gid], stat.S_IMODE(status.st_mode))
        verdict.require(shown == (owner, group, mode), f"{path} is {shown}, must be {(owner, group, mode)}")
    user = next(line for line in machine.path("/etc/passwd").read_text().splitlines() if line.startswith("armadio:"))
    verdict.require(user.split(":")[5:] == ["/var/lib/armadio", "/usr/sbin/nologin"], f"the user is {user}")


def contents(folder):
    """Every file below a folder, by its path: a digest, mode and owner."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (digest, status.st_mode, status.st_uid, status.st_gid)
    return found


def kept(machine):
    """What of the cabinet has to outlive every change of the package: its configuration whole, its journal by name."""
    journal = {str(path): "" for path in machine.path("/var/lib/armadio").rglob("*") if path.suffix != ".segment"}
    return contents(machine.path("/etc/armadio")) | journal


def check_kept(verdict, before, after, what):
    gone = sorted(path for path in before if path not in after)
    other = sorted(path for path in before if path in after and after[path] != before[path])
    verdict.zero(f"{what}: files lost", len(gone), gone and gone[0])
    verdict.zero(f"{what}: files changed", len(other), other and other[0])


def _remains(machine):
    """All that has the package's name, but for what only tells that it was there."""
    found = set()
    for folder, folders, names in os.walk(machine.root):
        here = "/" + os.path.relpath(folder, machine.root).removeprefix(".").lstrip("/")
        folders[:] = [name for name in folders if os.path.join(here, name) not in _OTHERS]
        found |= {os.path.join(here, name) for name in folders + names if "armadio" in name}
    return {path for path in found if path not in ("/armadio.deb", "/other.deb")}


def check_removed(verdict, machine, deb):
    """All files of the package are gone; what it had made stays, and systemd knows no unit of it."""
    left = [path for path, mode, *_ in listed(deb) if mode[0] != "d" and os.path.lexists(machine.path(path))]
    verdict.zero("remove: files left", len(left), left and left[0])
    shown = machine.shown("armadio.service", "ActiveState")
    verdict.require(shown == "inactive", f"remove: the service is {shown}")


def check_purged(verdict, machine):
    """Nothing has the package's name or speaks of it but the lines of its user and group."""
    remains = sorted(_remains(machine))
    verdict.zero("purge: files left", len(remains), remains and remains[0])
    grep = subprocess.run(["grep", "-rlsI", "armadio", machine.path("/etc")], capture_output=True, text=True, check=False)
    found = {"/" + os.path.relpath(path, machine.root) for path in grep.stdout.splitlines()}
    verdict.zero("purge: files that speak of it", len(found - _ACCOUNTS), sorted(found - _ACCOUNTS)[:1])
    known = machine.command("dpkg-query", "-W", "armadio", check=False)
    verdict.require("no packages found" in known, f"purge: dpkg still knows {known}")
    users = _numbers(machine, "/etc/passwd").values()
    verdict.require("armadio" in users, "purge: the user is gone; its number could be given to another")
