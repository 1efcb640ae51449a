import LinuxBuses
import TestSupport
import Testing

/// Serial ports of a machine that is a folder: sysfs, /dev and /proc as the kernel has them.
@Suite struct SerialInventoryTests {
    @Test func portsAreToldFromTheirImitations() async throws {
        let folder = try TestFolder()
        let root = folder.path
        let usb = "sys/devices/pci0/usb1/1-1"
        for (name, text) in [
            ("\(usb)/idVendor", "0403\n"), ("\(usb)/idProduct", "6001\n"),
            ("\(usb)/manufacturer", "FTDI\n"), ("\(usb)/product", "FT232R USB UART\n"),
            ("\(usb)/serial", "A50285BI\n"), ("\(usb)/1-1:1.0/ttyUSB0/x", ""),
            ("sys/devices/platform/uart/x", ""), ("sys/devices/platform/none/x", ""),
            ("sys/bus/platform/drivers/uart-pl011/x", ""),
            ("sys/class/tty/ttyS9/type", "0\n"), ("sys/class/tty/ttyAMA0/type", "32\n"),
            ("sys/class/tty/ttyUSB0/dev", ""), ("sys/class/tty/tty1/dev", ""),
            ("dev/ttyUSB0", ""), ("dev/ttyAMA0", ""), ("dev/ttyS9", ""),
            ("dev/serial/by-id/x", ""), ("dev/armadio/x", ""),
            ("proc/42/comm", "mbpoll\n"), ("proc/42/fd/x", ""),
        ] { try folder.write(name, text) }
        try await folder.run(
            """
            ln -s ../../../devices/pci0/usb1/1-1/1-1:1.0/ttyUSB0 sys/class/tty/ttyUSB0/device
            ln -s ../../../devices/platform/uart sys/class/tty/ttyAMA0/device
            ln -s ../../../devices/platform/none sys/class/tty/ttyS9/device
            ln -s ../../../bus/platform/drivers/uart-pl011 sys/devices/platform/uart/driver
            ln -s ../../ttyUSB0 dev/serial/by-id/usb-FTDI_FT232R-if00
            ln -s ../ttyAMA0 dev/armadio/rs485-1
            ln -s ttyAMA0 dev/serial0
            ln -s \(root)/dev/ttyUSB0 proc/42/fd/3
            """)
        let ports = SerialInventory.ports(root: root)
        #expect(
            ports == [
                SerialInventory(
                    path: root + "/dev/ttyAMA0",
                    links: [root + "/dev/armadio/rs485-1", root + "/dev/serial0"],
                    kind: "the board's, uart-pl011", users: []),
                SerialInventory(
                    path: root + "/dev/ttyUSB0",
                    links: [root + "/dev/serial/by-id/usb-FTDI_FT232R-if00"],
                    kind: "USB 0403:6001 FTDI FT232R USB UART, serial number A50285BI",
                    users: ["mbpoll (42)"]),
            ])
    }
}
