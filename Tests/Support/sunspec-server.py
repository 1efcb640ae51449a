"""SunSpec devices, their registers laid out by pysunspec2, served by pymodbus. Prints the port it
listens on.

Unit 1 has at 40000 an inverter in whole numbers (103) with two trackers (160), two meters (203) and
a battery (802); a model that nobody knows (64999) lies in between. Unit 2 has at 50000 an inverter
in floats (113), unit 3 at 0 one of which nothing but the mandatory head is implemented (101). Unit
4 has registers that are no SunSpec, unit 5 refuses everything. What is left out below is not
implemented. All say by function 43/14 that they are this server. Other units do not answer, unless
`--every-unit` is given: then they are like unit 5.

With `--serial BAUD` it serves Modbus RTU on a pseudo terminal instead, and prints its path. Who has
set that to another rate gets no answer. (A pseudo terminal does not keep the parity.)
"""

import asyncio
import os
import pty
import struct
import sys
import termios
import threading
import tty

from pymodbus import ModbusDeviceIdentification
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from sunspec2.device import Model

COMMON = {"Mn": "Fronius", "Md": "Symo 8.2-3-M", "Vr": "3.29.1-3", "SN": "29301000987160033", "DA": 1}
INVERTER = {
    "A": 1235, "AphA": 411, "AphB": 412, "AphC": 412, "A_SF": -2, "PPVphAB": 4001, "PhVphA": 2301,
    "PhVphB": 2312, "PhVphC": 2298, "V_SF": -1, "W": -284, "W_SF": 1, "Hz": 4998, "Hz_SF": -2,
    "VA": 285, "VA_SF": 1, "VAr": -32767, "VAr_SF": -3, "PF": 9980, "PF_SF": -2, "WH": 4123456789,
    "WH_SF": 0, "DCA": 65534, "DCA_SF": -3, "DCV": 6123, "DCV_SF": -1, "DCW": 290, "DCW_SF": 1,
    "TmpCab": -45, "Tmp_SF": -1, "St": 4, "StVnd": 17, "Evt1": 0x8001, "Evt2": 0}
TRACKERS = {
    "DCA_SF": -2, "DCV_SF": -1, "DCW_SF": 0, "DCWH_SF": 1, "Evt": 0, "N": 2, "TmsPer": 1,
    "module": [
        {"ID": 1, "IDStr": "east", "DCA": 512, "DCV": 6001, "DCW": 3072, "DCWH": 123456, "Tms": 77,
         "Tmp": -5, "DCSt": 4, "DCEvt": 0},
        {"ID": 2, "IDStr": "west", "DCA": 0, "DCV": 5890, "DCW": 0, "Tmp": 31, "DCSt": 8}]}
BATTERY = {
    "AHRtg": 200, "AHRtg_SF": 0, "WHRtg": 1024, "WHRtg_SF": 1, "WChaRteMax": 5000,
    "WDisChaRteMax": 5000, "WChaDisChaMax_SF": 0, "SoC": 873, "SoC_SF": -1, "SoH": 99, "SoH_SF": 0,
    "DoD_SF": 0, "NCyc": 70000, "ChaSt": 3, "LocRemCtl": 0, "Hb": 41, "Typ": 4, "State": 99,
    "Evt1": 0x20000000, "Evt2": 0, "V": 5120, "V_SF": -2, "CellVMax": 3350, "CellV_SF": -3,
    "A": -1204, "A_SF": -2, "AMax_SF": 0, "W": -6164, "W_SF": 0}
FLOATS = {
    "A": 12.35, "AphA": 4.11, "PhVphA": 230.1, "W": -2840.5, "Hz": 49.98, "WH": 12345678.0,
    "DCV": 612.25, "TmpCab": -4.5, "St": 7, "Evt1": 1}


def meter(sign):
    """Every point has a value of its own."""
    values = {"A_SF": -2, "V_SF": -1, "Hz_SF": -2, "W_SF": 0, "VA_SF": 0, "VAR_SF": 0, "PF_SF": -1,
              "TotWh_SF": 1, "TotVAh_SF": 0, "TotVArh_SF": 0, "Evt": 4}
    names = [name for name in Model(203).points if name not in values and name not in ("ID", "L")]
    return values | {name: sign * (100 + index) if "Tot" not in name else 100000 + index
                     for index, name in enumerate(names)}


def registers(model, values):
    image = Model(model, data=values).get_mb()
    words = list(struct.unpack(f">{len(image) // 2}H", image))
    return [model, len(words) - 2] + words[2:]


def chain(*models):
    words = [0x5375, 0x6E53] + [word for model in models for word in model]
    return words + [0xFFFF, 0]


async def mute(*_):
    raise NoSuchIdException


async def refuse(*_):
    return ExcCodes.DEVICE_BUSY


def device(unit, base, words, action=None):
    bits = SimData(0, values=[False], datatype=DataType.BITS)
    inputs = SimData(0, values=[0], datatype=DataType.REGISTERS)
    holding = SimData(base, values=words, datatype=DataType.REGISTERS)
    return SimDevice(unit, ([bits], [bits], [holding], [inputs]), action=action)


def line(baud):
    """Two pseudo terminals that are one line. Returns the server's end and the master's."""
    (near, near_end), (far, far_end) = pty.openpty(), pty.openpty()
    for end in (near_end, far_end):
        tty.setraw(end)

    def is_set():
        return termios.tcgetattr(far_end)[4] == getattr(termios, "B" + baud)

    def carry(source, target):
        while data := os.read(source, 256):
            if is_set():
                os.write(target, data)

    for ends in ((near, far), (far, near)):
        threading.Thread(target=carry, args=ends, daemon=True).start()
    return os.ttyname(near_end), os.ttyname(far_end)


async def main():
    devices = [
        device(1, 40000, chain(
            registers(1, COMMON), registers(103, INVERTER), [64999, 3, 1, 2, 3],
            registers(160, TRACKERS), registers(203, meter(1)), registers(203, meter(-1)),
            registers(802, BATTERY))),
        device(2, 50000, chain(registers(1, COMMON), registers(113, FLOATS))),
        device(3, 0, chain(registers(1, COMMON), registers(101, {}))),
        device(4, 0, list(range(100))), device(5, 0, [0], refuse),
        # Unit 0 stands for all others.
        device(0, 0, [0], refuse if "--every-unit" in sys.argv else mute)]
    identity = ModbusDeviceIdentification(info={
        0: "Armadio\n Tests", 1: "SIM-4", 2: "1.0", 4: "Four devices", 5: "x" * 200, 6: "y" * 100})
    if "--serial" in sys.argv:
        near, far = line(sys.argv[sys.argv.index("--serial") + 1])
        server = ModbusSerialServer(
            devices, port=near, baudrate=19200, identity=identity, ignore_missing_devices=True)
        await server.serve_forever(background=True)
        print(far, flush=True)
    else:
        server = ModbusTcpServer(
            devices, address=("127.0.0.1", 0), identity=identity, ignore_missing_devices=True)
        await server.serve_forever(background=True)
        print(server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
