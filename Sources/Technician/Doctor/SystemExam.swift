import Console
import Gateway

/// Versions, power, temperature, memory and load.
struct SystemExam {
    /// Where the Raspberry Pi's firmware tells of power and heat, with older and newer kernels.
    private static let throttled = [
        "/sys/devices/platform/soc/soc:firmware/get_throttled",
        "/sys/devices/platform/soc@107c000000/soc:firmware/get_throttled",
    ]
    private static let hottest = 80.0
    private static let leastMemory: UInt64 = 48 << 20
    private static let mostLoad = 2.0

    let versions: ProgramVersions
    let status: StatusReport?
    /// Why a gateway did not answer that may run.
    let silence: String?
    let cabinet: CabinetFacts
    let facts: any SystemFacts

    func examine() async -> [Finding] {
        [running, program, machine]
            + [power, temperature, memory, load, watchdog].compactMap(\.self)
    }

    // MARK: Versions

    private var running: Finding {
        if let silence {
            return Finding(
                .warning, "gateway", "it could not be asked: \(silence)",
                mend: "`sudo armadio doctor` may; else join the group `\(Accounts.group)`")
        }
        guard let status else {
            return Finding(
                .warning, "gateway", "none runs that answers on \(cabinet.socket)",
                mend: "systemctl start armadio, or `armadio run`; why it ended: journalctl -u "
                    + "armadio")
        }
        guard status.version == versions.program else {
            return Finding(
                .warning, "gateway",
                "armadio \(status.version) runs, and \(versions.program) is installed",
                mend: "systemctl restart armadio")
        }
        return Finding(
            .ok, "gateway", "\(status.gateway) runs since \(timeSpan(status.uptimeSeconds))")
    }

    private var program: Finding {
        let libraries = versions.libraries.map { ", \($0.name) \($0.version)" }.joined()
        return Finding(.ok, "versions", "armadio \(versions.program)\(libraries)")
    }

    private var machine: Finding {
        Finding(.ok, "machine", "\(versions.board ?? "board not known"), Linux \(facts.kernel)")
    }

    // MARK: Power and heat

    /// Bits of the firmware's answer: 0 and 16 for under-voltage now and since the start, 2 and 18
    /// for a processor that is slowed down.
    private var power: Finding? {
        if let bits = Self.throttled.lazy.compactMap({ facts.line(of: $0) }).first.flatMap({
            UInt32($0.hasPrefix("0x") ? String($0.dropFirst(2)) : $0, radix: 16)
        }) {
            return power(isLow: bits & 1 != 0, wasLow: bits & 1 << 16 != 0)
        }
        for folder in facts.anyNames(in: "/sys/class/hwmon").map({ "/sys/class/hwmon/" + $0 })
        where facts.line(of: folder + "/name") == "rpi_volt" {
            return power(isLow: facts.line(of: folder + "/in0_lcrit_alarm") == "1", wasLow: false)
        }
        return nil
    }

    private func power(isLow: Bool, wasLow: Bool) -> Finding {
        guard isLow || wasLow else { return Finding(.ok, "power", "the supply is strong enough") }
        return Finding(
            isLow ? .problem : .warning, "power",
            isLow
                ? "the board has under-voltage now: cards are damaged by that"
                : "the board has had under-voltage since its start",
            mend: "a stronger supply (5.1 V at the board), shorter and thicker wires, fewer "
                + "devices at USB")
    }

    private var temperature: Finding? {
        let path = "/sys/class/thermal/thermal_zone0/temp"
        guard let celsius = facts.line(of: path).flatMap(Double.init).map({ $0 / 1000 }) else {
            return nil
        }
        guard celsius > Self.hottest else {
            return Finding(.ok, "temperature", "the processor has \(decimal(celsius, 0)) C")
        }
        return Finding(
            .warning, "temperature",
            "the processor has \(decimal(celsius, 0)) C and slows down to cool",
            mend: "a heat sink, shade, or air through the cabinet")
    }

    // MARK: Memory, load, watchdog

    private var memory: Finding? {
        let rows = (facts.anyText(of: "/proc/meminfo") ?? "").split(separator: "\n")
        func bytes(_ name: String) -> UInt64? {
            let row = rows.first { $0.hasPrefix(name + ":") }
            return row?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
                .map { $0 * 1024 }
        }
        guard let free = bytes("MemAvailable"), let all = bytes("MemTotal") else { return nil }
        let what = "\(byteSize(free)) of \(byteSize(all)) are available"
        guard free < Self.leastMemory else { return Finding(.ok, "memory", what) }
        return Finding(
            .warning, "memory", what + ": the kernel may end the gateway",
            mend: "find who takes it: `ps aux --sort -rss | head`")
    }

    private var load: Finding? {
        guard let words = facts.line(of: "/proc/loadavg")?.split(separator: " "), words.count > 2,
            let load = Double(words[1])
        else { return nil }
        let what =
            "\(decimal(load, 1)) programs want one of \(facts.processors) processors (5 minutes)"
        guard load > Self.mostLoad * Double(facts.processors) else {
            return Finding(.ok, "load", what)
        }
        return Finding(
            .note, "load", what, mend: "find who it is: `top`; polls may come late meanwhile")
    }

    private var watchdog: Finding? {
        guard cabinet.summary != nil, cabinet.watchdog == nil,
            facts.exists("/dev/watchdog") || facts.exists("/dev/watchdog0")
        else { return nil }
        return Finding(
            .note, "watchdog",
            "the board has one, and nobody feeds it: a hang lasts until "
                + "somebody comes",
            mend: "write `watchdog: {}` into the configuration")
    }
}

/// The versions of what works together.
public struct ProgramVersions: Sendable {
    /// This binary's.
    public var program: String
    /// Those of the libraries that it has loaded.
    public var libraries: [(name: String, version: String)]
    /// The board, as its profile calls it; nil if it is not known.
    public var board: String?

    /// Some versions.
    public init(program: String, libraries: [(name: String, version: String)], board: String?) {
        (self.program, self.libraries, self.board) = (program, libraries, board)
    }
}
