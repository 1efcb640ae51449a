import Glibc
import Telemetry
import Uplink

@testable import Gateway
@testable import Technician

/// The rules about the disk, the network and the system.
extension DoctorRules {
    private static func mount(_ scene: inout DoctorScene, _ type: String, _ options: String) {
        scene.facts.texts["/proc/self/mountinfo"] =
            "22 1 179:2 / / \(options) shared:1 - \(type) /dev/mmcblk0p2 rw\n"
    }

    static let disk = [
        Rule("no room", .disk, .problem, "room", "10.0 MiB of", "vacuum") {
            $0.facts.room.freeBytes = 10 << 20
        },
        Rule("little room", .disk, .warning, "room", "may still grow", "smaller") {
            $0.facts.room.freeBytes = 500 << 20
        },
        Rule("no inodes", .disk, .problem, "room", "only 7 more files", "du --inodes") {
            $0.facts.room.freeFiles = 7
        },
        Rule("read-only", .disk, .problem, "file system", "/ is read-only", "fsck") {
            mount(&$0, "ext4", "ro,noatime")
        },
        Rule("in memory", .disk, .warning, "file system", "in memory (tmpfs)", "on a disk") {
            mount(&$0, "tmpfs", "rw")
        },
        Rule("FAT", .disk, .warning, "file system", "vfat", "ext4") {
            mount(&$0, "vfat", "rw,relatime")
        },
        Rule("access times", .disk, .warning, "file system", "each access", "noatime") {
            mount(&$0, "ext4", "rw")
        },
        Rule("errors", .disk, .problem, "file system", "counted 3 errors", "fsck") {
            $0.facts.texts["/sys/fs/ext4/mmcblk0p2/errors_count"] = "3"
        },
        Rule("a worn card", .disk, .warning, "card", "has used 80 to 90 %", "plan a new") {
            $0.facts.texts["/sys/block/mmcblk0/device/life_time"] = "0x02 0x09"
        },
        Rule("a card beyond its life", .disk, .problem, "card", "beyond its life", "plan a new") {
            $0.facts.texts["/sys/block/mmcblk0/device/life_time"] = "0x0b 0x01"
        },
        Rule("few spare blocks", .disk, .warning, "card", "80 % of its spare", "plan a new") {
            $0.facts.texts["/sys/block/mmcblk0/device/pre_eol_info"] = "0x02"
        },
        Rule("no spare blocks", .disk, .problem, "card", "nearly all", "change it now") {
            $0.facts.texts["/sys/block/mmcblk0/device/pre_eol_info"] = "0x03"
        },
        // 16 GB, 1,000 cycles, 4 times: 4 TB. 3 GB a day are 1,333 days.
        Rule("much is written", .disk, .warning, "card", "lasts about 3.7 years", "iotop") {
            $0.facts.texts["/sys/block/mmcblk0/stat"] = "1 2 3 4 5 6 58593750 8 0 0 0"
        },
        Rule("too much is written", .disk, .problem, "card", "lasts about 0.5 years", "iotop") {
            $0.facts.texts["/sys/block/mmcblk0/stat"] = "1 2 3 4 5 6 390625000 8 0 0 0"
        },
        Rule("too early to say", .disk, .note, "card", "too short", "after an hour") {
            $0.facts.texts["/proc/uptime"] = "600.0 1.0"
        },
    ]

