"""What reads the field of a benchmark and publishes it: the gateway, the raw C loop, collectd."""

import json
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Acceptance"))

import cabinet
import processes


class Workload(NamedTuple):
    """So many units of so many points each, read in one period."""

    period_ms: int
    units: int = 10
    points: int = 100
    #: A point is a float32, two registers, and all units are on one connection.
    floats: bool = False

    @property
    def text(self):
        return f"{self.units} units x {self.points} {'float32' if self.floats else 'registers'} each {self.period_ms} ms"


class Kind(NamedTuple):
    """One of them: how it is started, where it publishes, how many readings a payload has."""

    start: Callable
    topic: str
    count: Callable[[bytes], int]
    #: The program that has to be installed; None for what is built here.
    program: str | None = None
    #: Whether it can read this workload.
    can: Callable[[Workload], bool] = lambda _: True

    @property
    def is_here(self):
        return not self.program or bool(_path(self.program))


def _path(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin")


def _limit(_options, folder, broker_port, field_port, workload):
    return processes.Child("limit", [processes.PROGRAMS / "limit", field_port, broker_port, workload.period_ms], folder)


def _armadio(options, folder, broker_port, field_port, workload):
    settings = cabinet.settings(
        folder, broker_port, field_port, f"{workload.period_ms}ms", workload.units, workload.points,
        one_line=options.one_line or workload.floats, floats=workload.floats,
    )
    return processes.gateway(options.armadio, folder, settings)


def _collectd(_options, folder, broker_port, field_port, workload):
    """A host for each unit, so that each has a connection of its own, and a thread for each."""
    names = [f"register-{register}" for register in range(workload.points)]
    data = "".join(
        f'<Data "{name}">\nRegisterBase {register}\nRegisterType Uint16\nType gauge\nInstance "{register}"\n</Data>\n'
        for register, name in enumerate(names)
    )
    collect = "".join(f'Collect "{name}"\n' for name in names)
    hosts = "".join(
        f'<Host "unit-{unit}">\nAddress "127.0.0.1"\nPort "{field_port}"\n<Slave {unit}>\nInstance "{unit}"\n{collect}</Slave>\n</Host>\n'
        for unit in range(1, workload.units + 1)
    )
    settings = folder / "collectd.conf"
    settings.write_text(
        f'BaseDir "{folder}"\nPIDFile "{folder}/collectd.pid"\nInterval {workload.period_ms / 1000}\nReadThreads {workload.units}\n'
        f'FQDNLookup false\nHostname "cabinet"\nLoadPlugin modbus\nLoadPlugin mqtt\n<Plugin modbus>\n{data}{hosts}</Plugin>\n'
        f'<Plugin mqtt>\n<Publish "bench">\nHost "127.0.0.1"\nPort {broker_port}\nQoS 1\nStoreRates false\n</Publish>\n</Plugin>\n'
    )
    return processes.Child("collectd", [_path("collectd"), "-f", "-C", settings], folder)


def _count_blocks(payload):
    """Readings in the C loop's payload."""
    at = count = 0
    while at < len(payload):
        (registers,) = struct.unpack_from("<9xB", payload, at)
        count, at = count + registers, at + 12 + 2 * registers
    return count


ARMADIO, FLOOR = "armadio", "C loop"
KINDS = {
    FLOOR: Kind(_limit, "limit/telemetry", _count_blocks, can=lambda workload: not workload.floats),
    ARMADIO: Kind(_armadio, "armadio/+/telemetry", lambda payload: len(json.loads(payload))),
    # One value a message, of one register: it asks for each by itself. Ten times as many would take
    # half a processor from the others.
    "collectd": Kind(_collectd, "collectd/#", lambda _: 1, "collectd", lambda workload: not workload.floats and workload.period_ms >= 1000),
}
