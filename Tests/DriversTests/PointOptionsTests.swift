import Settings
import Telemetry
import Testing

@testable import Drivers

/// What a technician writes for a point: what it becomes, and what is said of a mistake.
@Suite struct PointOptionsTests {
    /// The problems of a device with one point, whose options begin in line 3, column 7.
    private func problems(_ point: String) -> [String] {
        let file = SettingsFile(text: "unit-id: 1\npoints:\n  p: {\(point)}\n", name: "f")
        let plan = DriverKind.registerMap.plan(FileOptions(file: file))
        #expect(plan != nil || !file.problems.isEmpty)
        return file.problems.map(\.description)
    }

    private func codec(_ point: String) throws -> RegisterCodec {
        let file = SettingsFile(text: "p: {\(point)}\n", name: "f")
        let decoded = file.root?.decode(NamedList<RegisterPoint>.self)
        #expect(file.problems.isEmpty)
        let entry = try #require(decoded?.entries.first)
        return try PointCheck(name: entry.name, point: entry.value, limit: 125).register().codec
    }

    /// What a device says of its order is for numbers with words to order that say none themselves.
    @Test(arguments: [
        ("input: 0, type: float32", WordOrder.cdab), ("input: 0, type: int64", .cdab),
        ("input: 0, type: float32, order: ABCD", .abcd), ("input: 0", .abcd),
        ("input: 0, type: int16", .abcd), ("holding: 0, type: string, length: 4", .abcd),
    ])
    func aDevicesOrderIsItsPoints(point: String, order: WordOrder) throws {
        let text = "unit-id: 1\norder: CDAB\npoints:\n  p: {\(point)}\n"
        let file = SettingsFile(text: text, name: "f")
        let options = try #require(file.root?.decode(RegisterMapOptions.self))
        let entry = try #require(options.points.entries.first)
        let check = PointCheck(name: "p", point: options.ordered(entry.value), limit: 125)
        #expect(try check.register().codec.order == order)
        #expect(DriverKind.registerMap.plan(FileOptions(file: file)) != nil)
    }

    @Test(arguments: [
        "input: 0, type: float32, unit: V",
        "holding: 40, states: {0: off, 1: heating, 2: cooling}, writable: true",
        "discrete: 3, states: {0: closed, 1: open}", "holding: 41, bits: [4, 7]",
        "holding: 40083, type: int16, scale-factor: 40084, not-available: 0x8000, unit: W",
        "input: 1, expression: \"raw > 10000 ? 10000 - raw : raw\", scale: 0.1, unit: Cel",
        "holding: 100, type: string, length: 8, characters: low",
        "holding: 0, type: uint64, order: GHEFCDAB, bits: [40, 63]",
        "holding: 0, type: string, length: 2, order: BADC", "holding: 0, type: uint8, order: BADC",
        "holding: 0, type: float32, not-available: [-9999, 0x7FC00000]",
        "holding: 0, type: uint64, not-available: 0xFFFFFFFFFFFFFFFF",
        "holding: 0, type: bcd32, states: {12345678: all}, writable: true",
        "holding: 0, type: int16, states: {-1: fault, 0x10: fine}",
        "holding: 0, bit: 3, states: {0: closed, 1: open}",
        "holding: 0, type: int24, writable: {min: -5, max: 5, safe: 0}",
        "holding: 0, states: {0: off, 1: on}, writable: {safe: off}",
    ])
    func isTaken(point: String) {
        #expect(problems(point) == [])
    }

