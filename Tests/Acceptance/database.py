"""What a receiver's SQLite database has, read with Python's sqlite3 alone."""

import contextlib
import sqlite3
import time

from ledger import Ledger, Reading

#: How long a look may wait for the receiver's transaction, in seconds.
PATIENCE = 30


@contextlib.contextmanager
def opened(path):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)
    try:
        yield base
    finally:
        base.close()


def covered(path):
    """How many sequence numbers of all epochs together it has; 0 while there is no database yet."""
    try:
        with opened(path) as base:
            return base.execute('SELECT coalesce(sum("end" - first), 0) FROM covered').fetchone()[0]
    except sqlite3.OperationalError:
        return 0


#: A gateway that only shows that the receiver hears.
PROBE = "probe"


def await_receiver(path, subscriber, seconds=30):
    """Publishes a reading of another gateway until it is in the database: the receiver has subscribed."""
    deadline = time.monotonic() + seconds
    identity = {"gateway": PROBE, "epoch": "0000000000000001-1", "first": "0", "count": "1"}
    payload = f'[{{"bn":"{PROBE}/device/","n":"point","v":1,"bt":{time.time():.3f}}}]'
    while covered(path) == 0:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the receiver takes nothing within {seconds} s")
        subscriber.publish(f"armadio/{PROBE}/telemetry", payload, list(identity.items()))
        time.sleep(0.2)


def load(path, verdict):
    """A ledger of the readings and gaps; says in the verdict what no ledger can show."""
    ledger = Ledger()
    with opened(path) as base:
        base.execute("BEGIN")
        _require_identities(base, verdict)
        rows = base.execute(
            "SELECT gateway, journal, epoch, sequence, device, point, time, value, quality FROM readings"
            f" WHERE gateway <> '{PROBE}'"
        )
        for gateway, journal, epoch, sequence, device, point, time, value, quality in rows:
            name = f"{gateway}/{device}/{point}"
            reading = Reading(name, "v", value, time)
            if quality != "good":
                reading = Reading(name + "/quality", "vs", quality, time)
            ledger.epochs[gateway, f"{journal}-{epoch}"][sequence] = reading
        gaps = base.execute("SELECT gateway, journal, epoch, first, count, reason FROM gaps").fetchall()
        covered_ranges = base.execute(
            f'SELECT gateway, journal, epoch, first, "end" FROM covered WHERE gateway <> \'{PROBE}\''
        ).fetchall()
    for gateway, journal, epoch, first, count, reason in gaps:
        known = ledger.epochs[gateway, f"{journal}-{epoch}"]
        for sequence in range(first, first + count):
            known.setdefault(sequence, Reading(f"{gateway}/gap", "gap", reason, 0.0))
            ledger.gap_readings += 1
    _require_covered(ledger, covered_ranges, verdict)
    return ledger


def _require_identities(base, verdict):
    """No identity twice, whatever the table's own keys may say."""
    twice = base.execute(
        "SELECT gateway, journal, epoch, sequence, count(*) FROM readings"
        " GROUP BY gateway, journal, epoch, sequence HAVING count(*) > 1"
    ).fetchall()
    verdict.zero("identities twice in the database", len(twice), twice and twice[0])


def _require_covered(ledger, ranges, verdict):
    """What the receiver has told the gateway that it has is what is there."""
    claimed = {}
    for gateway, journal, epoch, first, end in ranges:
        claimed.setdefault((gateway, f"{journal}-{epoch}"), set()).update(range(first, end))
    false = sum(len(claimed.get(key, set()) ^ known.keys()) for key, known in ledger.epochs.items())
    false += sum(len(numbers) for key, numbers in claimed.items() if key not in ledger.epochs)
    verdict.zero("covered and not there, or not covered", false)
