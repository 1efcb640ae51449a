"""The configuration of the workloads: N units of R holding registers each, read in one period."""

GATEWAY = "bench"


def settings(
    folder, broker_port, field_port, interval="1s", units=10, registers=100, one_line=False, mqtt="auto",
    backlog="{order: in-order}", commit_after="10s", urgent=0, floats=False, bus=None,
    addresses=None, more=(), host="127.0.0.1", uplink="", brokers=None,
):
    """Writes `cabinet.yaml`; every unit is on a connection of its own unless `one_line`. So many of
    each unit's registers are urgent. With `floats` a point is a float32, two registers. `bus` is what
    a line is instead of a connection to the field's port; `addresses` which registers are wanted.
    `more` are the lines of further devices; `uplink` further keys of the uplink to the broker on `host`,
    or to `brokers`."""
    bus = bus or f"modbus-tcp: {{host: 127.0.0.1, port: {field_port}}}"
    brokers = brokers or f'"mqtt://{host}:{broker_port}"'
    lines = [
        f"gateway: {GATEWAY}",
        f'uplink: {{broker: {brokers}, version: "{mqtt}", backlog: {backlog}{uplink}}}',
        f"journal: {{path: {folder}/journal, commit-after: {commit_after}}}",
        f"control: {{socket: {folder}/control.sock}}",
        "buses:",
    ]
    for line in range(1, (1 if one_line else units) + 1):
        lines.append(f"  line-{line}: {{{bus}}}")
    lines.append("devices:")
    for unit in range(1, units + 1):
        lines += [
            f"  unit-{unit}:",
            "    driver: register-map",
            f"    bus: line-{1 if one_line else unit}",
            f"    unit-id: {unit}",
            f"    interval: {interval}",
            "    points:",
        ]
        for register in addresses or range(registers):
            mark = ", urgent: true" if register < urgent else ""
            place = f"{register * 2}, type: float32" if floats else register
            lines.append(f"      r{register:03}: {{holding: {place}{mark}}}")
    lines += more
    path = folder / "cabinet.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path
