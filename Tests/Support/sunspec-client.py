"""What pysunspec2 makes of SunSpec devices.

PORT UNIT: reads a device and prints one JSON object: by MODEL#INSTANCE the points with their scaled
values, those of repeated groups as `module.1.DCA`; null for what is not implemented.

Without arguments: prints the definitions of all models as a JSON object: by model the points with
`offset`, `type`, `size`, `units` and the register of their scale factor as `factor`.
"""

import json
import sys

from sunspec2 import device
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

MODELS = [1, 101, 102, 103, 111, 112, 113, 160, 201, 202, 203, 204, 802]


def values(group, prefix=""):
    found = {prefix + name: point.cvalue for name, point in group.points.items()}
    for name, members in group.groups.items():
        for index, member in enumerate(members if isinstance(members, list) else [members]):
            found |= values(member, f"{prefix}{name}.{index + 1}.")
    return found


def read(port, unit):
    client = SunSpecModbusClientDeviceTCP(unit, ipaddr="127.0.0.1", ipport=port, timeout=5)
    client.scan()
    return {f"{number}#{index + 1}": values(model)
            for number, models in client.models.items() if isinstance(number, int)
            for index, model in enumerate(models)}


def points(group, prefix, start, factors):
    found, offset = {}, start
    for point in group["points"]:
        factors[point["name"]] = offset
        found[prefix + point["name"]] = {
            "offset": offset, "type": point["type"], "size": point["size"],
            "units": point.get("units"), "sf": point.get("sf")}
        offset += point["size"]
    for inner in group.get("groups", []):
        found |= points(inner, inner["name"] + ".", offset, dict(factors))
    for point in found.values():
        if "factor" not in point:
            point["factor"] = factors.get(point.pop("sf"))
    return found


def definition(number):
    return points(device.get_model_def(number)["group"], "", 0, {})


if len(sys.argv) > 1:
    print(json.dumps(read(int(sys.argv[1]), int(sys.argv[2]))))
else:
    print(json.dumps({number: definition(number) for number in MODELS}))
