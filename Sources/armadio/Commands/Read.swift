import ArgumentParser
import Drivers
import Gateway
import LinuxBuses
import Platform
import Telemetry

/// `armadio read`: one read of the field, with or without a running gateway.
struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a device now and show what it says.",
        discussion: """
            Asks the device itself, so it works while no gateway runs. Exits with 4 if any \
            value is not good.

            Examples:
              armadio read meter-1
              armadio read meter-1/voltage --json
            """)

    @Argument(help: ArgumentHelp("What to read.", valueName: "device[/point]"))
    var target: String
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "Print JSON.")
    var json = false

    private struct Row: Encodable {
        var point: String
        var value: JSONValue?
        var unit: String
        var quality: String
    }

    func run() async throws {
        let plan = try file.load(PointTable())
        let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
        let name = parts.first ?? ""
        guard let (line, device) = plan.device(name) else {
            complain(
                "there is no device `\(name)`; "
                    + (Spelling.suggestion(for: name, among: plan.deviceNames)
                        ?? "the devices are: " + plan.deviceNames.joined(separator: ", ")))
            throw Exit.failed
        }
        let channels = try channels(parts.dropFirst().first, of: device)
        let samples = await FieldRead(line: line, device: device, clock: SystemClock())
            .samples(of: channels, over: LinuxBusProvider())
        let rows = samples.map { row($0.sample, device) }
        say(json ? try armadio.json(rows) : text(rows))
        if let failure = samples.compactMap(\.failure).first { complain(failure) }
        if samples.contains(where: { !$0.sample.quality.isGood }) { throw Exit.badReading }
    }

    private func channels(_ point: String?, of device: DeviceSpec) throws -> [Int] {
        guard let point else { return Array(device.points.indices) }
        let names = device.points.map(\.point.name)
        if let index = names.firstIndex(of: point) { return [index] }
        complain(
            "\(device.name) has no point `\(point)`; "
                + (Spelling.suggestion(for: point, among: names)
                    ?? "its points are: " + names.joined(separator: ", ")))
        throw Exit.failed
    }

    private func row(_ sample: Sample, _ device: DeviceSpec) -> Row {
        let point = device.points[sample.channel].point
        return Row(
            point: point.path, value: sample.value.map(JSONValue.init), unit: point.unit.symbol,
            quality: sample.quality.name)
    }

    private func text(_ rows: [Row]) -> String {
        table(
            ["POINT", "VALUE", "UNIT", "QUALITY"],
            rows.map {
                [$0.point, $0.value.map { $0.value.description } ?? "-", $0.unit, $0.quality]
            }
        )
    }
}

/// A value as JSON has it: a bool, a number, a string.
private struct JSONValue: Encodable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .bool(let value): try container.encode(value)
        case .int64(let value): try container.encode(value)
        case .uint64(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        }
    }
}
