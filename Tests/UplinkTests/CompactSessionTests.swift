import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What a receiver gets: every reading with its identity, time, quality and value, and the
/// points that it needs before them.
@Suite struct CompactSessionTests {
    /// The deliveries of messages that come in order.
    private func read(_ messages: [OutboundMessage], _ decoder: inout CompactDecoder) throws
        -> [CompactDecoder.Delivery]
    {
        try messages.filter { !$0.topic.hasSuffix("/status") }.map { try decoder.read($0.payload) }
    }

    private func readings(_ deliveries: [CompactDecoder.Delivery]) -> [String] {
        deliveries.flatMap { delivery -> [String] in
            guard case .readings = delivery else { return [] }
            return Array(CompactText.lines(delivery).dropFirst())
        }
    }

    /// What readings say, their times counted from another reading's.
    private func expected(
        _ batch: ReadingBatch, _ fixture: CompactFixture, first: UInt64, offsets: [UInt32]? = nil
    ) -> [String] {
        (0..<batch.count).map { index in
            CompactText.line(
                first + UInt64(offsets?[index] ?? UInt32(index)),
                fixture.points[batch.points[index]] ?? .unknown,
                floored(batch.instants[index]) - floored(batch.instants[0]),
                batch.qualities[index], batch.value(at: index))
        }
    }

    private func floored(_ instant: Instant) -> Int64 {
        let (quotient, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1000)
        return rest < 0 ? quotient - 1 : quotient
    }

