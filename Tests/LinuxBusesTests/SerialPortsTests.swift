import LinuxBuses
import TestSupport
import Testing

/// Serial ports, in folders that look like those of the kernel.
@Suite struct SerialPortsTests {
    private let folder: TestFolder
    private var ports: SerialPorts { SerialPorts(root: folder.path) }

    init() async throws {
        folder = try TestFolder()
        try await folder.run(
            """
            mkdir -p sys/class/tty dev/serial/by-id dev/armadio proc/7/fd proc/self/fd
            port() { # NAME DEVICE DRIVER
                mkdir -p "sys/devices/$2/tty/$1" "sys/bus/drivers/$3"
                ln -s "../../devices/$2/tty/$1" "sys/class/tty/$1"
                ln -s ../.. "sys/devices/$2/tty/$1/device"
                ln -sr "sys/bus/drivers/$3" "sys/devices/$2/driver"
                touch "dev/$1"
            }
            usb=pci/usb1/1-1/1-1.5
            port ttyUSB0 $usb/1-1.5:1.0/ttyUSB0 ftdi_sio
            echo 0403 >sys/devices/$usb/idVendor; echo 6001 >sys/devices/$usb/idProduct
            echo FTDI >sys/devices/$usb/manufacturer; echo A50285BI >sys/devices/$usb/serial
            printf 'FT232R \\033[2J USB UART\\n' >sys/devices/$usb/product
            ln -s ../../ttyUSB0 dev/serial/by-id/usb-FTDI-if00-port0
            ln -s ../ttyUSB0 dev/armadio/rs485-1
            port ttyS0 soc/uart/uart:0/uart:0.0 port
            ln -sr sys/bus/drivers/ctrl sys/devices/soc/uart/uart:0/driver
            mkdir sys/bus/drivers/serial8250; ln -sr sys/bus/drivers/serial8250 sys/devices/soc/uart/driver
            echo 4 >sys/devices/soc/uart/uart:0/uart:0.0/tty/ttyS0/type
            port ttyS1 soc/none port; echo 0 >sys/devices/soc/none/tty/ttyS1/type
            mkdir -p sys/devices/virtual/tty/tty1; ln -s ../../devices/virtual/tty/tty1 sys/class/tty/tty1
            ln -s /dev/ttyUSB0 proc/7/fd/3; ln -s /dev/null proc/7/fd/0; ln -s /dev/ttyUSB0 proc/7/fd/4
            echo mbpoll >proc/7/comm
            """)
    }

    @Test func portsThatAreThereAreTold() {
        let (found, hidesUsers) = ports.survey()
        #expect(found.map(\.name) == ["ttyS0", "ttyUSB0"])
        #expect(!hidesUsers)
        #expect(found.first?.adapter == nil)
        #expect(found.first?.driver == "serial8250")
        #expect(found.first?.path == "/dev/ttyS0")
        #expect(found.first?.users == [])
    }

    @Test func anAdapterIsToldByUSB() throws {
        let port = try #require(ports.survey().ports.last)
        #expect(port.driver == "ftdi_sio")
        #expect(port.adapter?.vendorID == "0403")
        #expect(port.adapter?.productID == "6001")
        #expect(port.adapter?.vendor == "FTDI")
        #expect(port.adapter?.product == "FT232R ?[2J USB UART")
        #expect(port.adapter?.serial == "A50285BI")
        #expect(
            port.links == ["/dev/armadio/rs485-1", "/dev/serial/by-id/usb-FTDI-if00-port0"])
        #expect(port.path == "/dev/armadio/rs485-1")
        #expect(port.users == ["mbpoll (7)"])
        #expect(ports.port(at: "/dev/armadio/rs485-1") == "ttyUSB0")
        #expect(ports.port(at: "/dev/armadio/rs485-2") == nil)
    }

    /// A process whose open files cannot be listed may have any port.
    @Test func whatCannotBeSeenIsSaid() async throws {
        try await folder.run("mkdir proc/8")
        #expect(ports.survey().hidesUsers)
    }

    @Test func aMachineWithoutPortsHasNone() throws {
        let empty = try TestFolder()
        #expect(SerialPorts(root: empty.path).survey().ports == [])
    }
}
