import ArgumentParser
import Console
import Drivers
import Gateway
import LinuxBuses
import Platform
import Telemetry

/// `armadio write`: sets a point of a device.
struct Write: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set a point of a device and show what it says then.",
        discussion: """
            Only points that are `writable` can be set, to values within their limits. The \
            running gateway does it, between two polls; while none runs, the command does it \
            itself. The point is read back: the command succeeds when the device shows what was \
            written. Exits with 4 if the device did not take it.

            Examples:
              armadio write relay-1/lamp true
              armadio write heating/setpoint 21.5
              armadio write heating/offset -- -2
            """)

    @Argument(
        help: ArgumentHelp("What to set.", valueName: "device/point"),
        completion: Offer.writablePoints)
    var target: String
    @Argument(help: "true, false, a number or a text.")
    var value: String
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let plan = try file.load(PointTable())
        let place = try find(target, in: plan)
        let written = try await write(to: place, plan)
        say(json ? try Console.json(written) : text(written))
    }

    private func find(_ target: String, in plan: CabinetPlan) throws -> PointLookup.Place {
        do throws(PointLookup.Failure) {
            return try PointLookup(plan: plan).find(target)
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
    }

    private func write(
        to place: PointLookup.Place, _ plan: CabinetPlan
    ) async throws -> WrittenPoint {
        do throws(ControlClient.Failure) {
            return try ControlClient.write(.string(value), to: target, socket: plan.control)
        } catch {
            if error.isAbsence { return try await writeDirectly(to: place) }
            complain("\(error)")
            throw Exit.badReading
        }
    }

    private func writeDirectly(to place: PointLookup.Place) async throws -> WrittenPoint {
        do throws(DriverError) {
            let shown = try await FieldWrite(to: place, clock: SystemClock())
                .write(.string(value), over: LinuxBusProvider())
            return WrittenPoint(point: target, value: shown)
        } catch {
            complain("\(error)")
            throw Exit.badReading
        }
    }

    private func text(_ written: WrittenPoint) -> String {
        guard let value = written.value else { return "\(target) was set to \(self.value)" }
        return "\(target) shows \(value)"
    }
}
