import ArgumentParser
import Console
import Gateway
import Telemetry

/// `armadio points`: all points of the running gateway and their last readings.
struct Points: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the points and their last readings.",
        discussion: """
            Asks the running gateway over its control socket; the user needs to be in the group \
            armadio.

            Examples:
              armadio points
              armadio points meter-1/
              armadio points --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Flag(help: "Print JSON.")
    var json = false
    @Argument(
        help: "Only points whose DEVICE/POINT contains this.", completion: Offer.devicesAndPoints)
    var filter: String?

    func run() throws {
        var points = try socket.ask(file) { (path) throws(ControlClient.Failure) in
            try ControlClient.points(socket: path)
        }
        if let filter { points = points.filter { $0.point.contains(filter) } }
        say(json ? try Console.json(points) : text(points))
    }

    private func text(_ points: [PointReport]) -> String {
        table(
            ["POINT", "VALUE", "UNIT", "QUALITY", "AGE"],
            points.map { point in
                [
                    point.point, point.value?.description ?? "-", point.unit,
                    point.quality ?? "not yet read", point.ageSeconds.map { timeSpan($0) } ?? "-",
                ]
            })
    }
}
