import Buses
import Telemetry

extension DriverKind {
    /// Chips that drivers of the kernel have.
    static let hwmon = DriverKind(
        name: "hwmon", summary: "chips that the kernel reads: hwmon and IIO channels of sysfs",
        bus: .hwmon, usualInterval: .seconds(10),
        plan: { source in
            guard let options = source.decode(HwmonOptions.self) else { return nil }
            return HwmonPlan(options: options, source: source).plan()
        })
}

/// Checks the options of a `hwmon` device and turns them into channels and a driver. Every problem
/// is reported; the plan is nil if there was one.
private struct HwmonPlan {
    private static let examples =
        "hwmon has " + SensorQuantity.hwmon.map { "\($0.word)1" }.joined(separator: ", ")
        + "; IIO has " + SensorQuantity.iio.map { "in_\($0.word)" }.joined(separator: ", ")

    var options: HwmonOptions
    var source: any OptionsSource

    func plan() -> DevicePlan? {
        let isNamed = checkNames()
        if options.points.entries.isEmpty {
            source.report(
                path: ["points"], "the device has no points",
                mend: "list at least one, such as `temp1: {}`")
        }
        var points: [HwmonDriver.Point] = []
        for (name, point) in options.points.entries {
            do throws(PointFlaw) {
                points.append(try check(name, point))
            } catch {
                source.report(path: ["points", name] + error.keys, error.what, mend: error.mend)
            }
        }
        guard isNamed, points.count == options.points.entries.count, let first = points.first,
            isOneClass(points, first.channel.sensorClass)
        else { return nil }
        let address = SensorAddress(
            first.channel.sensorClass, name: options.chip, place: options.at)
        return plan(points, address)
    }

    private func plan(_ points: [HwmonDriver.Point], _ address: SensorAddress) -> DevicePlan {
        DevicePlan(
            channels: points.map { Channel(name: $0.name, unit: $0.channel.quantity.unit) }
        ) { handle, _ in
            guard case .hwmon(let files) = handle else { preconditionFailure("checked: hwmon") }
            return HwmonDriver(sensors: files, address: address, points: points)
        }
    }

    private func checkNames() -> Bool {
        var isSound = true
        for (key, text) in [("chip", options.chip), ("at", options.at ?? "-")]
        where text.isEmpty || text.utf8.count > 64 || text.contains("/") {
            source.report(
                path: [key], "`\(text.prefix(80))` is no chip's",
                mend: key == "chip"
                    ? "write what its file `name` says, such as lm75"
                    : "write its device's name, such as 0-0048")
            isSound = false
        }
        return isSound
    }

    private func check(
        _ name: String, _ point: HwmonPoint
    ) throws(PointFlaw) -> HwmonDriver.Point {
        let wanted = point.channel ?? name
        guard let channel = SensorChannel(wanted) else {
            throw PointFlaw(
                keys: point.channel == nil ? [] : ["channel"],
                what: "no chip has a channel `\(wanted.prefix(80))`", mend: mend(wanted))
        }
        return HwmonDriver.Point(
            name: name, channel: channel,
            scale: try number(point.scale, "scale") ?? SensorNumber(1),
            offset: try number(point.offset, "offset") ?? SensorNumber(0))
    }

    /// People write a file's name, or one that is nearly right.
    private func mend(_ wanted: String) -> String {
        for item in ["_input", "_raw", "_average"] where wanted.hasSuffix(item) {
            let channel = String(wanted.dropLast(item.count))
            if SensorChannel(channel) != nil { return "write `\(channel)`" }
        }
        if SensorChannel(wanted + "1") != nil { return "write its number too: `\(wanted)1`" }
        return Self.examples
    }

    private func number(_ value: Double?, _ key: String) throws(PointFlaw) -> SensorNumber? {
        guard let value else { return nil }
        if let number = SensorNumber("\(value)") { return number }
        throw PointFlaw(
            key: key, what: "`\(key)` is \(value), which is too large or too fine",
            mend: "write a decimal number such as 0.1")
    }

    private func isOneClass(_ points: [HwmonDriver.Point], _ first: SensorClass) -> Bool {
        guard let other = points.first(where: { $0.channel.sensorClass != first }) else {
            return true
        }
        source.report(
            path: ["points", other.name],
            "`\(other.channel.name)` is a channel of \(other.channel.sensorClass.title), the points "
                + "before it are of \(first.title)",
            mend: "make two devices of them")
        return false
    }
}

extension SensorClass {
    fileprivate var title: String {
        switch self {
        case .hwmon: "hwmon"
        case .iio: "IIO"
        }
    }
}
