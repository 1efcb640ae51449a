import Buses
import Drivers
import Telemetry
import TestSupport
import Testing

@testable import Gateway

@Suite struct OwnTelemetryTests {
    /// Everything that `status` shows of a bus is told, and latencies of the devices that answered.
    @Test func tellsWhatStatusShows() {
        let clock = ManualClock()
        let (points, intake) = (PointTable(), Intake())
        let (meter, mute) = (DeviceMeter(), DeviceMeter())
        meter.update {
            for _ in 0..<4 { $0.note(transfer: .milliseconds(20), failure: nil) }
            $0.note(transfer: .milliseconds(20), failure: BusError(.exception(2), "refused"))
            $0.note(transfer: .milliseconds(20), failure: BusError(.checksum, "disturbed"))
            $0.plan = PlanSummary(requests: 2, read: 30, wanted: 20)
        }
        mute.update { $0.note(transfer: .milliseconds(500), failure: BusError(.timeout, "mute")) }
        let board = StatusBoard(
            clock: clock, forwarding: ForwardingMeter(), version: "1")
        let line = LineMeter(now: clock.now())
        clock.advance(by: .seconds(10))
        line.note(busy: .seconds(4), until: clock.now())
        board.show(buses: [
            BusMeters(name: "rs485-1", kind: "serial", line: line, devices: [meter, mute])
        ])
        board.show(devices: [("meter-1", meter), ("mute", mute)])
        let told = OwnTelemetry(board: board, points: points, intake: intake, clock: clock)
            .readings()
        let texts = told.points.indices.map { index in
            let point = points[told.points[index]] ?? Point(device: "", name: "")
            let bits = told.bits[index]
            let number = told.kinds[index] == .double ? Double(bitPattern: bits) : Double(bits)
            return "\(point.path) \(number) \(point.unit)"
        }
        #expect(texts.count == 11)
        #expect(
            Array(texts.prefix(9)) == [
                "gateway/rs485-1-load 40.0 %", "gateway/rs485-1-requests 7.0 count",
                "gateway/rs485-1-timeouts 1.0 count", "gateway/rs485-1-exceptions 1.0 count",
                "gateway/rs485-1-checksum-errors 1.0 count", "gateway/rs485-1-corrupt 0.0 count",
                "gateway/rs485-1-planned-requests 2.0 count",
                "gateway/rs485-1-registers-read 30.0 count",
                "gateway/rs485-1-registers-wanted 20.0 count",
            ])
        #expect(
            texts.dropFirst(9).allSatisfy {
                $0.contains(/meter-1-latency-p(50|95) (19|2[01])\..* ms/)
            })
    }

    @Test func tellsOfEachLink() {
        let clock = ManualClock()
        let (points, intake) = (PointTable(), Intake())
        let meter = LinkMeter(name: "city", broker: "mqtts://city", now: clock.now())
        meter.update {
            ($0.isUp, $0.connects, $0.sent, $0.acknowledged) = (true, 2, 9, 7)
            ($0.refused, $0.payloadBytes, $0.setAside, $0.uncommitted) = (1, 5000, 12, 3)
        }
        let board = StatusBoard(clock: clock, forwarding: ForwardingMeter(), version: "1")
        board.show(links: [meter])
        let told = OwnTelemetry(board: board, points: points, intake: intake, clock: clock)
            .readings()
        let texts = told.points.indices.map { index in
            let point = points[told.points[index]] ?? Point(device: "", name: "")
            return "\(point.path) \(told.bits[index])"
        }
        #expect(
            texts == [
                "gateway/city-up 1", "gateway/city-payload-bytes 5000", "gateway/city-bytes-sent 0",
                "gateway/city-bytes-received 0", "gateway/city-connects 2", "gateway/city-sent 9",
                "gateway/city-acknowledged 7", "gateway/city-refused 1",
                "gateway/city-uncommitted 3", "gateway/city-failed-tries 0",
                "gateway/city-set-aside 12", "gateway/city-commands 0",
            ])
    }
}
