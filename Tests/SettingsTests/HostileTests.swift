import Settings
import TestSupport
import Testing

/// Files that nobody means well with.
@Suite struct HostileTests {
    private func problems(_ text: String) -> [String] {
        let file = SettingsFile(text: text, name: "f")
        _ = file.read()
        return file.problems.map(\.description)
    }

    @Test func aliasesOfAliasesCostNoMemory() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<20 {
            let aliases = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(problems(text).first?.contains("more than 100000 values") == true)
    }

    @Test func aliasesCannotNestDeeperThanBrackets() {
        var text = "a0: &a0 [x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(problems(text).contains { $0.contains("more than 32 groups inside each other") })
    }

    @Test func everyBoundIsAnError() {
        let limit = SettingsLimits.fileBytes
        #expect(problems(String(repeating: "#", count: limit)).first?.contains("is empty") == true)
        #expect(
            problems(String(repeating: "#", count: limit + 1)).first?.contains("more than 1 MiB")
                == true)
        let scalar = String(repeating: "x", count: SettingsLimits.scalarBytes + 1)
        #expect(problems("gateway: \(scalar)\n").first?.contains("more than 64 KiB") == true)
        let items = String(repeating: "- x\n", count: SettingsLimits.nodes)
        #expect(problems(items).first?.contains("more than 100000 values") == true)
        let depth = SettingsLimits.depth
        let brackets = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(problems(brackets).allSatisfy { !$0.contains("inside each other") })
        #expect(problems("[\(brackets)]").first?.contains("inside each other") == true)
    }

    /// The costliest files that fit the bounds: a wrong reference, an unknown key or a bad name
    /// in each of thousands of devices. It takes a second or two in a debug build; work that grew
    /// with the square would take minutes.
    @Test(arguments: ["bus: plcc", "buss: plc", "points: {p q: {holding: 0}}", "interval: x"])
    func workGrowsWithTheFileAndNoFaster(_ mistake: String) {
        let buses = (0..<8000).map { "  plc-\($0): {modbus-tcp: {host: h}}\n" }.joined()
        let devices = (0..<9000).map { "  d\($0): {driver: register-map, \(mistake)}\n" }.joined()
        let file = SettingsFile(
            text: "gateway: g\nuplink: {broker: mqtt://b}\nbuses:\n\(buses)devices:\n\(devices)",
            name: "f")
        let duration = ContinuousClock().measure {
            #expect(MistakesTests.check(file).hasSuffix("more problems; mend these first"))
        }
        #expect(duration < .seconds(20))
    }

    /// 4,000 damaged files: none traps, and every problem has its place in the file.
    @Test func noDamageTraps() throws {
        var random = SplitMix(seed: 42)
        var seeds = [Array(sampleCabinet.utf8)]
        for mistake in Mistake.all { seeds.append(try Bytes.of(mistake.path(".yaml"))) }
        var damaged = 0
        for round in 0..<4000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...Int(random.next() % 4) { Self.damage(&bytes, &random) }
            let file = SettingsFile(bytes: bytes, name: "f")
            let printed = MistakesTests.check(file)
            if printed != "no problem" { damaged += 1 }
            let lines = bytes.count { $0 == 10 || $0 == 13 } + 1
            for problem in file.problems {
                let position = try #require(problem.location?.position)
                #expect((1...lines).contains(position.line) && position.column >= 1)
            }
        }
        #expect(damaged > 3000)
    }

    @Test func noRandomBytesTrap() {
        var random = SplitMix(seed: 7)
        let alphabet = Array("a1:-[]{},&*!|>'\"%@`#?~ \n\t\\<.é".utf8)
        for round in 0..<4000 {
            let bytes = (0..<Int(random.next() % 80)).map { _ in
                round % 2 == 0
                    ? UInt8(truncatingIfNeeded: random.next())
                    : alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            let file = SettingsFile(bytes: bytes, name: "f")
            _ = file.read()
            #expect(!file.problems.isEmpty)
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else { return bytes.append(UInt8(truncatingIfNeeded: random.next())) }
        let place = Int(random.next() % UInt64(bytes.count))
        let other = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 5 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes[other], at: place)
        case 3: bytes.removeSubrange(min(place, other)..<max(place, other))
        default: bytes.insert(contentsOf: bytes[min(place, other)..<max(place, other)], at: other)
        }
    }
}