    @Test(arguments: [
        ("holding: 0, order: »CDAB", "one register (uint16) has no order of words; write BADC"),
        ("holding: 0, type: string, length: 4, order: »DCBA", "a string has no order of words"),
        (
            "holding: 0, type: string, length: 4, characters: low, order: »BADC",
            "with one character a register there is nothing to order"
        ),
        ("holding: 0, order: »ABDC", "`order`: `ABDC` is not an order of bytes; possible: ABCD"),
        ("holding: 0, characters: »low", "only a string has characters"),
        ("holding: 0, length: »2", "only a string has a length"),
        ("holding: 0, type: »string", "a string's length is 1 to 125 registers"),
        ("holding: 0, type: int16, bit: »1", "bits are taken from a bool or an unsigned"),
        ("holding: 0, type: uint8, bits: »[4, 8]", "bits are 0 to 7, the lower first"),
        ("holding: 0, type: uint24, bit: »24", "bits are 0 to 23, the lower first"),
        (
            "holding: 0, type: float32, states: »{0: off}",
            "a float32 has no states, a whole number has; leave `states` out"
        ),
        ("holding: 0, states: {x: »off}", "`x` is not a raw number; write the number first"),
        (
            "holding: 0, type: uint8, states: {256: »off}",
            "a uint8 is never 256; write numbers from 0 to 255"
        ),
        (
            "holding: 0, bits: [0, 1], states: {4: »off}",
            "a field of 2 bits is never 4; write numbers from 0 to 3"
        ),
        ("holding: 0, states: {1: a, 0x1: »b}", "the number 0x1 is there twice"),
        ("holding: 0, states: {0: »\"\"}", "the name of a state has 1 to 64 bytes"),
        ("holding: 0, states: »{}", "a point has 1 to 256 states"),
        ("holding: 0, states: {0: a}, scale: »2", "with `states` the value is a name"),
        ("holding: 0, states: »{0: a, 1: a}, writable: true", "two states have the same name"),
        (
            "coil: 0, states: »{0: a, 1: b}, writable: true",
            "a coil that is written is true or false"
        ),
        ("holding: 0, not-available: »x", "`not-available`: `x` is not a raw value; write a"),
        (
            "holding: 0, not-available: [1, »1.5]",
            "a uint16 is never 1.5; write raw values"
        ),
        (
            "holding: 0, not-available: [1, »070]",
            "item 2 of `not-available`: `070` is not a raw value; write it without the 0"
        ),
        ("holding: 0, not-available: »-0x10", "`not-available`: `-0x10` is not a raw value; write"),
        ("holding: 0, not-available: »1e999", "`not-available`: `1e999` is not a raw value; write"),
        ("holding: 0, not-available: »65536", "a uint16 is never 65536"),
        ("holding: 0, not-available: »{a: 1}", "`not-available` is a group of keys; write"),
        ("holding: 0, type: string, length: 1, not-available: »0", "a string that is empty"),
        (
            "holding: 0, expression: »raw +",
            "column 6 of the expression: the end where a number, `raw` or a parenthesis should"
        ),
        ("holding: 0, bit: 1, expression: »raw", "a bool cannot be computed with"),
        ("holding: 0, bit: 1, scale-factor: »3", "a bool cannot be computed with"),
        ("coil: 0, scale-factor: »3", "a coil or discrete input is one bit: `scale-factor`"),
        (
            "holding: 0, expression: raw, writable: »true",
            "points with an expression cannot be written"
        ),
        (
            "holding: 0, scale-factor: 1, writable: »true",
            "points with a scale factor cannot be written"
        ),
        ("holding: 0, bits: [0, 3], writable: »true", "single bits of a register cannot be"),
        ("holding: 0, states: {0: off}, writable: {max: »1}", "a state has no limits"),
        (
            "holding: 0, states: {0: off}, writable: {safe: »on}",
            "p is one of `off`, not `on`; write a value that the point can have"
        ),
        ("holding: »65534, type: int48", "the point goes beyond register 65535"),
    ])
    func saysWhereWhatAndHowToMend(point: String, said: String) throws {
        let place = try #require(point.firstIndex(of: "»"))
        let column = 7 + point.distance(from: point.startIndex, to: place)
        let problems = problems(point.filter { $0 != "»" })
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("f:3:\(column): \(said)") == true, "\(problems)")
    }

    @Test func aPointFitsIntoAnAnswer() {
        let text = "unit-id: 1\nmax-registers: 2\npoints:\n  p: {holding: 0, type: float64}\n"
        let file = SettingsFile(text: text, name: "f")
        #expect(DriverKind.registerMap.plan(FileOptions(file: file)) == nil)
        #expect(
            file.problems.map(\.description) == [
                "f:4:25: a float64 has 4 registers, an answer of this device only 2; "
                    + "check `max-registers`"
            ])
    }

    @Test func aLimitThatIsNoneIsTheOnlyMistake() {
        let file = SettingsFile(
            text: "unit-id: 1\nmax-registers: 0\npoints: {p: {holding: 0}}\n", name: "f")
        #expect(DriverKind.registerMap.plan(FileOptions(file: file)) == nil)
        #expect(
            file.problems.map(\.description) == [
                "f:2:16: `max-registers` is 1 to 125, not 0; "
                    + "leave it out for the protocol's own limit"
            ])
    }

    @Test func sentinelsAreNumbersOrBits() throws {
        let cases: [(String, [UInt16])] = [
            ("type: int16, not-available: -32768", [0x8000]),
            ("type: int16, not-available: 0x8000", [0x8000]),
            ("type: int32, not-available: [1, -1]", [0xFFFF, 0xFFFF]),
            ("type: int8, not-available: -1", [0x12FF]),
            ("type: uint16, not-available: 1e3", [1000]),
            ("type: float32, not-available: -1e30", [0xF149, 0xF2CA]),
            ("type: float32, not-available: -9999", [0xC61C, 0x3C00]),
            ("type: float32, not-available: 0xC61C3C00", [0xC61C, 0x3C00]),
            ("type: float64, not-available: 0.5", [0x3FE0, 0, 0, 0]),
            ("type: bcd16, not-available: 9999", [0x9999]),
            ("type: bcd16, not-available: 0xFFFF", [0xFFFF]),
            (
                "type: uint64, not-available: 18446744073709551615",
                [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF]
            ),
        ]
        for (options, words) in cases {
            let codec = try codec("holding: 0, " + options)
            #expect(codec.decode(words, from: 0) == (nil, .notAvailable), "\(options)")
        }
    }

    @Test func statesAreNamesBothWays() throws {
        let codec = try codec("holding: 0, type: int16, states: {0: off, 1: on, -1: fault}")
        #expect(codec.decode([1], from: 0) == (.string("on"), .good))
        #expect(codec.decode([0xFFFF], from: 0) == (.string("fault"), .good))
        #expect(codec.decode([7], from: 0) == (.string("7"), .good))
        #expect(codec.decode([0xFFFE], from: 0) == (.string("-2"), .good))
        #expect(codec.encode(.string("fault")) == [0xFFFF])
        #expect(codec.encode(.string("broken")) == nil)
        #expect(codec.encode(.int64(1)) == nil)
        let digits = try self.codec("holding: 0, type: bcd16, states: {12: on}")
        #expect(digits.decode([0x12], from: 0) == (.string("on"), .good))
        #expect(digits.encode(.string("on")) == [0x12])
        let door = try self.codec("discrete: 0, states: {0: closed, 1: open}")
        #expect(door.decode(bit: true) == .string("open"))
    }

    @Test func stepsComeInTheirOrder() throws {
        let codec = try codec(
            "holding: 0, type: int16, scale-factor: 1, expression: raw * 2, scale: 0.5, offset: 1")
        #expect(codec.decode([230], from: 0, factor: 0xFFFF) == (.double(24), .good))
        #expect(codec.decode([230], from: 0, factor: 2) == (.double(23001), .good))
        #expect(codec.decode([230], from: 0, factor: 0x8000) == (nil, .notAvailable))
        #expect(codec.decode([230], from: 0, factor: 11) == (nil, .unrepresentable))
        let large = try self.codec("holding: 0, type: uint64, expression: raw & 1")
        #expect(large.decode([0x20, 0, 0, 1], from: 0) == (nil, .unrepresentable))
        #expect(large.decode([0, 0, 0, 3], from: 0) == (.double(1), .good))
    }
}
