import Buses
import Glibc
import Settings
import Telemetry

@testable import Gateway
@testable import Technician

/// The rules of `armadio doctor`: for each, one thing that is spoilt.
enum DoctorRules {
    typealias Rule = DoctorTests.Rule

    static let all: [Rule] =
        configuration + permissions + kernel + buses + clock + disk + network + system

    static func need(_ scene: inout DoctorScene, _ file: CabinetFacts.NeededFile) {
        scene.cabinet.uplinks[0].files = [file]
    }

    private static let configuration = [
        Rule(
            "a mistake", .configuration, .problem, "configuration", "no key `x`", "remove it"
        ) {
            $0.cabinet.summary = nil
            $0.cabinet.problems = [SettingsProblem(path: [], what: "no key `x`", mend: "remove it")]
        },
        Rule(
            "no file", .configuration, .problem, "configuration", "cabinet.yaml is not there",
            "armadio setup"
        ) {
            $0.cabinet.summary = nil
            $0.facts.texts["/etc/armadio/cabinet.yaml"] = nil
        },
        Rule(
            "a secret that is gone", .configuration, .problem, "password of uplink city",
            "/etc/armadio/secret is not there", "right path"
        ) { need(&$0, .init("password", "/etc/armadio/secret", isSecret: true)) },
        Rule(
            "a secret for everybody", .configuration, .problem, "password of uplink city",
            "open to every user (mode 644)", "chmod o-rwx /etc/armadio/secret"
        ) {
            need(&$0, .init("password", "/etc/armadio/secret", isSecret: true))
            $0.facts.addFile("/etc/armadio/secret", mode: 0o644, group: 990)
        },
        Rule(
            "a secret that the gateway cannot read", .configuration, .problem,
            "password of uplink city", "user armadio may not read /etc/armadio/secret",
            "chgrp armadio"
        ) {
            need(&$0, .init("password", "/etc/armadio/secret", isSecret: true))
            $0.facts.addFile("/etc/armadio/secret", mode: 0o600)
        },
        Rule(
            "a folder on the way", .configuration, .problem, "`ca` of uplink city",
            "user armadio may not read /etc/armadio", "chmod a+x /etc/armadio"
        ) {
            need(&$0, .init("`ca`", "/etc/armadio/ca.pem"))
            $0.facts.addFile("/etc/armadio/ca.pem")
            $0.facts.files["/etc/armadio"] = FileFacts(mode: S_IFDIR | 0o700, owner: 0, group: 0)
        },
        Rule(
            "a secret that its group may change", .configuration, .warning,
            "password of uplink city", "changed by its group", "chmod g-w"
        ) {
            need(&$0, .init("password", "/etc/armadio/secret", isSecret: true))
            $0.facts.addFile("/etc/armadio/secret", mode: 0o660, group: 990)
        },
    ]

    private static let permissions = [
        Rule("no group", .permissions, .warning, "group", "no group", "systemd-sysusers") {
            $0.facts.texts["/etc/group"] = "root:x:0:\n"
        },
        Rule("not a member", .permissions, .warning, "group", "pi is not in", "usermod -aG") {
            $0.facts.asker = UserFacts(id: 1000, groups: [1000])
        },
        Rule(
            "a socket for everybody", .permissions, .problem, "control socket", "every user",
            "chmod 660"
        ) { $0.facts.addFile("/run/control.sock", mode: 0o666, owner: 991, group: 990) },
        Rule(
            "a socket of another group", .permissions, .warning, "control socket", "group dialout",
            "restart"
        ) { $0.facts.addFile("/run/control.sock", mode: 0o660, owner: 991, group: 20) },
        Rule(
            "a port that is gone", .permissions, .problem, "bus plc", "/dev/ttyUSB0 is not there",
            "plugged in"
        ) { $0.facts.files["/dev/ttyUSB0"] = nil },
        Rule(
            "an adapter that is off", .permissions, .problem, "bus chips",
            "/dev/i2c-1 is not there", "i2c_arm=on"
        ) { $0.facts.files["/dev/i2c-1"] = nil },
        Rule(
            "no watchdog", .permissions, .problem, "watchdog", "/dev/watchdog is not there",
            "watchdog driver"
        ) { $0.facts.files["/dev/watchdog"] = nil },
        Rule(
            "a file in a device's place", .permissions, .problem, "bus plc", "is no device",
            "remove it"
        ) { $0.facts.addFile("/dev/ttyUSB0", group: 990) },
        Rule(
            "a port of another group", .permissions, .problem, "bus plc",
            "the gateway's user may not open /dev/ttyUSB0: it is of the group dialout, mode 660",
            "udevadm trigger"
        ) { $0.facts.addDevice("/dev/ttyUSB0", group: 20) },
        Rule(
            "no rules", .permissions, .warning, "udev", "is not installed", "/etc/udev/rules.d"
        ) { $0.facts.texts["/etc/udev/rules.d/60-armadio.rules"] = nil },
    ]

