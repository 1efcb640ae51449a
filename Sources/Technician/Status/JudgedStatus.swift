import Gateway

/// A report with what is wrong by it, as `armadio status --json` prints it: one object.
public struct JudgedStatus: Encodable, Sendable {
    private let report: StatusReport
    /// What is wrong; empty if nothing is.
    public let findings: [Finding]

    private enum CodingKeys: CodingKey { case health, findings }

    /// A report and its findings.
    public init(_ report: StatusReport) {
        self.report = report
        findings = StatusProblems(report).findings
    }

    /// The one word for it.
    ///
    /// `failing` is a gateway that does not do its work: its disk takes nothing, a part of it hangs, no
    /// device answers, or the mains are gone. Readings that wait for a broker are its work.
    public var health: Health {
        let isBad = findings.contains { $0.severity >= .warning }
        return isIdle ? .failing : isBad ? .degraded : .ok
    }

    private var isIdle: Bool {
        let hangs = report.watchdog.map { $0.failure != nil && $0.timeoutSeconds != nil } ?? false
        let isDeaf = !report.devices.isEmpty && !report.devices.contains(where: \.isAnswering)
        let isOnItsLast = report.powerFail?.isActive ?? false
        return report.journal.failure != nil || hangs || isDeaf || isOnItsLast
    }

    public func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(health, forKey: .health)
        try container.encode(findings, forKey: .findings)
    }
}
