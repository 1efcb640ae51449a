import TestSupport

/// Requests as nobody should send them, the same for a seed. None changes anything: what would is
/// meant for points, positions and versions that are not there.
struct ControlFuzz {
    /// What is sent at once.
    struct Shot {
        var bytes: [UInt8]
        /// How many lines that is; each is to be answered.
        var lines: Int { bytes.count { $0 == UInt8(ascii: "\n") } }
    }

    private var random: SplitMix

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    private static let requests: [[(key: String, value: String)]] = [
        [("command", #""status""#)],
        [("command", #""points""#)],
        [("command", #""live""#), ("every", "1")],
        [("command", #""history""#), ("points", #"["meter/a"]"#), ("seconds", "600")],
        [("command", #""log""#), ("lines", "20"), ("follow", "false")],
        [("command", #""read""#), ("device", #""meter""#), ("points", #"["a"]"#)],
        [("command", #""write""#), ("point", #""none/none""#), ("value", "1")],
        [("command", #""rewind""#), ("positions", #"{"none":"5:1200"}"#)],
        [("command", #""borrow""#), ("address", #""127.0.0.1:9""#), ("loan", "7")],
        [("command", #""return""#), ("loan", "7")],
        [("command", #""config-history""#)],
        [("command", #""config-text""#), ("number", "999")],
        [("command", #""config-apply""#), ("hash", #""00""#), ("within", "60")],
        [("command", #""config-rollback""#), ("number", "999"), ("within", "60")],
        [("command", #""config-confirm""#)],
    ]

    private static let values = [
        "null", "true", "0", "-1", "1e400", "-1e400", "1e308", "1e-400", "NaN", "0x10", "00",
        "9223372036854775807", "-9223372036854775808", "18446744073709551615",
        "18446744073709551616", "0.1", "[]", "{}", #""""#, #""\ud800""#, #""\u0000""#,
        #""\u001b[2J""#, #"{"a":{"a":{"a":1}}}"#, "[[[[[]]]]]", "[null]", #"["a","a","a"]"#,
        #"[1,"a",true]"#, #"{"normal":"x"}"#, #""meter""#, #"["meter/a","meter/a"]"#,
    ]

    /// The next thing to send.
    mutating func next() -> Shot {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<10: shot(line(request()))
        case ..<40: shot(line(mutated(request())))
        case ..<55: shot(line(wrongValue()))
        case ..<70: shot(line(request().prefix(Int.random(in: 0...40, using: &random))))
        case ..<85: shot(line(noise(Int.random(in: 0...300, using: &random))))
        case ..<90: shot((0..<Int.random(in: 2...50, using: &random)).flatMap { _ in nonsense() })
        case ..<97: shot(line(nest(Int.random(in: 1...20_000, using: &random))))
        case ..<99: shot(mutated(request()).filter { $0 != UInt8(ascii: "\n") })
        default: shot(line(huge()))
        }
    }

    private func shot(_ bytes: [UInt8]) -> Shot { Shot(bytes: bytes) }

    private func line(_ bytes: some Sequence<UInt8>) -> [UInt8] { bytes + [UInt8(ascii: "\n")] }

    private mutating func request() -> [UInt8] {
        text(Self.requests[Int.random(in: 0..<Self.requests.count, using: &random)])
    }

    private func text(_ members: [(key: String, value: String)]) -> [UInt8] {
        Array(("{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}").utf8)
    }

    /// One member has a value of another kind, or one that no number can have.
    private mutating func wrongValue() -> [UInt8] {
        var members = Self.requests[Int.random(in: 0..<Self.requests.count, using: &random)]
        let index = Int.random(in: 0..<members.count, using: &random)
        members[index].value = Self.values[Int.random(in: 0..<Self.values.count, using: &random)]
        return text(members)
    }

    /// Some bytes are others, more or fewer.
    private mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes[index] = bytes[Int.random(in: 0..<bytes.count, using: &random)]
            }
        }
        return bytes
    }

    private mutating func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// A line that is no request, for many at once.
    private mutating func nonsense() -> [UInt8] {
        line(noise(Int.random(in: 0...3, using: &random)).filter { $0 != UInt8(ascii: "\n") })
    }

    private mutating func nest(_ depth: Int) -> [UInt8] {
        let (opening, closing) = Bool.random(using: &random) ? ("[", "]") : (#"{"a":"#, "}")
        let inner = Bool.random(using: &random) ? "1" : ""
        let nested =
            String(repeating: opening, count: depth) + inner
            + String(repeating: closing, count: depth)
        return text([("command", #""status""#), ("value", nested)])
    }

    /// From long to longer than any request may be.
    private mutating func huge() -> [UInt8] {
        let count = Int.random(in: 50_000...1_200_000, using: &random)
        let name = String(repeating: "x", count: count)
        let members = [
            [("command", "\"\(name)\"")], [("command", #""read""#), ("device", "\"\(name)\"")],
            [("command", #""borrow""#), ("address", "\"/\(name)\"")],
            [("command", #""history""#), ("points", "[\"\(name)\"]")],
        ]
        return text(members[Int.random(in: 0..<members.count, using: &random)])
    }
}