    @Test func everyReadingArrivesWithItsIdentityTimeQualityAndValue() throws {
        for seed in 0..<200 {
            var (random, fixture) = (SplitMix(seed: UInt64(seed)), CompactFixture())
            let batch = try fixture.randomBatch(&random)
            var decoder = CompactDecoder()
            _ = try read(fixture.births(), &decoder)
            let messages = fixture.encodeAll(fixture.batch(batch, first: 1 << 40))
            #expect(
                readings(try read(messages, &decoder))
                    == expected(batch, fixture, first: 1 << 40), "seed \(seed)")
        }
    }

    @Test func aFilteredBatchTellsWhichSequenceNumbersAreLeft() throws {
        var (random, fixture) = (SplitMix(seed: 3), CompactFixture())
        let batch = try fixture.randomBatch(&random)
        let kept = batch.points[0]
        let filtered = fixture.batch(batch).filtered { $0.index % 3 == kept.index % 3 }
        guard case .readings(let left) = filtered.content else { return }
        var decoder = CompactDecoder()
        let deliveries = try read(fixture.encodeAll(filtered), &decoder)
        let selection = try #require(filtered.selection)
        #expect(
            readings(deliveries)
                == expected(left, fixture, first: 40, offsets: selection.offsets))
        guard case .readings(let payload, _) = deliveries.last else {
            Issue.record("no readings")
            return
        }
        #expect(payload.first + payload.count == filtered.firstSequence + filtered.count)
    }

    @Test(arguments: [1024, 2000, 5000])
    func aBatchThatDoesNotFitIsCutIntoPartsThatDo(limit: Int) throws {
        var (random, fixture) = (SplitMix(seed: 4), CompactFixture())
        fixture.context.byteLimit = limit
        var batch = ReadingBatch()
        let id = try fixture.point("unit", "noise")
        for _ in 0..<2000 {
            batch.append(point: id, value: .uint64(random.next()), at: CompactFixture.start)
        }
        let messages = fixture.encodeAll(fixture.batch(batch))
        #expect(messages.allSatisfy { $0.payload.count <= limit })
        #expect(messages.count < 16_000 * 13 / 10 / limit + 4)
        var decoder = CompactDecoder()
        #expect(
            readings(try read(messages, &decoder)) == expected(batch, fixture, first: 40))
    }

    @Test func aTextTooLongForAnyMessageDoesNotStopWhatFollows() throws {
        var fixture = CompactFixture()
        fixture.context.byteLimit = 1024
        var random = SplitMix(seed: 5)
        let long = String(
            (0..<9000).map { _ in
                Character(Unicode.Scalar(UInt8.random(in: 33...126, using: &random)))
            })
        let id = try fixture.point("unit", "text")
        var batch = ReadingBatch()
        for text in ["a", long, "b"] {
            batch.append(point: id, value: .string(text), at: CompactFixture.start)
        }
        var decoder = CompactDecoder()
        let lines = readings(try read(fixture.encodeAll(fixture.batch(batch)), &decoder))
        #expect(
            lines == [
                "40 unit/text 0 good string 61", "41 unit/text 0 unrepresentable none -",
                "42 unit/text 0 good string 62",
            ])
    }

    @Test func aGapTellsWhatIsGone() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        let batch = OutboundBatch(
            epoch: CompactFixture.epoch, firstSequence: 7,
            content: .gap(count: 900, reason: .damaged), anchor: fixture.anchor)
        let encoded = fixture.session.encode(batch, from: 0, in: fixture.context)
        let part = try #require(encoded)
        #expect(part.items == 1)
        #expect(
            CompactText.lines(try decoder.read(part.messages[0].payload)) == [
                "gap 0000000000000abc-4 first 7 count 900 synchronized absolute 1700000010000000 damaged"
            ])
        #expect(fixture.session.encode(batch, from: 1, in: fixture.context) == nil)
    }

    @Test(arguments: [
        (ClockQuality.synchronized, true, "synchronized absolute 1700000001000000"),
        (.unsynchronized, true, "unsynchronized relative -9000000"),
        (.estimated, false, "estimated absolute 1700000001000000"),
        (.unsynchronized, false, "unsynchronized absolute 1700000001000000"),
    ])
    func timesAreAbsoluteWhereTheClockWasSet(
        quality: ClockQuality, isPresentBoot: Bool, expected: String
    ) throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        fixture.anchor.quality = quality
        if !isPresentBoot { fixture.context.boot = BootID(high: 8, low: 8) }
        var batch = ReadingBatch()
        batch.append(
            point: try fixture.point("unit", "r"), value: .bool(true),
            at: CompactFixture.start + .seconds(1))
        let deliveries = try read(fixture.encodeAll(fixture.batch(batch)), &decoder)
        let line = try #require(deliveries.last.map { CompactText.lines($0)[0] })
        #expect(line.hasSuffix(expected))
    }

    @Test func timesThatNobodyKnowsAreTheDistancesFromTheFirst() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        fixture.anchor.quality = .unsynchronized
        fixture.anchor.wall = WallTime(nanosecondsSince1970: 0)
        fixture.context.boot = BootID(high: 8, low: 8)
        var batch = ReadingBatch()
        for seconds in [1, 3] {
            batch.append(
                point: try fixture.point("unit", "r"), value: .bool(true),
                at: CompactFixture.start + .seconds(seconds))
        }
        let deliveries = try read(fixture.encodeAll(fixture.batch(batch)), &decoder)
        guard case .readings(let payload, _) = deliveries.last else {
            Issue.record("no readings")
            return
        }
        #expect(payload.zero == .unknown && payload.microseconds == [0, 2_000_000])
        #expect(payload.microsecondsSince1970(of: 1, arrival: 5) == nil)
    }

    // MARK: Dictionary

    private func one(_ id: PointID) -> ReadingBatch {
        var batch = ReadingBatch()
        batch.append(point: id, value: .bool(true), at: CompactFixture.start)
        return batch
    }

    @Test func aBirthBringsThePointsOfTheConfigurationInPartsThatAreKept() throws {
        var fixture = CompactFixture()
        let ids = try (0..<300).map { try fixture.point("unit", "r\($0)") }
        let births = fixture.births(ids)
        #expect(
            births.map(\.topic) == [
                "armadio/cabinet-17/status", "armadio/cabinet-17/dictionary/2/0",
                "armadio/cabinet-17/dictionary/2/1", "armadio/cabinet-17/dictionary/2/2",
            ])
        #expect(births.allSatisfy { $0.retain && $0.qos == .atLeastOnce })
        #expect(fixture.encodeAll(fixture.batch(one(ids[299]))).count == 1)
    }

    @Test func pointsThatComeLaterAreToldBeforeTheirFirstReadingAndOnce() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        let early = try fixture.point("unit", "early")
        _ = try read(fixture.births([early]), &decoder)
        let late = try fixture.point("unit", "late", unit: "V", isUrgent: true)
        let messages = fixture.encodeAll(fixture.batch(one(late)))
        #expect(
            messages.map(\.topic) == [
                "armadio/cabinet-17/dictionary/2/0", "armadio/cabinet-17/telemetry",
            ])
        #expect(messages.map(\.retain) == [true, false])
        let lines = try read(messages, &decoder).flatMap(CompactText.lines)
        #expect(lines.last == "40 unit/late 0 good bool true")
        #expect(lines.contains("1 unit late V urgent"))
        #expect(fixture.encodeAll(fixture.batch(one(late), first: 41)).count == 1)
    }

    /// The message with the points may have been refused, with the readings or alone.
    @Test func aBatchThatIsSentAgainBringsItsPointsAgain() throws {
        var fixture = CompactFixture()
        _ = fixture.births()
        let batch = fixture.batch(one(try fixture.point("unit", "late")))
        for _ in 0..<3 { #expect(fixture.encodeAll(batch).count == 2) }
        #expect(fixture.encodeAll(fixture.batch(one(PointID(index: 0)), first: 41)).count == 1)
        #expect(fixture.births().count == 2)
        #expect(fixture.encodeAll(batch).count == 1)
    }

    @Test func aBatchNeedsNoMoreMessagesThanAllowed() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        _ = try read(fixture.births(), &decoder)
        var batch = ReadingBatch()
        for index in 0..<1000 {
            batch.append(
                point: try fixture.point("unit", "r\(index)"), value: .bool(true),
                at: CompactFixture.start)
        }
        fixture.context.messageLimit = 3
        var (offset, lines) = (0, [String]())
        while let part = fixture.session.encode(
            fixture.batch(batch), from: offset, in: fixture.context)
        {
            #expect(part.messages.count <= 3 && part.items > 0)
            lines += readings(try read(part.messages, &decoder))
            offset += part.items
        }
        #expect(lines.count == 1000)
    }

    @Test func aReceiverWithoutTheDictionaryKnowsThatItCannotTell() throws {
        var fixture = CompactFixture()
        let id = try fixture.point("unit", "r")
        let births = fixture.births([id])
        let payload = try #require(fixture.encodeAll(fixture.batch(one(id))).last).payload
        var decoder = CompactDecoder()
        #expect(throws: CompactFlaw.unknownPoints(dictionary: CompactFixture.epoch)) {
            try decoder.read(payload)
        }
        _ = try read(births, &decoder)
        #expect(readings([try decoder.read(payload)]).count == 1)
    }

    /// The numbers of two runs mean different points: payloads that lay in a broker's queue
    /// are read by the dictionary they were written with.
    @Test func payloadsOfAnEarlierRunAreReadByItsOwnDictionary() throws {
        var (before, after) = (CompactFixture(), CompactFixture())
        var decoder = CompactDecoder()
        let old = try before.point("unit", "old")
        _ = try read(before.births([old]), &decoder)
        let queued = before.encodeAll(before.batch(one(old)))
        let new = try after.point("unit", "new")
        let next = Epoch(journal: CompactFixture.epoch.journal, number: 6)
        let births = after.births([new], epoch: next)
        #expect(births[1].topic == "armadio/cabinet-17/dictionary/3/0")
        _ = try read(births, &decoder)
        #expect(
            readings(try read(queued, &decoder)) == ["40 unit/old 0 good bool true"])
        // The backlog of the earlier run, sent by the later one.
        #expect(
            readings(try read(after.encodeAll(after.batch(one(new))), &decoder))
                == ["40 unit/new 0 good bool true"])
    }

    @Test func readingsOfAnotherJournalNameTheDictionarysJournal() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        let id = try fixture.point("unit", "r")
        _ = try read(fixture.births([id]), &decoder)
        let other = Epoch(journal: 0xDEF, number: 9)
        let deliveries = try read(
            fixture.encodeAll(fixture.batch(one(id), epoch: other)), &decoder)
        #expect(readings(deliveries) == ["40 unit/r 0 good bool true"])
        #expect(CompactText.lines(deliveries[0])[0].hasPrefix("readings 0000000000000def-9"))
    }

    @Test func aReadingWhosePointNobodyKnowsKeepsItsIdentity() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        var batch = one(PointID(index: .max))
        batch.append(contentsOf: one(try fixture.point("unit", "r")))
        let deliveries = try read(fixture.encodeAll(fixture.batch(batch)), &decoder)
        #expect(
            readings(deliveries) == [
                "40 unknown/unknown 0 good bool true", "41 unit/r 0 good bool true",
            ])
    }

    @Test func namesOfAnyLengthFitAMessage() throws {
        var (fixture, decoder) = (CompactFixture(), CompactDecoder())
        var random = SplitMix(seed: 6)
        let ids = try (0..<128).map { _ in
            let name = (0..<400).map { _ in
                Character(Unicode.Scalar(UInt8.random(in: 33...126, using: &random)))
            }
            return try fixture.point(String(name), "città" + String(name.reversed()))
        }
        let births = fixture.births(ids)
        #expect(births.allSatisfy { $0.payload.count <= EncodingContext.defaultByteLimit })
        _ = try read(births, &decoder)
        var batch = ReadingBatch()
        for id in ids { batch.append(contentsOf: one(id)) }
        #expect(readings(try read(fixture.encodeAll(fixture.batch(batch)), &decoder)).count == 128)
    }

    @Test func aRebirthIsAskedForByAMessageThatWasNotKept() throws {
        var fixture = CompactFixture()
        #expect(fixture.session.subscriptions == ["armadio/cabinet-17/rebirth"])
        for isRetained in [true, false] {
            let requests = fixture.session.receive(
                InboundMessage(
                    topic: "armadio/cabinet-17/rebirth", payload: [], isRetained: isRetained,
                    userProperties: []))
            #expect(requests.count == (isRetained ? 0 : 1))
        }
    }
}
