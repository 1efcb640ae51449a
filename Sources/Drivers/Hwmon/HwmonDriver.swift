import Buses
import Telemetry

/// A chip that a driver of the kernel has, read from sysfs.
final class HwmonDriver: Driver {
    /// A channel of the chip and what becomes of its value.
    struct Point: Sendable {
        var name: String
        var channel: SensorChannel
        var scale = SensorNumber(1)
        var offset = SensorNumber(0)

        /// Exactly, unless that has more digits than anybody measures.
        func corrected(_ number: SensorNumber) -> Double {
            number.times(scale)?.plus(offset)?.double
                ?? number.double * scale.double + offset.double
        }
    }

    /// A time-out that took longer is the chip's bus hanging: the chip's other channels would each
    /// take as long, on the thread that all chips share.
    private static let patience = Duration.milliseconds(100)

    private let sensors: any SensorFiles
    private let address: SensorAddress
    private let points: [Point]
    private var groups: [[Int]] = []

    init(sensors: any SensorFiles, address: SensorAddress, points: [Point]) {
        self.sensors = sensors
        self.address = address
        self.points = points
    }

    func arrange(groups: [[Int]]) {
        self.groups = groups
    }

    /// A chip that is not there, or whose bus hangs, is asked once and not for each of its channels.
    func poll(group: Int, into sink: any SampleSink) async {
        var lost: Quality?
        for point in groups[group] {
            if let lost {
                take(.bad(lost), of: point, into: sink)
                continue
            }
            let start = sink.now()
            do throws(BusError) {
                let measured = try await measure(points[point])
                sink.note(transfer: sink.now() - start, failure: nil)
                take(measured, of: point, into: sink)
            } catch {
                let cost = sink.now() - start
                sink.note(transfer: cost, failure: error)
                take(.bad(error.quality), of: point, into: sink)
                if error.isLoss(at: cost, patience: Self.patience) { lost = error.quality }
            }
        }
    }

    func write(_ value: Value, to channel: Int, into sink: any SampleSink) throws(DriverError)
        -> Value?
    {
        throw .notWritable(channel: points[channel].name)
    }

    private func take(_ measured: Measured, of point: Int, into sink: any SampleSink) {
        switch measured {
        case .value(let value):
            sink.take(
                Sample(channel: point, value: value, quality: .good, instant: sink.now()))
        case .bad(let quality):
            sink.take(Sample(channel: point, value: nil, quality: quality, instant: sink.now()))
        }
    }

    // MARK: One channel

    private func measure(_ point: Point) async throws(BusError) -> Measured {
        let files = try await sensors.files(of: address)
        guard let file = point.channel.valueFile(among: files) else {
            throw missing(point.channel, files)
        }
        if let fault = point.channel.faultFile(among: files),
            try await sensors.text(of: fault, of: address) == "1"
        {
            return .bad(.notAvailable)
        }
        guard let text = try await sensors.text(of: file, of: address) else {
            return .bad(.notAvailable)
        }
        guard var number = SensorNumber(text) else { return .bad(.unrepresentable) }
        if file.hasSuffix("_raw") {
            guard let scaled = try await scale(number, point.channel, files) else {
                return .bad(.unrepresentable)
            }
            number = scaled
        }
        let value = point.channel.quantity.value(of: number)
        return value.map { .value(.double(point.corrected($0))) } ?? .bad(.unrepresentable)
    }

    /// A raw value of IIO in the class's unit: (raw + offset) x scale. Nil if one is no number.
    private func scale(
        _ raw: SensorNumber, _ channel: SensorChannel, _ files: Set<String>
    ) async throws(BusError) -> SensorNumber? {
        var value: SensorNumber? = raw
        if let file = channel.rawFile("_offset", among: files) {
            value = try await number(in: file).flatMap { value?.plus($0) }
        }
        if let file = channel.rawFile("_scale", among: files) {
            value = try await number(in: file).flatMap { value?.times($0) }
        }
        return value
    }

    private func number(in file: String) async throws(BusError) -> SensorNumber? {
        try await sensors.text(of: file, of: address).flatMap { SensorNumber($0) }
    }

    private func missing(_ channel: SensorChannel, _ files: Set<String>) -> BusError {
        let there = SensorChannel.all(
            of: SensorChip(address.sensorClass, name: address.name, files: files))
        let names = there.isEmpty ? "none" : there.map(\.name).joined(separator: ", ")
        return BusError(
            .exception(2),
            "the chip \(address.name) has no channel \(channel.name); it has \(names)")
    }
}

extension BusError {
    /// Whether other reads of the chip would fail alike.
    fileprivate func isLoss(at cost: Duration, patience: Duration) -> Bool {
        code == .disconnected || (code == .timeout && cost > patience)
    }
}
