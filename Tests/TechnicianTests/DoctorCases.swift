import Buses
import Settings
import Telemetry
import Uplink

@testable import Gateway
@testable import Technician

/// A cabinet with every kind of bus and one uplink, on a machine that is well; each test spoils
/// one thing.
struct DoctorScene {
    var facts = ScriptedFacts()
    var cabinet = CabinetFacts(path: "/etc/armadio/cabinet.yaml", socket: "/run/control.sock")
    var status: StatusReport? = .well(
        devices: [.on("plc", "a")], buses: [.line("plc")])
    var silence: String?
    var probe = ScriptedProbe()
    var isPublishing = false

    init() {
        facts.texts["/etc/armadio/cabinet.yaml"] = "gateway: cabinet-0042"
        facts.texts["/etc/group"] = "root:x:0:\narmadio:x:990:pi\ndialout:x:20:\n"
        facts.texts["/etc/passwd"] =
            "root:x:0:0::/root:/bin/sh\narmadio:x:991:990::/:/bin/false\npi:x:1000:1000::/:/bin/sh\n"
        facts.addFile("/run/control.sock", mode: 0o660, owner: 991, group: 990)
        facts.texts["/etc/udev/rules.d/60-armadio.rules"] = ""
        for device in ["/dev/ttyUSB0", "/dev/i2c-1", "/dev/gpiochip0", "/dev/watchdog"] {
            facts.addDevice(device, group: 990)
        }
        facts.links["/sys/class/tty/ttyUSB0/device/driver"] = "/sys/bus/usb-serial/drivers/ftdi_sio"
        facts.texts["/sys/class/i2c-dev/i2c-1/name"] = "bcm2835"
        facts.texts["/sys/class/hwmon/hwmon0/name"] = "lm75"
        facts.texts["/sys/class/rtc/rtc0/name"] = "rtc-ds1307"
        facts.texts["/run/chrony/chronyd.pid"] = "7"
        facts.texts["/proc/consoles"] = "tty0                 -WU (EC p  )    4:1\n"
        facts.texts["/var/lib/armadio/journal/state"] = ""
        facts.texts["/proc/uptime"] = "864000.0 100.0\n"
        facts.texts["/proc/loadavg"] = "0.1 0.2 0.3 1/100 7\n"
        facts.texts["/proc/meminfo"] = "MemTotal: 1000000 kB\nMemAvailable: 800000 kB\n"
        facts.texts["/proc/net/route"] =
            "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
            + "eth0 00000000 0102A8C0 0003 0 0 0 00000000\n"
        addCard()
        cabinet.summary = "gateway cabinet-0042, 4 buses"
        cabinet.gateway = "cabinet-0042"
        cabinet.watchdog = "/dev/watchdog"
        cabinet.lines = [
            .modbus(
                ModbusLine(
                    name: "plc", endpoint: .serial(SerialPort(path: "/dev/ttyUSB0")),
                    responseTimeout: .seconds(1))),
            .i2c(I2CLine(name: "chips", path: "/dev/i2c-1", timeout: .seconds(1))),
            .gpio(name: "gpio"), .hwmon(name: "hwmon"),
        ]
        cabinet.uplinks = [
            CabinetFacts.Uplink(
                name: "city", broker: BrokerSettings(host: "broker.city", clientID: "cabinet-0042"))
        ]
        status?.uplinks[0].name = "city"
    }

    /// The journal on the second partition of an SD card, of 16 GB, with 100 MB written a day.
    private mutating func addCard() {
        facts.texts["/proc/self/mountinfo"] =
            "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
            + "23 22 0:21 / /proc rw - proc proc rw\n"
        facts.links["/sys/dev/block/179:2"] = "/sys/devices/mmc/block/mmcblk0/mmcblk0p2"
        facts.texts["/sys/devices/mmc/block/mmcblk0/mmcblk0p2/partition"] = "2"
        facts.texts["/sys/fs/ext4/mmcblk0p2/errors_count"] = "0"
        facts.texts["/sys/block/mmcblk0/device/type"] = "SD"
        facts.texts["/sys/block/mmcblk0/device/name"] = "SC16G"
        facts.texts["/sys/block/mmcblk0/size"] = "31250000"
        facts.texts["/sys/block/mmcblk0/stat"] = "1 2 3 4 5 6 1953125 8 0 0 0"
    }

    /// What is not well in an area.
    func findings(_ area: DoctorArea) async -> [Finding] {
        await all(area).filter { $0.severity > .ok }
    }

    /// All that is said of an area.
    func all(_ area: DoctorArea) async -> [Finding] {
        var patient = DoctorCase(
            cabinet: cabinet, status: status,
            versions: ProgramVersions(
                program: "0.1.0", libraries: [("libmodbus", "3.1.6")], board: "raspberry-pi-4b"))
        (patient.facts, patient.probe) = (facts, probe)
        (patient.silence, patient.isPublishing) = (silence, isPublishing)
        return await Doctor(patient.examinations(of: [area])).run().entries.map(\.finding)
    }
}

/// A network as a test wants it.
struct ScriptedProbe: NetworkProbe {
    var lookup = LookupOutcome.found(["192.0.2.7"])
    var connection = ConnectOutcome.connected(seconds: 0.03)
    var login = LoginOutcome.accepted(.v5, published: nil)

    func addresses(of host: String) async -> LookupOutcome { lookup }
    func connect(to address: String, port: UInt16) async -> ConnectOutcome { connection }
    func logIn(_ settings: BrokerSettings, publishing topic: String?) async -> LoginOutcome {
        guard settings.clientID.hasSuffix("-doctor") else {
            return .failed(ConnectionFailure(.local, "the gateway's own client id"))
        }
        if case .accepted(let version, nil) = login, topic == "armadio/cabinet-0042/doctor" {
            return .accepted(version, published: .settled)
        }
        return login
    }
}
