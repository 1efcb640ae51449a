import Platform
import Settings
import Telemetry

/// Readings of the gateway itself: what its buses are like, as points of the device `gateway`, once
/// every interval. They go the way of all readings.
struct OwnTelemetry: Sendable {
    let board: StatusBoard
    let points: PointTable
    let intake: Intake
    let clock: any BootClock

    /// Tells until the task is cancelled.
    func run(every interval: Duration, on executor: ThreadExecutor) async {
        var schedule = PollSchedule(interval: interval, now: clock.now() + interval)
        while !Task.isCancelled {
            do throws(CancellationError) {
                try await executor.sleep(until: schedule.next)
            } catch {
                return
            }
            schedule.advance(now: clock.now())
            intake.append(readings(), isUrgent: false)
        }
    }

    private func readings() -> ReadingBatch {
        var batch = ReadingBatch()
        let now = clock.now()
        for bus in board.report.buses ?? [] {
            let percent = Unit(unchecked: "%")
            append(bus.name + "-load", percent, .double(bus.loadPercent), now, &batch)
            let counts = [
                ("requests", bus.requests), ("timeouts", bus.timeouts),
                ("exceptions", bus.exceptions), ("checksum-errors", bus.checksumErrors),
            ]
            for (name, count) in counts {
                append(bus.name + "-" + name, Unit(unchecked: "count"), .uint64(count), now, &batch)
            }
        }
        return batch
    }

    private func append(
        _ name: String, _ unit: Unit, _ value: Value, _ now: Instant, _ batch: inout ReadingBatch
    ) {
        let point = Point(device: TelemetrySettings.device, name: name, unit: unit)
        guard let id = points.intern(point) else { return }
        batch.append(point: id, value: value, quality: .good, at: now)
    }
}
