"""The field of the conformance suite, served by pymodbus: without an argument by Modbus TCP, with
`rtu-tcp` by RTU's frames on TCP. Prints the port it listens on, then a line for each client that
comes or goes. With the path of a serial port it serves RTU there, and prints the path.

Units 1 and 2 have 2,000 entries in each table: registers show their address, every third bit is on.
Unit 5 has the registers 0 to 9 and 20 to 29 alone. Units 21 to 31 refuse every request with exception unit - 20. Other units do not answer.
"""

import asyncio
import sys

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

SIZE = 2000
REFUSALS = [1, 2, 3, 4, 6, 11]


async def mute(*_):
    raise NoSuchIdException


def refuse(code):
    async def action(*_):
        return ExcCodes(code)

    return action


def device(unit, action=None):
    registers = SimData(0, values=list(range(SIZE)), datatype=DataType.REGISTERS)
    bits = SimData(0, values=[address % 3 == 0 for address in range(SIZE)], datatype=DataType.BITS)
    return SimDevice(unit, ([bits], [bits], [registers], [registers]), action=action)


def device_with_a_hole(unit):
    parts = [
        SimData(start, values=list(range(start, start + 10)), datatype=DataType.REGISTERS)
        for start in (0, 20)
    ]
    bits = SimData(0, values=[False] * 16, datatype=DataType.BITS)
    return SimDevice(unit, ([bits], [bits], parts, parts))


def tell(is_there):
    print("a client has come" if is_there else "a client has gone", flush=True)


async def serve_serial(path, devices):
    server = ModbusSerialServer(
        devices, port=path, baudrate=115200, framer=FramerType.RTU, ignore_missing_devices=True)
    await server.serve_forever(background=True)
    print(path, flush=True)


async def serve_tcp(framer, devices):
    server = ModbusTcpServer(
        devices, framer=framer, address=("127.0.0.1", 0), ignore_missing_devices=True,
        trace_connect=tell)
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1], flush=True)


async def main(way):
    # Unit 0 stands for all others.
    devices = [device(1), device(2), device_with_a_hole(5)] + [device(20 + code, refuse(code)) for code in REFUSALS]
    devices.append(device(0, mute))
    if way.startswith("/"):
        await serve_serial(way, devices)
    else:
        await serve_tcp(FramerType.RTU if way == "rtu-tcp" else FramerType.SOCKET, devices)
    await asyncio.get_running_loop().create_future()


asyncio.run(main(*sys.argv[1:] or ["tcp"]))
