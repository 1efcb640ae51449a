import Buses
import Telemetry

/// A device that says itself where its points are: models one after the other, each with its
/// number and length.
///
/// The chain is walked before the first read, and again after the device was away, refused an
/// address or had another model where one was. Values and their scale factors are read in one
/// request where they fit into one: some devices change factors as they run.
final class SunSpecDriver: Driver {
    /// One point as the driver reads it.
    struct Target: Sendable {
        var choice: SunSpecChoice
        var point: SunSpecPoint
    }

    /// A device that lacks a model it is to have is asked again so often: it may be starting up.
    static let secondLook = Duration.seconds(60)

    private let device: HoldingReader
    private let discovery: SunSpecDiscovery
    private let maximumRegisters: Int
    private let targets: [Target]
    /// For each poll group its channels, by model.
    private var groups: [[(choice: SunSpecChoice, channels: [Int])]] = []
    private var chain: SunSpecChain?
    private var walked: Instant?
    /// Models that the walk has not found, as far as it has been said.
    private var missed: Set<SunSpecChoice> = []

    init(device: HoldingReader, bases: [UInt16], maximumRegisters: Int, targets: [Target]) {
        self.device = device
        self.maximumRegisters = maximumRegisters
        self.targets = targets
        discovery = SunSpecDiscovery(device, bases: bases)
    }

    func arrange(groups: [[Int]]) {
        self.groups = groups.map { channels in
            var parts: [(choice: SunSpecChoice, channels: [Int])] = []
            for channel in channels {
                let choice = targets[channel].choice
                if let index = parts.firstIndex(where: { $0.choice == choice }) {
                    parts[index].channels.append(channel)
                } else {
                    parts.append((choice, [channel]))
                }
            }
            return parts
        }
    }

    // MARK: Reading

    func poll(group: Int, into sink: any SampleSink) async {
        let parts = groups[group]
        let chain: SunSpecChain
        do throws(BusError) {
            chain = try await knownChain(sink)
        } catch {
            for part in parts { spoil(part.channels, error.quality, into: sink) }
            return
        }
        var silence: BusError?
        for part in parts {
            if let silence {
                spoil(part.channels, silence.quality, into: sink)
            } else if let link = chain.link(part.choice) {
                silence = await read(part.channels, of: link, into: sink)
            } else {
                spoil(part.channels, .notAvailable, into: sink)
                miss(part.choice, in: chain, sink)
            }
        }
    }

    /// The chain as it is known, or as it is found now.
    private func knownChain(_ sink: any SampleSink) async throws(BusError) -> SunSpecChain {
        if let chain { return chain }
        let start = sink.now()
        do throws(BusError) {
            guard let found = try await discovery.chain() else {
                let places = discovery.bases.map { "\($0)" }.joined(separator: ", ")
                throw BusError(
                    .corrupt, "unit \(device.unit) has no SunSpec models: no `SunS` at \(places)")
            }
            (chain, walked, missed) = (found, sink.now(), [])
            return found
        } catch {
            sink.note(transfer: sink.now() - start, failure: error)
            throw error
        }
    }

    /// Says once a walk that a model is not there, and has the chain walked again after a while.
    private func miss(_ choice: SunSpecChoice, in chain: SunSpecChain, _ sink: any SampleSink) {
        if missed.insert(choice).inserted {
            let count = choice.instance == 1 ? "" : " number \(choice.instance)"
            let known = chain.links.prefix(20).map { "\($0.id)" }.joined(separator: ", ")
            let words =
                "unit \(device.unit) has no SunSpec model \(choice.model.id)\(count); it has "
            sink.note(transfer: .zero, failure: BusError(.corrupt, words + known))
        }
        if let walked, sink.now() - walked >= Self.secondLook { self.chain = nil }
    }

    /// Reads the points of one model. Returns why the device is not to be asked on, if it is not.
    private func read(
        _ channels: [Int], of link: SunSpecChain.Link, into sink: any SampleSink
    ) async -> BusError? {
        let present = channels.filter { end(of: targets[$0].point) <= link.length }
        let absent = channels.filter { end(of: targets[$0].point) > link.length }
        spoil(absent, .notAvailable, into: sink)
        var image = SunSpecImage(length: present.map { end(of: targets[$0].point) }.max() ?? 2)
        var failure: BusError?
        for range in ranges(for: present) {
            do throws(BusError) {
                image.put(try await words(range, of: link, sink), at: range.lowerBound)
            } catch {
                failure = error
                if error.quality == .timeout || error.quality == .disconnected { break }
            }
        }
        if failure == nil, !image.isHead(of: link) {
            failure = BusError(
                .corrupt, "unit \(device.unit) has another model at \(link.address) now")
            sink.note(transfer: .zero, failure: failure)
            image = SunSpecImage(length: image.length)
        }
        deliver(present, from: image, failure, into: sink)
        guard let failure else { return nil }
        if failure.code != .checksum { chain = nil }
        return failure.quality == .timeout || failure.quality == .disconnected ? failure : nil
    }

    /// The first register behind the point, counted from the model's start.
    private func end(of point: SunSpecPoint) -> Int {
        max(point.offset + point.type.registers, (point.factor ?? 0) + 1)
    }

    /// What to read of a model for these channels: its head, the points, their scale factors; in
    /// as few requests as the device allows.
    private func ranges(for channels: [Int]) -> [Range<Int>] {
        let points = channels.map { targets[$0].point }
        let wanted =
            [0..<2] + points.map { $0.offset..<$0.offset + $0.type.registers }
            + points.compactMap { point in point.factor.map { $0..<$0 + 1 } }
        var ranges: [Range<Int>] = []
        for span in wanted.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = ranges.last,
                max(span.upperBound, last.upperBound) - last.lowerBound <= maximumRegisters
            {
                ranges[ranges.count - 1] =
                    last.lowerBound..<max(span.upperBound, last.upperBound)
            } else {
                ranges.append(span)
            }
        }
        return ranges
    }

    private func words(
        _ range: Range<Int>, of link: SunSpecChain.Link, _ sink: any SampleSink
    ) async throws(BusError) -> [UInt16] {
        let start = sink.now()
        do throws(BusError) {
            let words = try await device.read(
                UInt16(link.address + range.lowerBound), range.count)
            sink.note(transfer: sink.now() - start, failure: nil)
            return words
        } catch {
            sink.note(transfer: sink.now() - start, failure: error)
            throw error
        }
    }

    private func deliver(
        _ channels: [Int], from image: SunSpecImage, _ failure: BusError?,
        into sink: any SampleSink
    ) {
        let instant = sink.now()
        for channel in channels {
            let point = targets[channel].point
            let words = image.words(point.offset, point.type.registers)
            let factor = point.factor.flatMap { image.words($0, 1)?.first }
            guard let words, factor != nil || point.factor == nil else {
                spoil([channel], failure?.quality ?? .corrupt, into: sink)
                continue
            }
            let (value, quality) = point.decode(words[...], factor: factor)
            sink.take(
                Sample(channel: channel, value: value, quality: quality, instant: instant))
        }
    }

    private func spoil(_ channels: [Int], _ quality: Quality, into sink: any SampleSink) {
        let instant = sink.now()
        for channel in channels {
            sink.take(Sample(channel: channel, value: nil, quality: quality, instant: instant))
        }
    }

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        throw .notWritable(channel: targets[channel].point.name)
    }
}
