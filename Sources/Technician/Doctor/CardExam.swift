import Console

/// A disk's health: what a card says of its wear, and how long it lasts at the present rate.
struct CardExam {
    /// How often each cell of an ordinary card can be written (TLC flash of a card without better
    /// promises).
    static let ratedCycles = 1000.0
    /// How much a card writes inside for each byte that it is given, in small pieces.
    static let amplification = 4.0
    /// A shorter time says nothing about a day.
    static let shortestSeconds = 3600.0
    /// The kernel counts sectors of 512 bytes whatever the disk has (Documentation/block/stat.rst).
    private static let sectorBytes = 512.0
    /// A card that lasts so many years or fewer is to be watched.
    private static let fewYears = 5.0

    let disk: String
    let facts: any SystemFacts
    /// How often a day the journal is written; nil if no gateway runs.
    let commits: Double?

    var findings: [Finding] {
        guard disk.hasPrefix("mmcblk") else {
            return [Finding(.ok, "disk", "\(disk) is no card: it tells nothing of its wear here")]
        }
        return [wear, reserve].compactMap(\.self) + [projection]
    }

    private var folder: String { "/sys/block/\(disk)" }

    private func attribute(_ name: String) -> String? {
        facts.line(of: "\(folder)/device/\(name)")
    }

    /// `SD card SC16G (maker 0x000003, made 06/2021)`
    private var title: String {
        let kind = attribute("type") == "SD" ? "SD card" : "eMMC"
        let maker = attribute("manfid").map { "maker \($0)" }
        let date = attribute("date").map { "made \($0)" }
        let more = [maker, date].compactMap(\.self).joined(separator: ", ")
        return "\(kind) \(attribute("name") ?? disk)" + (more.isEmpty ? "" : " (\(more))")
    }

    // MARK: What it says itself

    /// In tenths of its life, for its two kinds of cells; 11 is beyond it (JEDEC JESD84-B51,
    /// DEVICE_LIFE_TIME_EST_TYP_A and _B).
    private var wear: Finding? {
        guard let text = attribute("life_time") else { return nil }
        let tenths = text.split(separator: " ").compactMap(Self.number).filter { $0 > 0 }.max()
        guard let tenths else { return nil }
        let what =
            tenths > 10
            ? "is beyond its life" : "has used \((tenths - 1) * 10) to \(tenths * 10) % of its life"
        return Finding(
            tenths > 10 ? .problem : tenths > 8 ? .warning : .ok, "card", "\(title) \(what)",
            mend: tenths > 8 ? "plan a new card or board; keep a copy of /etc/armadio" : nil)
    }

    /// The blocks that stand in for worn ones (JESD84-B51, PRE_EOL_INFO).
    private var reserve: Finding? {
        switch attribute("pre_eol_info").flatMap(Self.number) {
        case 1: Finding(.ok, "card", "its spare blocks are there")
        case 2:
            Finding(
                .warning, "card", "it has used 80 % of its spare blocks",
                mend: "plan a new card or board")
        case 3:
            Finding(
                .problem, "card", "it has used nearly all of its spare blocks",
                mend: "change it now; keep a copy of /etc/armadio")
        default: nil
        }
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    // MARK: How long it lasts

    private var projection: Finding {
        guard let written = writtenBytes, let capacity, let uptime else {
            return Finding(.note, "card", "\(title): the kernel does not count what it writes")
        }
        guard uptime >= Self.shortestSeconds else {
            return Finding(
                .note, "card",
                "\(title): \(byteSize(UInt64(written))) written since the start "
                    + "\(timeSpan(uptime)) ago, too short to project its life",
                mend: "look again after an hour")
        }
        let daily = written / uptime * 86_400
        let years = capacity * Self.ratedCycles / max(daily * Self.amplification, 1) / 365
        let journal = commits.map { ", the journal \(decimal($0, 0)) times" } ?? ""
        return Finding(
            years < 1 ? .problem : years < Self.fewYears ? .warning : .ok, "card",
            "\(title) lasts about \(Self.text(years)) at \(byteSize(UInt64(daily))) written a "
                + "day\(journal) (assumed: \(decimal(Self.ratedCycles, 0)) cycles, "
                + "\(decimal(Self.amplification, 0)) bytes inside for one written)",
            mend: years < Self.fewYears
                ? "find who writes: `sudo iotop -ao`; logs into memory (journald Storage=volatile), "
                    + "swap off, `noatime`"
                : nil)
    }

    private static func text(_ years: Double) -> String {
        years > 50 ? "more than 50 years" : "\(decimal(years, years < 5 ? 1 : 0)) years"
    }

    private var writtenBytes: Double? {
        let fields = facts.line(of: folder + "/stat")?.split(separator: " ") ?? []
        return fields.count > 6 ? Double(fields[6]).map { $0 * Self.sectorBytes } : nil
    }

    private var capacity: Double? {
        facts.line(of: folder + "/size").flatMap(Double.init).map { $0 * Self.sectorBytes }
    }

    /// Since the machine's start.
    private var uptime: Double? {
        facts.line(of: "/proc/uptime")?.split(separator: " ").first.flatMap { Double($0) }
    }
}
