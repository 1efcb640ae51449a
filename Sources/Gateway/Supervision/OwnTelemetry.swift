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

    /// What is told now. A device that has not answered yet has no latencies.
    func readings() -> ReadingBatch {
        var batch = ReadingBatch()
        let (now, report) = (clock.now(), board.report)
        for bus in report.buses ?? [] {
            append(bus.name + "-load", "%", .double(bus.loadPercent), now, &batch)
            let counts = [
                ("requests", bus.requests), ("timeouts", bus.timeouts),
                ("exceptions", bus.exceptions), ("checksum-errors", bus.checksumErrors),
                ("corrupt", bus.corrupt), ("planned-requests", UInt64(bus.plannedRequests)),
                ("registers-read", UInt64(bus.registersRead)),
                ("registers-wanted", UInt64(bus.registersWanted)),
            ]
            for (name, count) in counts {
                append(bus.name + "-" + name, "count", .uint64(count), now, &batch)
            }
        }
        for link in report.uplinks { append(link, now, &batch) }
        for device in report.devices {
            let latencies = [
                ("p50", device.latencyMilliseconds), ("p95", device.latency95Milliseconds),
            ]
            for case (let name, let latency?) in latencies {
                append(device.name + "-latency-" + name, "ms", .double(latency), now, &batch)
            }
        }
        return batch
    }

    /// What the link to a platform is like.
    private func append(_ link: StatusReport.Link, _ now: Instant, _ batch: inout ReadingBatch) {
        append(link.name + "-up", "", .bool(link.isUp), now, &batch)
        let bytes = [
            ("payload-bytes", link.payloadBytes), ("bytes-sent", link.bytesSent),
            ("bytes-received", link.bytesReceived),
        ]
        for (name, count) in bytes {
            append(link.name + "-" + name, "B", .uint64(count), now, &batch)
        }
        let roundTrips = [
            ("p50", link.roundTripMilliseconds), ("p95", link.roundTrip95Milliseconds),
        ]
        for case (let name, let roundTrip?) in roundTrips {
            append(link.name + "-round-trip-" + name, "ms", .double(roundTrip), now, &batch)
        }
        let counts = [
            ("connects", link.connects), ("sent", link.sent), ("acknowledged", link.acknowledged),
            ("refused", link.refused), ("uncommitted", UInt64(link.uncommitted)),
            ("failed-tries", link.failedTries), ("set-aside", link.setAside),
            ("commands", link.commands),
        ]
        for (name, count) in counts {
            append(link.name + "-" + name, "count", .uint64(count), now, &batch)
        }
    }

    private func append(
        _ name: String, _ unit: String, _ value: Value, _ now: Instant, _ batch: inout ReadingBatch
    ) {
        let point = Point(
            device: TelemetrySettings.device, name: name, unit: Unit(unchecked: unit))
        guard let id = points.intern(point) else { return }
        batch.append(point: id, value: value, quality: .good, at: now)
    }
}
