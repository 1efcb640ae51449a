import Telemetry
import Testing

@testable import Gateway

@Suite struct IntakeTests {
    private func batch(_ count: Int) -> ReadingBatch {
        var batch = ReadingBatch()
        for index in 0..<count {
            batch.append(
                point: PointID(index: 0), value: .int64(Int64(index)),
                at: Instant(nanoseconds: Int64(index)))
        }
        return batch
    }

    @Test func whatDoesNotFitIsRefusedAndCounted() {
        let intake = Intake()
        let full = batch(Intake.capacity - 10)
        intake.append(full, isUrgent: false)
        intake.append(batch(30), isUrgent: false)
        intake.append(batch(5), isUrgent: false)
        var content = Intake.Content()
        intake.drain(into: &content)
        #expect(content.readings.count == Intake.capacity)
        #expect(content.refused == 25)
        intake.drain(into: &content)
        #expect(content.readings.isEmpty)
        #expect(content.refused == 0)
    }

    @Test func urgentReadingsSignalAtOnce() async {
        let intake = Intake()
        intake.append(batch(1), isUrgent: false)
        intake.append(batch(1), isUrgent: true)
        for await _ in intake.signals { break }
        var content = Intake.Content()
        intake.drain(into: &content)
        #expect(content.isUrgent)
        #expect(content.readings.count == 2)
    }
}