    static let network = [
        Rule("no name", .network, .problem, "uplink city", "has no address: unknown", "resolv") {
            $0.probe.lookup = .failed("unknown")
        },
        Rule("a slow resolver", .network, .problem, "uplink city", "did not answer", "resolv") {
            $0.probe.lookup = .late
        },
        Rule("no route", .network, .problem, "uplink city", "has no address", "no default route") {
            $0.probe.lookup = .failed("unknown")
            $0.facts.texts["/proc/net/route"] = nil
        },
        Rule("nobody listens", .network, .problem, "uplink city", "cannot be reached", "the port") {
            $0.probe.connection = .failed(ECONNREFUSED)
        },
        Rule("a firewall", .network, .problem, "uplink city", "cannot be reached", "a firewall") {
            $0.probe.connection = .failed(ETIMEDOUT)
        },
        Rule("no way", .network, .problem, "uplink city", "unreachable", "ip route") {
            $0.probe.connection = .failed(ENETUNREACH)
        },
        Rule("a slow link", .network, .warning, "uplink city", "after 3000 ms", "modem") {
            $0.probe.connection = .connected(seconds: 3)
        },
        Rule("a wrong password", .network, .problem, "uplink city", "does not accept", "`username`")
        { $0.probe.login = .failed(ConnectionFailure(.badCredentials, "does not accept it")) },
        Rule("TLS", .network, .problem, "uplink city", "has expired", "needs a new one") {
            $0.probe.login = .failed(
                ConnectionFailure(.tls, "it has expired; the broker needs a new one"))
        },
        Rule("no answer", .network, .problem, "uplink city", "does not answer", "wants TLS") {
            $0.probe.login = .late
        },
        Rule("no rights", .network, .problem, "uplink city", "threw a test message", "allow") {
            $0.isPublishing = true
            $0.probe.login = .accepted(.v5, published: .refused("not authorized"))
        },
        Rule("a credential", .network, .note, "uplink city", "only the service has", "status") {
            $0.cabinet.uplinks[0].credentials = ["mqtt"]
        },
        Rule("refusals", .network, .problem, "uplink city", "refused 3 messages; 7", "stat") {
            $0.status?.uplinks[0].refused = 3
            $0.status?.uplinks[0].setAside = 7
        },
        Rule("MQTT 3.1.1", .network, .note, "uplink city", "cannot be seen", "MQTT 5") {
            $0.status?.uplinks[0].protocolVersion = "3.1.1"
        },
        Rule("a gateway that is down", .network, .problem, "uplink city", "not connected", "back") {
            $0.status?.uplinks[0].isUp = false
        },
        Rule("no certificate", .network, .problem, "`ca` of uplink city", "no certificate", "PEM") {
            need(&$0, .init("`ca`", "/etc/armadio/ca.pem", hasCertificates: true))
            $0.facts.addFile("/etc/armadio/ca.pem", "nothing")
        },
    ]

    static let system = [
        Rule("no gateway", .system, .warning, "gateway", "none runs", "systemctl start") {
            $0.status = nil
        },
        Rule("a mute gateway", .system, .warning, "gateway", "permission denied", "sudo") {
            $0.status = nil
            $0.silence = "permission denied"
        },
        Rule("an old gateway", .system, .warning, "gateway", "armadio 0.0.9 runs", "restart") {
            $0.status?.version = "0.0.9"
        },
        Rule("under-voltage now", .system, .problem, "power", "now", "stronger supply") {
            $0.facts.texts["/sys/devices/platform/soc/soc:firmware/get_throttled"] = "50005"
        },
        Rule("under-voltage before", .system, .warning, "power", "has had", "stronger supply") {
            $0.facts.texts["/sys/devices/platform/soc/soc:firmware/get_throttled"] = "0x50000"
        },
        Rule("under-voltage by hwmon", .system, .problem, "power", "now", "stronger supply") {
            $0.facts.texts["/sys/class/hwmon/hwmon1/name"] = "rpi_volt"
            $0.facts.texts["/sys/class/hwmon/hwmon1/in0_lcrit_alarm"] = "1"
        },
        Rule("heat", .system, .warning, "temperature", "85 C", "heat sink") {
            $0.facts.texts["/sys/class/thermal/thermal_zone0/temp"] = "85000"
        },
        Rule("no memory", .system, .warning, "memory", "9.8 MiB of", "ps aux") {
            $0.facts.texts["/proc/meminfo"] = "MemTotal: 1000000 kB\nMemAvailable: 10000 kB\n"
        },
        Rule("load", .system, .note, "load", "9.0 programs", "top") {
            $0.facts.texts["/proc/loadavg"] = "1 9.0 3 1/1 1"
        },
        Rule("a watchdog that nobody feeds", .system, .note, "watchdog", "nobody", "watchdog: {}") {
            $0.cabinet.watchdog = nil
        },
    ]
}
