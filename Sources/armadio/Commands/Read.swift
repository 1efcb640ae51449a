import ArgumentParser
import Console
import Gateway
import LinuxBuses
import Platform
import Telemetry

/// `armadio read`: one read of the field, with or without a running gateway.
struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a device now and show what it says.",
        discussion: """
            A running gateway reads it between two of its polls; without one, the device is \
            asked directly. Exits with 4 if any value is not good.

            Examples:
              armadio read meter-1
              armadio read meter-1/voltage --json
            """)

    @Argument(
        help: ArgumentHelp("What to read.", valueName: "device[/point]"),
        completion: Offer.devicesAndPoints)
    var target: String
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let plan = try file.load(PointTable())
        let (line, device, channels) = try find(PointLookup(plan: plan))
        let outcome = try await read(device, channels, on: line, plan)
        say(json ? try Console.json(outcome.readings) : text(outcome.readings))
        if !outcome.isGood {
            if let failure = outcome.failure { complain(failure) }
            throw Exit.badReading
        }
    }

    /// Through the gateway if one runs: a port bears one program, and a line one master.
    private func read(
        _ device: DeviceSpec, _ channels: [Int], on line: LinePlan, _ plan: CabinetPlan
    ) async throws -> ReadOutcome {
        do throws(ControlClient.Failure) {
            return try ControlClient.read(
                channels.map { device.points[$0].point.name }, of: device.name,
                socket: plan.control)
        } catch {
            if error.isAbsence {
                return await FieldRead(line: line, device: device, clock: SystemClock())
                    .outcome(of: channels, over: LinuxBusProvider())
            }
            complain("\(error)")
            throw Exit.failed
        }
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

    private func text(_ readings: [ReadOutcome.Reading]) -> String {
        table(
            ["POINT", "VALUE", "UNIT", "QUALITY"],
            readings.map {
                [$0.point, $0.value.map { $0.value.description } ?? "-", $0.unit, $0.quality]
            }
        )
    }
}
