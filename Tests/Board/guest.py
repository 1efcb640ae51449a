"""An emulated Raspberry Pi 3B+: a shell on its serial line, and its sensor from outside."""

import json
import os
import re
import select
import socket
import subprocess
import time

MACHINE = ["-M", "raspi3b", "-nic", "none", "-display", "none", "-monitor", "none", "-no-reboot"]
#: A TMP105 on the header's I2C bus.
SENSOR = ["-device", "tmp105,id=sensor,bus=i2c-bus.1,address=0x48"]
#: From the start to the shell, in seconds; 3 to 20 were seen.
BOOT = 120


class Guest:
    """Ends with the context, by its pid, and with this process should that be killed."""

    def __init__(self, parts, initrd, log):
        library = parts / "qemu/usr/lib/x86_64-linux-gnu"
        self.socket = initrd.parent / "qmp"
        self.modules = library / "qemu"
        self.argv = [
            "setpriv", "--pdeathsig", "KILL",
            # Of another release than this machine's, with all its libraries: by its own loader.
            parts / "qemu/lib64/ld-linux-x86-64.so.2", "--library-path", library,
            parts / "qemu/usr/bin/qemu-system-aarch64", "-L", parts / "qemu/usr/share/qemu", *MACHINE,
            *SENSOR, "-dtb", parts / "kernel/bcm2837-rpi-3-b-plus.dtb", "-kernel", parts / "kernel/vmlinuz",
            "-initrd", initrd, "-append", "console=ttyS1,115200 rdinit=/init quiet loglevel=3",
            "-serial", "null", "-serial", "stdio", "-qmp", f"unix:{self.socket},server=on,wait=off",
        ]
        self.log = open(log, "wb")
        self.pending = b""

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(part) for part in self.argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={"QEMU_MODULE_DIR": str(self.modules)})
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def boot(self):
        """Waits for the shell; the guest's uptime then, in seconds."""
        return float(self._until(re.compile(r"#ready ([\d.]+)"), BOOT)[1][1])

    def run(self, command, seconds=60):
        """(exit code, output) of a command line."""
        self.log.write(f"\n$ {command}\n".encode())
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        output, end = self._until(re.compile(r"#ended (\d+)"), seconds)
        return int(end[1]), output

    def check(self, command, seconds=60):
        """The output of a command line that succeeds."""
        code, output = self.run(command, seconds)
        if code != 0:
            raise RuntimeError(f"`{command}` ended with {code}:\n{output[-2000:]}")
        return output

    def warm(self, degrees):
        """The sensor's surroundings, in degrees Celsius."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(self.socket))
            stream = control.makefile("rw")
            stream.readline()  # the greeting
            for request in (
                {"execute": "qmp_capabilities"},
                {"execute": "qom-set", "arguments": {
                    "path": "/machine/peripheral/sensor", "property": "temperature",
                    "value": round(degrees * 1000)}},
            ):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                if "error" in answer:
                    raise RuntimeError(f"the emulator refused {request}: {answer}")

    def _until(self, pattern, seconds):
        """The text before the line that matches, and the match."""
        deadline = time.monotonic() + seconds
        while True:
            text = self.pending.decode(errors="replace").replace("\r\n", "\n")
            for found in pattern.finditer(text):
                if "\n" in text[found.end():]:
                    self.pending = text[found.end():].split("\n", 1)[1].encode()
                    return text[: found.start()], found
            self._read(deadline, text)

    def _read(self, deadline, text):
        left = deadline - time.monotonic()
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, left))
        if not ready:
            raise RuntimeError(f"the guest is silent; it said last:\n{text[-2000:]}")
        data = os.read(self.process.stdout.fileno(), 65_536)
        if not data:
            raise RuntimeError(f"the emulator ended with {self.process.wait()}:\n{text[-2000:]}")
        self.log.write(data)
        self.log.flush()
        self.pending += data
