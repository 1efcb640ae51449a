#!/usr/bin/python3
"""The life of the package on a cabinet: a fresh Debian root, installed, configured, run by its systemd,
upgraded under load, downgraded, refused a journal that is too new, removed and purged. Checked file by
file; and every reading of the simulated field is at the broker in the end, each under one identity.

    journey.py SUITE DEB [--keep FOLDER]

Needs root. Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Acceptance"))

import cabinet  # noqa: E402
import files  # noqa: E402
import judge  # noqa: E402
import newer  # noqa: E402
import processes  # noqa: E402
from field import read_log  # noqa: E402
from ledger import Ledger  # noqa: E402
from machine import Machine, own_network  # noqa: E402
from subscriber import Subscriber, feed  # noqa: E402

SERVICE = "armadio.service"
#: Where the gateway has what it keeps.
CONFIGURATION, JOURNAL = "/etc/armadio/cabinet.yaml", "/var/lib/armadio/journal"
#: How long the gateway may take to end, what a busy machine may add, and to deliver, in seconds.
TERM, TERM_MARGIN, DELIVERY = 5, 1, 60
#: What a poll under way when SIGTERM comes may be short of, in seconds.
LAST_POLL = 0.25
#: How long the load goes on before and after each change of the package, in seconds.
LOAD = 4


class Journey:
    """The machine, the field, the broker, and what came there."""

    def __init__(self, options, stack, folder):
        self.suite, self.deb, self.folder = options.suite, options.deb, folder
        self.verdict = judge.Verdict()
        self.stops = []
        pristine = subprocess.run([HERE / "root", options.suite], check=True, capture_output=True, text=True).stdout
        self.machine = Machine(pristine.strip(), folder)
        self._stack = stack

    # MARK: before systemd runs

    def install(self):
        """By apt, with all it needs, into a root where no systemd runs."""
        self._bring(self.deb, "armadio.deb")
        self.machine.command("apt-get", "update", "-qq")
        self.machine.command("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/armadio.deb")
        self.verdict.fact("installed", self._version())
        files.check_installed(self.verdict, self.machine, self.deb)

    def _bring(self, deb, name):
        subprocess.run(["cp", deb, self.machine.path(f"/{name}")], check=True)

    def _version(self):
        return self.machine.command("dpkg-query", "-W", "-f", "${Version}", "armadio")

    def check_rules(self):
        """What the release itself says of the unit and the rules."""
        said = self.machine.command("systemd-analyze", "verify", "--man=no", SERVICE)
        self.verdict.require(not said, f"systemd-analyze verify: {said}")
        rules = "/usr/lib/udev/rules.d/60-armadio.rules"
        if self.suite == "bookworm":
            self.verdict.fact("udevadm verify", "not of this release")
        else:
            said = self.machine.command("udevadm", "verify", "--no-style", rules)
            self.verdict.fact("udevadm verify", re.sub(r"\s+", " ", said))

    # MARK: the service

    def wait_for_configuration(self):
        """Enabled, not started and not failed: there is nothing to run yet."""
        machine = self.machine
        for name, value in (("UnitFileState", "enabled"), ("ActiveState", "inactive"), ("ConditionResult", "no")):
            shown = machine.shown(SERVICE, name)
            self.verdict.require(shown == value, f"without a configuration {name} is {shown}, must be {value}")

    def configure(self):
        """A field with a broker, as a technician writes it: by root, with an editor."""
        broker_port, field_port = (self._stack.enter_context(processes.free_port()) for _ in range(2))
        self._truth = processes.truth(self.folder, field_port)
        self.field = self._stack.enter_context(processes.field(self.folder, field_port))
        self.broker = self._stack.enter_context(processes.broker(self.folder, broker_port))
        self.ledger = Ledger()
        topics = ["armadio/+/telemetry", "armadio/+/status"]
        self.subscriber = self._stack.enter_context(
            Subscriber("127.0.0.1", broker_port, topics, on_message=feed(self.ledger))
        )
        own = cabinet.settings(self.folder, broker_port, field_port, interval="200ms", registers=10, commit_after="1s")
        text = own.read_text().replace(f"{self.folder}/journal", JOURNAL)
        text = re.sub(r"^control: .*\n", "", text, flags=re.MULTILINE)
        self.machine.inside(CONFIGURATION).write_text(text)

    def start(self):
        self.machine.command("systemctl", "start", SERVICE)
        self._await_new()
        socket = self.machine.command("stat", "-c", "%U:%G %a", "/run/armadio/control.sock")
        self.verdict.require(socket == "armadio:armadio 660", f"the control socket is {socket}")
        files.check_owned(self.verdict, self.machine)

    def _await_new(self):
        """Waits for readings that are newer than now."""
        now = time.time()
        try:
            self.subscriber.wait_until(lambda: self.ledger.newest > now, DELIVERY, "readings")
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{self.log()}") from error

    def log(self, lines=20):
        return self.machine.command("journalctl", "-u", SERVICE, "-n", lines, "-o", "cat", check=False)

    def run(self, seconds):
        """Lets it run."""
        deadline = time.monotonic() + seconds
        self.field.check_alive(max(0, deadline - time.monotonic()))

    def change(self, deb, what):
        """Another version over the running one: the old one ends in time and well, the new one goes on."""
        self._bring(deb, "other.deb")
        before = files.kept(self.machine)
        self.run(LOAD)
        first = self.machine.shown(SERVICE, "MainPID")
        self.machine.command("dpkg", "-i", "/other.deb")
        second = self.machine.shown(SERVICE, "MainPID")
        self.verdict.require(first != second, f"{what}: the gateway was not started anew")
        self.verdict.fact(f"{what}: stop took s", round(self._note_stop(), 2))
        files.check_kept(self.verdict, before, files.kept(self.machine), what)
        files.check_installed(self.verdict, self.machine, deb)
        self.run(LOAD)

    def upgrade(self):
        """While the broker is there: nothing is even sent twice."""
        self.change(bumped(self.deb, self.folder, "99.0.0"), "upgrade")
        self._await_new()
        self.verdict.zero("upgrade: redelivered", self.ledger.faults["redelivery"])

    def downgrade(self):
        """While the broker is away: what is owed waits in the journal for the next version."""
        self.subscriber.fence()
        began = time.monotonic()
        self.broker.terminate(10)
        self.change(self.deb, "downgrade")
        self.broker.start()
        self._await_new()
        self.away = time.monotonic() - began

    def _note_stop(self):
        """When the gateway was told to end, and had ended: what is polled between is not due."""
        began, ended = (
            int(self.machine.shown(SERVICE, name)) / 1e6
            for name in ("ActiveExitTimestampMonotonic", "InactiveEnterTimestampMonotonic")
        )
        offset = time.time() - time.monotonic()
        self.stops.append((began + offset, ended + offset))
        self.verdict.require(ended - began <= TERM + TERM_MARGIN, f"the gateway took {ended - began:.1f} s to end")
        return ended - began

    def stop(self):
        self.machine.command("systemctl", "stop", SERVICE)
        self._note_stop()
        result = self.machine.shown(SERVICE, "Result")
        status = self.machine.shown(SERVICE, "ExecMainStatus")
        self.verdict.require((result, status) == ("success", "0"), f"the stop ended with {result}, status {status}")

    def refuse_newer(self):
        """What an older program does with a journal of a newer one, after a downgrade."""
        state = self.machine.path(JOURNAL) / "state"
        known = state.read_bytes()
        state.write_bytes(newer.raised(known))
        before = files.contents(self.machine.path(JOURNAL))
        since = self.machine.command("date", "+%s")
        self.machine.command("systemctl", "start", SERVICE, check=False)
        self.run(LOAD)
        said = self.machine.command("journalctl", "-u", SERVICE, "--since", f"@{since}", "-o", "cat")
        told = said.count("a newer armadio has written it")
        self.verdict.require(told > 0, f"a newer journal is not refused:\n{said}")
        self.verdict.require(told <= 2, f"a refused start is tried {told} times in {LOAD} s")
        self.machine.command("systemctl", "stop", SERVICE)
        self.machine.command("systemctl", "reset-failed", SERVICE, check=False)
        self.verdict.require(files.contents(self.machine.path(JOURNAL)) == before, "a refused journal was changed")
        state.write_bytes(known)

    def remove(self):
        """Configuration and journal stay."""
        before = files.kept(self.machine)
        self.machine.command("apt-get", "remove", "-y", "-qq", "armadio")
        self._note_stop()
        files.check_kept(self.verdict, before, files.kept(self.machine), "remove")
        files.check_removed(self.verdict, self.machine, self.deb)

    def purge(self):
        """Nothing stays but the user."""
        self.machine.command("apt-get", "purge", "-y", "-qq", "armadio")
        files.check_purged(self.verdict, self.machine)

    # MARK: the end

    def judge(self, starts):
        self.subscriber.fence()
        if self.subscriber.session_lost:
            raise RuntimeError("the broker lost the subscriber's session: the run proves nothing")
        code, _ = self.field.terminate(10)
        if code != 0:
            raise RuntimeError(f"the field ended with {code}: no ground truth")
        judge.identities(self.verdict, self.ledger, starts, redelivery=True, ordered=False, delay=self.away)
        judge.samples(self.verdict, self.ledger, read_log(self._truth), self._is_due, self.away)

    def _is_due(self, poll):
        seconds = poll.ns / 1e9
        return not any(began - LAST_POLL < seconds <= ended for began, ended in self.stops)


def bumped(deb, folder, version):
    """The same package with another version."""
    content, other = folder / version, folder / f"armadio-{version}.deb"
    subprocess.run(["dpkg-deb", "-R", deb, content], check=True)
    control = content / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", content, other], check=True, stdout=subprocess.DEVNULL
    )
    return other


def play(options):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder(options.keep))
        journey = Journey(options, stack, folder)
        journey.install()
        journey.check_rules()
        own_network()
        stack.enter_context(journey.machine.up())
        try:
            journey.wait_for_configuration()
            journey.configure()
            journey.start()
            journey.upgrade()
            journey.downgrade()
            journey.stop()
            journey.refuse_newer()
            journey.start()
            journey.run(LOAD)
            journey.remove()
            journey.purge()
            journey.judge(starts=4)
        except BaseException:
            print(f"  the gateway's last words:\n{journey.log()}", file=sys.stderr)
            raise
        return journey.verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=("bookworm", "trixie"))
    parser.add_argument("deb", type=pathlib.Path)
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and the root in a folder of the run in here")
    return parser.parse_args()


def main():
    options = _options()
    options.deb = options.deb.resolve()
    processes.end_on_sigterm()
    processes.build_programs()
    print(f"package: {options.deb.name} on {options.suite}", flush=True)
    return judge.conclude("package", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
