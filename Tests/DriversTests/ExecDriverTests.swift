import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// A program that speaks the protocol: what becomes of what it says.
@Suite struct ExecDriverTests {
    @Test func readsAndDescribesOnce() async throws {
        let scene = try ExecScene(script: ExecScene.answering(ExecScene.whole))
        for _ in 0..<2 {
            let samples = await scene.poll()
            #expect(samples.map(\.value) == [.double(21.5), .double(3), .bool(true)])
            #expect(samples.map(\.channel) == [0, 1, 2])
        }
        #expect(
            await scene.process.received == [
                #"{"device":"weather","op":"describe","points":["temp","rain","heater"],"protocol":1}"#,
                #"{"id":1,"op":"poll","points":["temp","rain","heater"]}"#,
                #"{"id":2,"op":"poll","points":["temp","rain","heater"]}"#,
            ])
        #expect(await scene.failures == [])
        #expect(await scene.told == [])
    }

    @Test func readingsComeByThemselvesWithTheirAge() async throws {
        let scene = try ExecScene()
        _ = await scene.collect()
        await scene.process.perform([
            .line(
                #"{"op":"readings","readings":[{"point":"rain","value":0.2,"age":0.25},"#
                    + #"{"point":"temp","value":"wet"}]}"#)
        ])
        let (samples, now) = (await scene.collect(), scene.clock.now())
        #expect(
            samples == [
                Sample(
                    channel: 1, value: .double(0.2), quality: .good,
                    instant: now - .milliseconds(250)),
                Sample(channel: 0, value: .string("wet"), quality: .good, instant: now),
            ])
    }

    @Test func whatIsOlderThanTheBootIsOfItsBeginning() async throws {
        let scene = try ExecScene()
        _ = await scene.collect()
        await scene.process.perform([
            .line(#"{"op":"readings","readings":[{"point":"rain","value":0.2,"age":3600}]}"#)
        ])
        #expect(await scene.collect().map(\.instant) == [Instant(nanoseconds: 0)])
    }

    @Test func qualityAndReasonAreTheProgramsOwn() async throws {
        let scene = try ExecScene(
            script: ExecScene.answering(
                #"{"point":"temp","quality":"timeout","reason":"no\nradio"},"#
                    + #"{"point":"rain","value":1,"quality":"good"},"#
                    + #"{"point":"heater","quality":"not-available"}"#))
        #expect(await scene.poll().map(\.quality) == [.timeout, .good, .notAvailable])
        #expect(await scene.failures.map(\.message) == ["temp: no.radio"])
    }

    @Test func aFailedPollIsADeviceFailure() async throws {
        let scene = try ExecScene(
            script: ExecScene.replying(#"{"op":"failed","id":ID,"reason":"no radio"}"#))
        #expect(
            await scene.poll().map(\.quality) == [.deviceFailure, .deviceFailure, .deviceFailure])
        #expect(await scene.failures.map(\.message) == ["the program says: no radio"])
        #expect(await scene.process.endings == [])
    }

    @Test func aPointThatTheProgramHasNotOrInAnotherUnitIsNotBelieved() async throws {
        let scene = try ExecScene(
            description: #"{"op":"described","points":{"temp":{"unit":"K"},"heater":{}}}"#,
            script: ExecScene.answering(ExecScene.whole))
        let samples = await scene.poll()
        #expect(samples.map(\.quality) == [.unrepresentable, .notAvailable, .good])
        #expect(samples.map(\.value) == [nil, nil, .bool(true)])
        #expect(await scene.process.received.last?.contains(#"["heater"]"#) == true)
        _ = await scene.poll()
        #expect(
            await scene.told
                == [
                    "the program does not fit the configuration: its `temp` is in `K`, not `Cel`, "
                        + "it has no point `rain`"
                ])
    }

    // MARK: Writing

    @Test func writesAndShowsWhatTheProgramShows() async throws {
        let scene = try ExecScene(
            script: ExecScene.replying(#"{"op":"written","id":ID,"value":true}"#))
        #expect(try await scene.write(.string("on")) == .bool(true))
        #expect(
            await scene.process.received.last
                == #"{"id":1,"op":"write","point":"heater","value":true}"#)
        #expect(await scene.samples.map(\.value) == [.bool(true)])
    }

    @Test func aWriteThatFailsSaysWhy() async throws {
        let scene = try ExecScene(
            script: ExecScene.replying(#"{"op":"failed","id":ID,"reason":"the relay is stuck"}"#))
        await #expect(throws: DriverError.notTaken("heater: the program says: the relay is stuck"))
        {
            try await scene.write(.bool(true))
        }
        await #expect(throws: DriverError.notWritable(channel: "temp")) {
            try await scene.write(.bool(true), to: 0)
        }
    }

    @Test(arguments: [
        (Value.string("on"), Value?.none), (.string("200"), nil), (.string("20.5"), .double(20.5)),
        (.int64(7), .int64(7)), (.double(-1), nil),
    ])
    func limitsMakeAPointANumber(value: Value, accepted: Value?) throws {
        let options = ExecWriteOptions(min: 0, max: 100, safe: nil)
        let writing = try #require(try ExecWriting(name: "level", option: .fields(options)))
        guard let accepted else {
            #expect(throws: DriverError.self) { try writing.accept(value) }
            return
        }
        #expect(try writing.accept(value) == accepted)
    }
}
