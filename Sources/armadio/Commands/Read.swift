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
        var value: ControlValue?
        var unit: String
        var quality: String
    }

    func run() async throws {
        let plan = try file.load(PointTable())
        let (line, device, channels) = try find(PointLookup(plan: plan))
        let samples = await FieldRead(line: line, device: device, clock: SystemClock())
            .samples(of: channels, over: LinuxBusProvider())
        let rows = samples.map { row($0.sample, device) }
        say(json ? try armadio.json(rows) : text(rows))
        if let failure = samples.compactMap(\.failure).first { complain(failure) }
        if samples.contains(where: { !$0.sample.quality.isGood }) { throw Exit.badReading }
    }

    private func find(_ lookup: PointLookup) throws -> (LinePlan, DeviceSpec, [Int]) {
        do throws(PointLookup.Failure) {
            guard target.contains("/") else {
                let (line, device) = try lookup.device(target)
                return (line, device, Array(device.points.indices))
            }
            let place = try lookup.find(target)
            return (place.line, place.device, [place.channel])
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
    }

    private func row(_ sample: Sample, _ device: DeviceSpec) -> Row {
        let point = device.points[sample.channel].point
        return Row(
            point: point.path, value: sample.value.map(ControlValue.init), unit: point.unit.symbol,
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