    private static let kernel = [
        Rule("no i2c-dev", .kernel, .problem, "i2c-dev", "not loaded", "modprobe i2c-dev") {
            $0.facts.texts["/sys/class/i2c-dev/i2c-1/name"] = nil
        },
        Rule("no GPIO", .kernel, .problem, "gpio", "no GPIO chip", "vendor") {
            $0.facts.files["/dev/gpiochip0"] = nil
        },
        Rule("no sensors", .kernel, .problem, "hwmon", "no sensor chips", "modprobe lm75") {
            $0.facts.texts["/sys/class/hwmon/hwmon0/name"] = nil
        },
        Rule(
            "a console on the line", .kernel, .problem, "bus plc", "system's console",
            "console=ttyUSB0"
        ) { $0.facts.texts["/proc/consoles"] = "ttyUSB0 -W- (EC p) 4:64\n" },
        Rule(
            "an adapter without RS-485 mode", .kernel, .problem, "bus plc", "ftdi_sio",
            "rs485: none"
        ) {
            $0.cabinet.lines = [
                .modbus(
                    ModbusLine(
                        name: "plc",
                        endpoint: .serial(SerialPort(path: "/dev/ttyUSB0", direction: .kernel)),
                        responseTimeout: .seconds(1)))
            ]
        },
    ]

    private static let buses = [
        Rule("a silent line", .buses, .problem, "bus plc", "its only device a", "A and B") {
            $0.status?.buses = [.line("plc")]
            $0.status?.devices = [.on("plc", "a", isAnswering: false, timeouts: 1000)]
        },
        Rule("no gateway", .buses, .note, "buses", "no gateway runs", "armadio read") {
            $0.status = nil
        },
    ]

    private static let clock = [
        Rule("a clock of 1970", .clock, .problem, "clock", "1970-01-01", "timedatectl") {
            $0.facts.clock = ScriptedFacts.clock(at: "1970-01-01T00:10:00Z", .unsynchronized)
        },
        Rule("a source without a server", .clock, .warning, "clock", "no time source", "123") {
            $0.facts.clock = ScriptedFacts.clock(at: "2026-11-27T00:00:00Z", .unsynchronized)
        },
        Rule("no source", .clock, .warning, "time source", "neither", "apt install chrony") {
            $0.facts.clock = ScriptedFacts.clock(at: "2026-11-27T00:00:00Z", .unsynchronized)
            $0.facts.texts["/run/chrony/chronyd.pid"] = nil
        },
        Rule("a gateway that cannot see it", .clock, .warning, "clock", "takes it for", "Protect") {
            $0.status?.clock = "unsynchronized"
        },
        Rule("no RTC", .clock, .note, "RTC", "no real-time clock", "DS3231") {
            $0.facts.texts["/sys/class/rtc/rtc0/name"] = nil
        },
        Rule("fake-hwclock", .clock, .note, "fake-hwclock", "last shutdown", "harmless") {
            $0.facts.texts["/etc/fake-hwclock.data"] = ""
        },
    ]
}
