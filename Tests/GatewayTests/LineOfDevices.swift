import Buses
import Drivers
import Logging
import Platform
import Telemetry
import TestSupport

@testable import Gateway

/// A serial line in simulated time: each request takes as long as its bytes, and one that is not
/// answered its time-out. Sleeping takes no time either, so ten minutes pass in a second.
actor SimulatedTimeBus: ModbusBus {
    nonisolated let executor = ThreadExecutor(name: "simulated")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    /// 9,600 baud, 11 bits a character.
    nonisolated let pace = LinePace(
        byteTime: .microseconds(1146), turnaround: .microseconds(8020), overheadBytes: 13)

    /// How long an answer is waited for, unless there is a limit.
    static let timeout = Duration.milliseconds(500)

    private let clock: ManualClock
    private let end: Instant
    private let isMute: @Sendable (UInt8, Instant) -> Bool
    private let thinkTime: @Sendable (UInt8) -> Duration
    private var limit: Duration?
    /// The time spent in requests that were not answered.
    private(set) var wasted = Duration.zero
    /// When each unit was asked.
    private(set) var asked: [UInt8: [Instant]] = [:]

    init(
        clock: ManualClock, end: Instant,
        isMute: @escaping @Sendable (_ unit: UInt8, _ now: Instant) -> Bool,
        thinkTime: @escaping @Sendable (_ unit: UInt8) -> Duration
    ) {
        (self.clock, self.end, self.isMute) = (clock, end, isMute)
        self.thinkTime = thinkTime
    }

    func sleep(until deadline: Instant) async throws(CancellationError) {
        guard deadline < end else {
            withUnsafeCurrentTask { $0?.cancel() }
            throw CancellationError()
        }
        clock.advance(by: max(.zero, deadline - clock.now()))
    }

    func limitWaits(to limit: Duration?) { self.limit = limit }

    func close() {}

    func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        let now = clock.now()
        asked[request.unit, default: []].append(now)
        guard case .readHoldingRegisters(_, let count) = request.operation else {
            throw BusError(.exception(1), "no such function")
        }
        if now >= end { withUnsafeCurrentTask { $0?.cancel() } }
        let (delay, patience) = (thinkTime(request.unit), min(limit ?? Self.timeout, Self.timeout))
        if isMute(request.unit, now) || delay > patience {
            clock.advance(by: pace.turnaround + pace.byteTime * 8 + patience)
            wasted += clock.now() - now
            throw BusError(.timeout, "no answer")
        }
        clock.advance(by: pace.time(valueBytes: count * 2, delay: delay))
        return .registers([UInt16](repeating: 1, count: count))
    }
}

/// A cabinet's serial line of devices with twenty registers each, for some simulated time.
struct LineOfDevices {
    /// A device of the line, which has the unit id of its place in the list, from 1.
    struct Device {
        var interval = Duration.seconds(1)
        var slowInterval: Duration?
    }

    /// What a device's first point read, in order.
    var readings: [[(instant: Instant, quality: Quality)]] = []
    var wasted = Duration.zero
    var asked: [UInt8: [Instant]] = [:]
    var overload: String?

    /// Runs the line.
    init(
        _ devices: [Device], for span: Duration,
        isMute: @escaping @Sendable (_ unit: UInt8, _ time: Duration) -> Bool = { _, _ in false },
        thinkTime: @escaping @Sendable (_ unit: UInt8) -> Duration = { _ in .milliseconds(5) }
    ) async {
        let clock = ManualClock(now: Instant(nanoseconds: 1_000_000_000_000))
        let start = clock.now()
        let bus = SimulatedTimeBus(
            clock: clock, end: start + span, isMute: { isMute($0, $1 - start) },
            thinkTime: thinkTime)
        let (points, intake, meter) = (PointTable(), Intake(), LineMeter(now: start))
        let specs = devices.indices.map { Self.spec(devices[$0], UInt8($0 + 1), points) }
        let sampler = LineSampler(
            name: "line", handle: .modbus(bus), meter: meter,
            devices: specs.map { ($0, DeviceMeter()) }, intake: intake, clock: clock,
            liveness: Liveness(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await Task(executorPreference: bus.executor) { await sampler.run() }.value
        var content = Intake.Content()
        intake.drain(into: &content)
        let read = content.readings
        readings = specs.map { spec in
            read.points.indices.filter { read.points[$0] == spec.points[0].id }
                .map { (read.instants[$0], read.qualities[$0]) }
        }
        (wasted, asked) = (await bus.wasted, await bus.asked)
        overload = meter.overload
    }

    private static func spec(_ device: Device, _ unit: UInt8, _ points: PointTable) -> DeviceSpec {
        let intervals = [device.interval] + (device.slowInterval.map { [$0] } ?? [])
        let name = "unit-\(unit)"
        let channels = intervals.indices.map { Channel(name: "p\($0)") }
        return DeviceSpec(
            name: name,
            plan: DevicePlan(channels: channels) { handle, _ in BlockReader(handle, unit) },
            points: zip(intervals, channels).compactMap { interval, channel in
                let point = Point(device: name, name: channel.name)
                return points.intern(point).map {
                    DeviceSpec.PointSpec(id: $0, point: point, interval: interval, deadband: nil)
                }
            })
    }

    /// The intervals between a device's good readings, the longest first.
    func intervals(of index: Int) -> [Duration] {
        let good = readings[index].filter(\.quality.isGood).map(\.instant)
        return zip(good.dropFirst(), good).map { $0 - $1 }.sorted(by: >)
    }

    /// What 99 % of the intervals between a device's good readings do not exceed.
    func interval99(of index: Int) -> Duration {
        let intervals = intervals(of: index)
        return intervals.isEmpty ? .seconds(1 << 20) : intervals[intervals.count / 100]
    }
}

/// Reads twenty registers for each group.
private final class BlockReader: Driver {
    private let handle: BusHandle
    private let unit: UInt8
    private var groups: [[Int]] = []

    init(_ handle: BusHandle, _ unit: UInt8) {
        (self.handle, self.unit) = (handle, unit)
    }

    func arrange(groups: [[Int]]) { self.groups = groups }

    func poll(group: Int, into sink: any SampleSink) async {
        guard case .modbus(let bus) = handle else { return }
        let start = sink.now()
        var quality = Quality.good
        do throws(BusError) {
            _ = try await bus.transfer(
                ModbusRequest(unit: unit, .readHoldingRegisters(address: 0, count: 20)))
            sink.note(transfer: sink.now() - start, failure: nil)
        } catch {
            sink.note(transfer: sink.now() - start, failure: error)
            quality = error.quality
        }
        for channel in groups[group] {
            sink.take(
                Sample(
                    channel: channel, value: quality.isGood ? .uint64(1) : nil, quality: quality,
                    instant: sink.now()))
        }
    }

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? { nil }
}
