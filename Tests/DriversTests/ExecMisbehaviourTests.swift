import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// A program that does not speak the protocol, or not always: bad quality with a reason, never more.
@Suite struct ExecMisbehaviourTests {
    private static let nonsense: [[UInt8]] = [
        Array("hello".utf8), Array("{".utf8), Array("[]".utf8), Array("null".utf8),
        Array("7".utf8), Array(#"{"op":7}"#.utf8), Array(#"{"id":1}"#.utf8), [0xFF, 0xFE, 0x00],
        [], Array(#"{"op":"polled","id":1,"readings":[}"#.utf8),
        Array(#"{"op":"polled","id":99,"readings":[]}"#.utf8),
        Array(#"{"op":"polled","readings":[]}"#.utf8),
        Array(#"{"op":"polled","id":-1}"#.utf8), Array(#"{"op":"polled","id":1e300}"#.utf8),
        Array(String(repeating: "[", count: 30_000).utf8),
        Array((#"{"op":"# + String(repeating: #"{"op":"#, count: 9_000)).utf8),
    ]

    @Test(arguments: nonsense.indices)
    func nonsenseInPlaceOfAnAnswerIsCorrupt(index: Int) async throws {
        let line = Self.nonsense[index]
        let scene = try ExecScene { _ in [.bytes(line)] }
        #expect(await scene.poll().map(\.quality) == [.corrupt, .corrupt, .corrupt])
        #expect(await scene.told.count == 1)
    }

    @Test(arguments: nonsense.indices)
    func nonsenseBesideAnAnswerCostsItNothing(index: Int) async throws {
        let line = Self.nonsense[index]
        let scene = try ExecScene { request in
            [.bytes(line)] + ExecScene.answering(ExecScene.whole)(request)
        }
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
        #expect(await scene.failures.map(\.code) == [.corrupt])
    }

    @Test(arguments: [
        #"{"op":"news","readings":[{"point":"temp","value":1}]}"#, #"{"op":"","x":{"y":[1]}}"#,
    ])
    func whatIsUnknownIsPassedOver(line: String) async throws {
        let scene = try ExecScene { request in
            [.line(line)] + ExecScene.answering(ExecScene.whole)(request)
        }
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
        #expect(await scene.failures == [])
    }

    @Test(arguments: [
        #"{"point":"temp"}"#, #"{"point":"temp","value":null}"#, #"{"point":"temp","value":[1]}"#,
        #"{"point":"temp","value":1e999}"#, #"{"point":"temp","quality":"fine"}"#,
        #"{"point":"temp","value":1,"age":-1}"#, #"{"point":"temp","value":1,"age":3601}"#,
        #"{"point":"temp","value":1,"age":"old"}"#, #"7"#, #"null"#, #"{"value":1}"#,
        #"{"point":"snow","value":1}"#, #"{"point":7,"value":1}"#,
    ])
    func anOddReadingCostsItsOwnPoint(reading: String) async throws {
        let scene = try ExecScene(
            script: ExecScene.answering(
                reading + #",{"point":"rain","value":3},{"point":"heater","value":true}"#))
        let samples = await scene.poll()
        #expect(samples.map(\.quality) == [.corrupt, .good, .good])
        #expect(samples.first?.value == nil)
        #expect(await scene.failures.map(\.code) == [.corrupt])
    }

    @Test(arguments: [String(repeating: "x", count: 300), "\\u001b[31m", "a\\nb"])
    func anOddTextIsUnrepresentable(text: String) async throws {
        let scene = try ExecScene(
            script: ExecScene.answering(
                #"{"point":"temp","value":""# + text
                    + #""},{"point":"rain","value":3},{"point":"heater","value":true}"#))
        #expect(await scene.poll().map(\.quality) == [.unrepresentable, .good, .good])
    }

    // MARK: Silence

    @Test func silenceIsTimeoutAndAfterThreeTheProgramIsStartedAgain() async throws {
        let scene = try ExecScene()
        for _ in 0..<3 {
            #expect(await scene.poll().map(\.quality) == [.timeout, .timeout, .timeout])
        }
        #expect(await scene.process.endings.map(\.code) == [.disconnected])
        #expect(await scene.poll().map(\.quality) == [.disconnected, .disconnected, .disconnected])
        await scene.process.follow { request in
            request.contains("describe")
                ? [.line(ExecScene.description)] : ExecScene.answering(ExecScene.whole)(request)
        }
        scene.clock.advance(by: ScriptedLineProcess.delay)
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
        #expect(await scene.process.starts == 2)
    }

    @Test func aSilentOneIsNotLeftToItsNextPoll() async throws {
        let scene = try ExecScene { request in
            ExecScene.id(of: request) == "1" ? [] : ExecScene.answering(ExecScene.whole)(request)
        }
        #expect(await scene.poll().map(\.quality) == [.timeout, .timeout, .timeout])
        let wake = try #require(await scene.wakeTime)
        #expect(wake - scene.clock.now() <= .seconds(1))
        #expect(await scene.collect().map(\.quality) == [.good, .good, .good])
        #expect(await scene.collect() == [])
    }

    @Test func aHungOneIsStartedAgainBetweenPolls() async throws {
        let scene = try ExecScene()
        _ = await scene.poll()
        for _ in 0..<2 {
            #expect(await scene.process.endings == [])
            #expect(await scene.collect().map(\.quality) == [.timeout, .timeout, .timeout])
        }
        #expect(await scene.process.endings.map(\.code) == [.disconnected])
        #expect(await scene.collect() == [])
    }

    @Test func oneAnswerEndsTheCountOfSilences() async throws {
        let scene = try ExecScene()
        for round in 0..<4 {
            _ = await scene.poll()
            _ = await scene.poll()
            await scene.process.follow(ExecScene.answering(ExecScene.whole))
            #expect(await scene.poll().map(\.quality) == [.good, .good, .good], "round \(round)")
            await scene.process.follow { _ in [] }
        }
        #expect(await scene.process.endings == [])
    }

    @Test func nonsenseForEverIsStartedAgainAsCorrupt() async throws {
        let scene = try ExecScene { _ in [.line("hello")] }
        for _ in 0..<3 { _ = await scene.poll() }
        #expect(await scene.process.endings.map(\.code) == [.corrupt])
        #expect(await scene.poll().map(\.quality) == [.corrupt, .corrupt, .corrupt])
    }

    @Test func aLateAnswerIsNotTakenForAnother() async throws {
        let late = #"{"op":"polled","id":1,"readings":[{"point":"temp","value":-99}]}"#
        let scene = try ExecScene { request in
            ExecScene.id(of: request) == "1"
                ? [.later(.seconds(6), late)] : ExecScene.answering(ExecScene.whole)(request)
        }
        #expect(await scene.poll().map(\.quality) == [.timeout, .timeout, .timeout])
        scene.clock.advance(by: .seconds(2))
        let samples = await scene.poll()
        #expect(samples.map(\.value) == [.double(21.5), .double(3), .bool(true)])
        #expect(await scene.failures.map(\.code) == [.timeout])
    }

    @Test func anAnswerMayTakeItsTime() async throws {
        let scene = try ExecScene { request in
            ExecScene.answering(ExecScene.whole)(request).map { reaction in
                if case .line(let text) = reaction { .later(.seconds(4), text) } else { reaction }
            }
        }
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
    }

    // MARK: Description

    @Test func anotherVersionIsNotSpokenWith() async throws {
        let scene = try ExecScene(
            description: #"{"op":"described","protocol":2,"points":{"temp":{}}}"#)
        #expect(await scene.poll().map(\.quality) == [.corrupt, .corrupt, .corrupt])
        #expect(await scene.failures.first?.message.contains("version 2") == true)
    }

    @Test func nothingIsBelievedBeforeTheDescription() async throws {
        let scene = try ExecScene(description: nil)
        await scene.process.perform([])
        _ = await scene.poll()
        await scene.process.perform([
            .line(#"{"op":"readings","readings":[{"point":"temp","value":1}]}"#)
        ])
        #expect(await scene.collect().allSatisfy { $0.value == nil })
    }

    // MARK: Ends

    @Test func aCrashIsSaidAtOnceAndAllIsReadAnewWhenItIsBack() async throws {
        let scene = try ExecScene(script: ExecScene.answering(ExecScene.whole))
        _ = await scene.collect()
        await scene.process.perform([.end(BusError(.disconnected, "exit code 1"))])
        #expect(
            await scene.collect().map(\.quality) == [.disconnected, .disconnected, .disconnected])
        #expect(await scene.collect() == [])
        let wake = try #require(await scene.wakeTime)
        #expect(wake - scene.clock.now() == .seconds(1))
        scene.clock.advance(by: ScriptedLineProcess.delay)
        #expect(await scene.collect().map(\.quality) == [.good, .good, .good])
        #expect(await scene.collect() == [])
    }

    @Test func whatWasSaidBeforeTheEndCounts() async throws {
        let scene = try ExecScene { request in
            ExecScene.answering(ExecScene.whole)(request)
                + [.end(BusError(.disconnected, "exit code 0"))]
        }
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
        #expect(await scene.poll().map(\.quality) == [.disconnected, .disconnected, .disconnected])
    }

    // MARK: Floods

    @Test func aFloodOfReadingsEndsTheRun() async throws {
        let scene = try ExecScene()
        _ = await scene.collect()
        let reading = #"{"point":"rain","value":1}"#
        let many = Array(repeating: reading, count: 100).joined(separator: ",")
        let line = #"{"op":"readings","readings":["# + many + "]}"
        await scene.process.perform(Array(repeating: .line(line), count: 20))
        let samples = await scene.collect()
        #expect(samples.count { $0.quality == .good } == 1000)
        #expect(samples.suffix(3).map(\.quality) == [.corrupt, .corrupt, .corrupt])
        #expect(await scene.process.endings.map(\.code) == [.corrupt])
        #expect(await scene.poll().map(\.quality) == [.corrupt, .corrupt, .corrupt])
    }

    @Test func whatIsWithinTheBoundIsNoFlood() async throws {
        let scene = try ExecScene()
        _ = await scene.collect()
        for _ in 0..<10 {
            scene.clock.advance(by: .seconds(1))
            await scene.process.perform(
                Array(repeating: .line(#"{"op":"readings","readings":[]}"#), count: 1000))
            #expect(await scene.collect() == [])
        }
        #expect(await scene.process.endings == [])
    }

    @Test func theLogIsSparedOfAChattyProgram() async throws {
        let scene = try ExecScene()
        _ = await scene.collect()
        for _ in 0..<100 {
            await scene.process.perform([.remark("oh"), .line("hello")])
            _ = await scene.collect()
        }
        #expect(await scene.told.count == RemarkLimit.mostAMinute)
        scene.clock.advance(by: .seconds(60))
        _ = await scene.collect()
        let last = await scene.told.last
        #expect(last == "the program said 190 lines more")
    }

    @Test func oneThatWorksTooMuchIsStartedAgain() async throws {
        let scene = try ExecScene(processorShare: 0.25)
        for part in [20, 10, 30] {
            _ = await scene.collect()
            await scene.process.use(.seconds(part == 20 ? 14 : part))
            scene.clock.advance(by: .seconds(60))
        }
        #expect(await scene.process.endings == [])
        #expect(
            await scene.collect().map(\.quality) == [.disconnected, .disconnected, .disconnected])
        #expect(await scene.process.endings.map(\.message).first?.contains("50 %") == true)
    }

    // MARK: Any bytes

    /// Lines of the protocol with bytes changed, cut and put together anew.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func anyLineIsSurvived(seed: UInt64) async throws {
        let scene = try ExecScene { request in
            var random = SplitMix(seed: seed &+ UInt64(request.utf8.count) &* 77)
            let answers = ExecScene.answering(ExecScene.whole)(request).map { reaction in
                if case .line(let text) = reaction { Array(text.utf8) } else { [UInt8]() }
            }
            return (0..<20).map { _ in
                var line = answers.first ?? []
                for _ in 0..<Int.random(in: 0...6, using: &random) where !line.isEmpty {
                    let place = Int.random(in: line.indices, using: &random)
                    switch Int.random(in: 0...2, using: &random) {
                    case 0: line[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: line.remove(at: place)
                    default: line.insert(contentsOf: line[..<place].suffix(30), at: place)
                    }
                }
                return .bytes(line)
            }
        }
        for _ in 0..<5 {
            let samples = await scene.poll()
            #expect(Set(samples.map(\.channel)) == [0, 1, 2])
            #expect(samples.allSatisfy { ($0.value != nil) == $0.quality.isGood })
        }
    }
}
