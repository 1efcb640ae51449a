import ArgumentParser
import Console
import Journal
import Telemetry

/// Prints readings, a line each.
struct ReadingPrinter {
    enum Form { case text, json, csv }

    let points: PointTable
    let filter: ReadingFilter
    let form: Form
    let limit: Int
    private var lines = 0
    private var output = ""

    /// What is collected before it is written.
    private static let chunk = 64 * 1024
    private static let columns = [
        "queue", "epoch", "sequence", "time", "clock", "point", "value", "unit", "quality",
    ]

    init(points: PointTable, filter: ReadingFilter, form: Form, limit: Int) {
        self.points = points
        self.filter = filter
        self.form = form
        self.limit = limit
    }

    mutating func begin() {
        if form == .csv { put(ReadingPrinter.columns.joined(separator: ",")) }
    }

    /// - Throws: A clean exit once the limit is reached.
    mutating func print(_ item: JournalInspection.Item, of priority: Priority) throws {
        switch item {
        case .damage(let damage):
            complain("\(damage.path): damaged from byte \(damage.bytes.lowerBound)")
        case .batch(let batch, let isSettled):
            guard !(filter.unsent && isSettled) else { return }
            switch batch.content {
            case .gap(let count, let reason): try printGap(count, reason, of: batch, priority)
            case .readings(let readings):
                for index in 0..<readings.count { try print(readings, index, of: batch, priority) }
            }
        }
    }

    private mutating func print(
        _ readings: ReadingBatch, _ index: Int, of batch: OutboundBatch, _ priority: Priority
    ) throws {
        let time = batch.anchor.wallTime(at: readings.instants[index])
        guard let point = points[readings.points[index]], filter.wants(time, point.path) else {
            return
        }
        let value = readings.value(at: index)
        try line([
            (priority.name, true), (batch.epoch.description, true),
            (String(batch.firstSequence + UInt64(index)), false), (time.description, true),
            (batch.anchor.quality.name, true), (point.path, true),
            value.map { ($0.description, $0.isText) } ?? ("", true),
            (point.unit.symbol, true), (readings.qualities[index].name, true),
        ])
    }

    private mutating func printGap(
        _ count: UInt64, _ reason: GapReason, of batch: OutboundBatch, _ priority: Priority
    ) throws {
        guard filter.point == nil else { return }
        try line([
            (priority.name, true), (batch.epoch.description, true),
            (String(batch.firstSequence), false), (batch.anchor.wall.description, true),
            (batch.anchor.quality.name, true), ("gap", true), (String(count), false),
            ("count", true), (reason.name, true),
        ])
    }

    private mutating func line(_ fields: [(text: String, isText: Bool)]) throws {
        switch form {
        case .text: put(fields.map(\.text).filter { !$0.isEmpty }.joined(separator: " "))
        case .csv: put(fields.map { ReadingPrinter.csv($0.text) }.joined(separator: ","))
        case .json:
            let members = zip(ReadingPrinter.columns, fields).map { name, field in
                "\"\(name)\":" + (field.isText ? ReadingPrinter.jsonText(field.text) : field.text)
            }
            put("{" + members.joined(separator: ",") + "}")
        }
        lines += 1
        if lines >= limit {
            flush()
            throw ExitCode.success
        }
    }

    private mutating func put(_ line: String) {
        output += line + "\n"
        if output.utf8.count >= ReadingPrinter.chunk { flush() }
    }

    /// Writes what was collected; a pipe that nobody reads any more ends the command.
    mutating func flush() {
        Console.write(output)
        output = ""
    }

    /// RFC 4180: quoted where it has to be.
    static func csv(_ text: String) -> String {
        guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    /// A JSON string (RFC 8259 section 7).
    static func jsonText(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}

extension Value {
    /// Whether JSON needs it in quotes: texts, and numbers that JSON has not.
    fileprivate var isText: Bool {
        switch self {
        case .string: true
        case .double(let number): !number.isFinite
        default: false
        }
    }
}
