import Telemetry
import Testing

@testable import Uplink

/// Devices that do not answer, and clocks that nobody has set.
@Suite struct SparkplugDeathTests {
    /// The kinds of messages for readings of the meter, in one batch.
    private func kinds(
        _ scene: inout SparkplugScene, at seconds: Double, _ qualities: (String, Quality)...
    ) throws -> [String] {
        for (point, quality) in qualities {
            try scene.read(
                quality.isGood ? .double(1) : nil, "meter", point, quality: quality, at: seconds)
        }
        return try scene.send().map(\.kind)
    }

    @Test("A lost device: tck-id-operational-behavior-device-ddeath")
    func lostAndBack() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 100)
        try scene.send()
        // One point of two: the device is there.
        #expect(try kinds(&scene, at: 101, ("voltage", .timeout)) == ["DDATA", "fence"])
        #expect(
            try kinds(&scene, at: 102, ("energy", .timeout)) == ["DDATA", "DDEATH", "fence"])
        #expect(!scene.observer.isAlive("meter") && scene.observer.isAlive("street"))
        // The death has said it: no message, and nothing to wait for.
        #expect(try kinds(&scene, at: 103, ("voltage", .suspended), ("energy", .timeout)) == [])
        #expect(scene.parts.last?.items == 2)
        let back = try kinds(&scene, at: 104, ("voltage", .good))
        #expect(back == ["DBIRTH", "DDATA", "fence"])
        #expect(scene.observer.isAlive("meter"))
    }

    @Test func aRefusalIsAnAnswer() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 100)
        try scene.send()
        for second in 101..<120 {
            let kinds = try kinds(
                &scene, at: Double(second), ("voltage", .illegalAddress), ("energy", .timeout))
            #expect(kinds == ["DDATA", "fence"])
        }
    }

    @Test func aDeviceThatIsOnlyNotAskedIsNotLost() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 100)
        try scene.send()
        for second in 101..<120 {
            let kinds = try kinds(
                &scene, at: Double(second), ("voltage", .suspended), ("energy", .suspended))
            #expect(kinds == ["DDATA", "fence"])
        }
    }

    @Test func aDeviceWithSlowPointsIsLostBeforeTheyAreDue() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 100)
        try scene.send()
        #expect(try kinds(&scene, at: 101, ("voltage", .timeout)) == ["DDATA", "fence"])
        let second = try kinds(&scene, at: 102, ("voltage", .timeout))
        #expect(second == ["DDATA", "DDEATH", "fence"])
    }

    @Test func anOutagesReadingsOfALostDeviceAreTold() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 100)
        try scene.send()
        _ = try kinds(&scene, at: 101, ("voltage", .timeout), ("energy", .timeout))
        #expect(!scene.observer.isAlive("meter"))
        try scene.read(.double(5), at: 50)
        let heard = try scene.send(isBacklog: true)
        #expect(heard.map(\.kind) == ["DBIRTH", "DDATA", "DDEATH", "fence"])
        #expect(heard.metrics("DDATA").map(\.doubleValue) == [5])
    }

    // MARK: Clocks

    /// Another clock for a cabinet: 100 s after the boot it shows this, in seconds since 1970.
    private func scene(_ wall: Int64, _ quality: ClockQuality) throws -> SparkplugScene {
        var scene = try SparkplugScene()
        scene.anchor.wall = WallTime(nanosecondsSince1970: wall * 1_000_000_000)
        scene.anchor.quality = quality
        return scene
    }

    @Test func aClockIn1970IsNeverTold() throws {
        var scene = try scene(5, .unsynchronized)
        scene.observer.believesClocks = false
        var heard = try scene.births()
        try scene.readAll()
        heard += try scene.send()
        try scene.readAll(at: 50)
        heard += try scene.send(isBacklog: true)
        heard += try scene.send(.gap(count: 1, reason: .damaged))
        let earliest = UInt64(WallTime.earliestCredible.nanosecondsSince1970 / 1_000_000)
        for message in heard where message.kind != "fence" {
            #expect(message.payload.timestamp == earliest)
            #expect(message.payload.metrics.allSatisfy { !$0.hasTimestamp })
        }
        let told = heard.metrics("DDATA").map { $0.property("Clock")?.stringValue }
        #expect(told.count == 8 && told.allSatisfy { $0 == "unsynchronized" })
        #expect(heard.metrics("DBIRTH").allSatisfy { $0.property("Clock") != nil })
    }

    @Test func whatAClockWithABatteryShowsIsToldAsSuch() throws {
        var scene = try scene(1_790_000_000, .unsynchronized)
        try scene.births()
        try scene.readAll(at: 101)
        for metric in try scene.send().metrics("DDATA") {
            #expect(metric.timestamp == 1_790_000_001_000)
            #expect(metric.property("Clock")?.stringValue == "unsynchronized")
        }
    }

    @Test func aClockThatIsSynchronizedBringsNewBirths() throws {
        var scene = try scene(5, .unsynchronized)
        scene.observer.believesClocks = false
        try scene.births()
        try scene.readAll()
        try scene.send()
        scene.observer.believesClocks = true
        scene.anchor.wall = WallTime(nanosecondsSince1970: SparkplugScene.wall * 1_000_000)
        scene.anchor.quality = .synchronized
        try scene.read(.double(7), at: 111)
        let heard = try scene.send()
        #expect(heard.map(\.kind) == ["NDATA", "DBIRTH", "DDATA", "fence"])
        let clock = heard[0].payload.metrics[0]
        #expect(scene.observer.name(clock.alias, of: "") == "Properties/Clock")
        #expect(clock.stringValue == "synchronized")
        #expect(
            heard[1].payload.metrics.map(\.timestamp)
                == [105, 105].map(SparkplugScene.milliseconds))
        // The other device when it has something to tell.
        try scene.read(.bool(false), "street", "door", at: 112)
        #expect(try scene.send().map(\.kind) == ["DBIRTH", "DDATA", "fence"])
    }
}
