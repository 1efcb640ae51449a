import ArgumentParser
import Console
import Drivers
import Gateway
import Glibc
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
            written. Exits with 4 if the device did not take it. On a terminal it shows what the \
            point is and asks first, unless --yes is given.

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
    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let plan = try file.load(PointTable())
        let place = try find(target, in: plan)
        try confirm(plan)
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

    /// Asks who sits at a terminal: a relay may open a gate.
    private func confirm(_ plan: CabinetPlan) throws {
        guard !yes, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return }
        Console.write("set \(printable(target))\(present(plan)) to \(printable(value))? [y/N] ")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            say("nothing was set")
            throw Exit.failed
        }
    }

    /// What a running gateway has read of it last; nothing if that is not known.
    private func present(_ plan: CabinetPlan) -> String {
        do throws(ControlClient.Failure) {
            let points = try ControlClient.points(socket: plan.control)
            let value = points.first { $0.point == target }?.value
            return value.map { ", which shows \($0.value)," } ?? ""
        } catch {
            // Setting it will tell.
            return ""
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
