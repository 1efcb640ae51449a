"""The field of the conformance suite, served by pymodbus.

    pymodbus-server.py tcp | rtu-over-tcp          prints the port it listens on
    pymodbus-server.py rtu DEVICE BAUD             prints "ready"

Units 1 and 2 with 1,000 entries in each table: registers show their address, every third bit is on.
Other units do not answer. Ends when standard input does.
"""

import asyncio
import os
import sys
import warnings

warnings.simplefilter("ignore")  # deprecations are for the version that is pinned

from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

SIZE = 1000


def device():
    registers = list(range(SIZE))
    bits = [address % 3 == 0 for address in range(SIZE)]
    # The context adds 1 to the address on the wire.
    table = lambda values: ModbusSequentialDataBlock(1, list(values))
    return ModbusDeviceContext(hr=table(registers), ir=table(registers), co=table(bits), di=table(bits))


def server(kind, arguments):
    context = ModbusServerContext(devices={1: device(), 2: device()}, single=False)
    if kind == "rtu":
        return ModbusSerialServer(
            context, framer=FramerType.RTU, port=arguments[0], baudrate=int(arguments[1]),
            ignore_missing_devices=True)
    framer = {"tcp": FramerType.SOCKET, "rtu-over-tcp": FramerType.RTU}[kind]
    return ModbusTcpServer(
        context, framer=framer, address=("127.0.0.1", 0), ignore_missing_devices=True)


async def main(kind, *arguments):
    serving = server(kind, arguments)
    await serving.serve_forever(background=True)
    if kind == "rtu":
        print("ready", flush=True)
    else:
        print(serving.transport.sockets[0].getsockname()[1], flush=True)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(0, lambda: os.read(0, 4096) or ended.set())
    await ended.wait()
    os._exit(0)


asyncio.run(main(*sys.argv[1:]))
