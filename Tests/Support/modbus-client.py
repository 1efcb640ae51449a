"""Reads registers with pymodbus: PORT TABLE ADDRESS COUNT UNIT... asks each unit once, on a
connection of its own. PORT is that of a Modbus TCP server on this machine, or a serial port's path.

Prints a line of JSON for each unit: what came of it (`values`, `exception` with its code, or
`nothing`), how many bytes were received, and after how many seconds.
"""

import json
import sys
import time

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusException

#: How long an answer is waited for, in seconds.
PATIENCE = 1


def ask(port, table, address, count, unit):
    received = 0

    def count_bytes(is_sending, packet):
        nonlocal received
        received += 0 if is_sending else len(packet)
        return packet

    options = {"timeout": PATIENCE, "retries": 0, "trace_packet": count_bytes}
    if port.startswith("/"):
        client = ModbusSerialClient(port, baudrate=9600, **options)
    else:
        client = ModbusTcpClient("127.0.0.1", port=int(port), **options)
    client.connect()
    start = time.monotonic()
    outcome = {"nothing": True}
    try:
        answer = getattr(client, f"read_{table}_registers")(address, count=count, device_id=unit)
        if answer.isError():
            outcome = {"exception": answer.exception_code}
        else:
            outcome = {"values": answer.registers}
    except ModbusException:
        pass
    client.close()
    return outcome | {"received": received, "seconds": time.monotonic() - start}


port, table, address, count, *units = sys.argv[1:]
for unit in units:
    print(json.dumps(ask(port, table, int(address), int(count), int(unit))), flush=True)
