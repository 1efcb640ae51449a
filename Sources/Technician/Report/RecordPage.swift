import Console
import Gateway

/// The record as one page: without scripts and without anything from elsewhere, for a browser and,
/// by its own style for print, for A4.
public struct RecordPage {
    private let record: CommissioningRecord
    private var status: StatusReport { record.status }

    /// The page of this record.
    public init(_ record: CommissioningRecord) {
        self.record = record
    }

    /// The page's source; well-formed XML too.
    public var html: String {
        HTML.page(
            .element(
                "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
                .element(
                    "head", [:], .element("meta", ["charset": "utf-8"]),
                    .element(
                        "meta",
                        ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                    .element("title", [:], .text("Commissioning record of \(record.gateway)")),
                    .style(RecordStyle.sheet)),
                .element("body", [:], .all(sections))))
    }

    private var sections: [HTML] {
        [
            .element("h1", [:], .text("Commissioning record: \(record.gateway)")),
            facts, openPoints, devices, values, devicesOnTheWire, buses, uplinks, journal, plots,
            signature,
        ]
    }

    private func section(_ title: String, _ content: HTML...) -> HTML {
        .element("section", [:], .element("h2", [:], .text(title)), .all(content))
    }

    private func sentence(_ text: String) -> HTML { .element("p", [:], .text(text)) }

    private var facts: HTML {
        let rows: [(String, String)] = [
            ("Site", record.gateway), ("Date", record.time), ("Clock", record.clock),
            ("Board", record.board ?? "not known"), ("armadio", record.software.armadio),
            ("System", record.software.system), ("Kernel", record.software.kernel),
            ("Configuration", record.configuration.path),
            ("Its SHA-256", record.configuration.hash ?? "cannot be read"),
            ("Gateway up for", timeSpan(status.uptimeSeconds)),
        ]
        let list = rows.map { name, value in
            HTML.element(
                "tr", [:], .element("th", ["scope": "row"], .text(name)),
                .element("td", [:], .text(value)))
        }
        return .element("table", ["class": "facts"], .element("tbody", [:], .all(list)))
    }

    private var openPoints: HTML {
        let open = record.openPoints
        guard !open.isEmpty else { return section("Open points", sentence("None.")) }
        let items = open.map { finding in
            let word = finding.severity == .problem ? "Problem" : "Warning"
            let mend = finding.mend.map { " To do: \($0)" } ?? ""
            return HTML.element(
                "li", [:], .element("strong", [:], .text(word)),
                .text(" (\(finding.subject)): \(finding.what).\(mend)"))
        }
        return section("Open points", .element("ul", ["class": "open"], .all(items)))
    }

    private var devices: HTML {
        section(
            "Devices",
            .table(
                [
                    "Device", "Bus", "Address", "Profile or driver", "Identification",
                    "Serial number",
                ],
                record.devices.map { device in
                    [
                        device.name, device.bus, device.address, device.kind,
                        device.identification ?? "-", device.serial ?? "-",
                    ]
                }))
    }

    private var values: HTML {
        section(
            "Values read",
            .table(
                ["Point", "Value", "Unit", "Quality", "Age"],
                record.points.map { point in
                    [
                        point.point, point.value?.description ?? "-", point.unit,
                        point.quality ?? "not yet read",
                        point.ageSeconds.map { timeSpan($0) } ?? "-",
                    ]
                }))
    }

    private var devicesOnTheWire: HTML {
        section(
            "Signal and error rates",
            .table(
                [
                    "Device", "State", "Requests", "Failed", "Failed %", "Good", "Bad", "P50 ms",
                    "P95 ms",
                ],
                status.devices.map { device in
                    [
                        device.name, device.isAnswering ? "answers" : "does not answer",
                        "\(device.requests)", "\(device.failures)",
                        share(device.failures, of: device.requests), "\(device.good)",
                        "\(device.bad)", device.latencyMilliseconds.map { decimal($0, 1) } ?? "-",
                        device.latency95Milliseconds.map { decimal($0, 1) } ?? "-",
                    ]
                }))
    }

    private var buses: HTML {
        section(
            "Buses",
            .table(
                [
                    "Bus", "Load %", "Requests", "Timeouts", "Refused", "CRC errors",
                    "Wrong answers",
                ],
                (status.buses ?? []).map { bus in
                    [
                        bus.name, decimal(bus.loadPercent, 1), "\(bus.requests)",
                        "\(bus.timeouts)", "\(bus.exceptions)", "\(bus.checksumErrors)",
                        "\(bus.corrupt)",
                    ]
                }))
    }

    private func share(_ part: UInt64, of whole: UInt64) -> String {
        whole == 0 ? "-" : decimal(100 * Double(part) / Double(whole), 2)
    }
}

extension RecordPage {
    private var uplinks: HTML {
        section(
            "Uplink proof",
            .table(
                [
                    "Uplink", "Broker", "TLS", "State", "For", "Messages acknowledged", "Refused",
                    "Round trip ms",
                ],
                status.uplinks.map { link in
                    [
                        link.name, link.broker, link.broker.hasPrefix("mqtts:") ? "yes" : "no",
                        link.isUp ? "up, MQTT \(link.protocolVersion ?? "?")" : "down",
                        timeSpan(link.sinceSeconds), "\(link.acknowledged)", "\(link.refused)",
                        link.roundTripMilliseconds.map { decimal($0, 1) } ?? "-",
                    ]
                }))
    }

    private var journal: HTML {
        let journal = status.journal
        return section(
            "Journal",
            sentence(
                "\(journal.readings) readings taken since the start, \(journal.inMemory) of them "
                    + "unacknowledged in memory, \(journal.onDisk) on disk "
                    + "(\(byteSize(journal.diskBytes))); \(journal.lost) given up."))
    }

    private var plots: HTML {
        guard !record.history.isEmpty else {
            return section("The last hour", sentence("Nothing is remembered yet."))
        }
        let figures = record.history.map { history in
            HTML.element("figure", [:], .plot(TimeSeries(history), title: history.point))
        }
        return section(
            "The last hour",
            sentence("The line: the last value. The band: all values. A gap: no good reading."),
            .element("div", ["class": "plots"], .all(figures)))
    }

    private var signature: HTML {
        let fields = ["Place and date", "Name", "Signature"].map { name in
            HTML.element("div", ["class": "field"], .text(name))
        }
        return .element("section", ["class": "signature"], .all(fields))
    }
}
