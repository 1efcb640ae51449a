import FoundationEssentials
import TestSupport

/// The frames of one device: what it was asked, what it said, and what that means.
///
///     # where the frames are from
///     > 01 04 00 00 00 02 71 CB      a request with its CRC
///     < 01 04 04 43 66 33 34 1B 38   the answer to it
///     = voltage 230.2                what a point shows then
struct ProfileFrames {
    /// A line that is none of these.
    struct Nonsense: Error {
        var line: String
    }

    /// The device that answers as the frames say; what they do not tell is 0.
    private(set) var device = ScriptedDevice()
    /// What each point shows.
    private(set) var values: [(point: String, text: String)] = []

    init(_ text: String) throws {
        var request: [UInt8]?
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case ">": request = try Self.frame(words, line)
            case "<":
                guard let asked = request else { throw Nonsense(line: String(line)) }
                try learn(try Self.frame(words, line), answering: asked, line)
                request = nil
            case "=" where words.count >= 3:
                values.append((words[1], words[2...].joined(separator: " ")))
            default: throw Nonsense(line: String(line))
            }
        }
    }

    /// A frame whose CRC is right.
    private static func frame(_ words: [String], _ line: Substring) throws -> [UInt8] {
        let bytes = words.dropFirst().compactMap { UInt8($0, radix: 16) }
        guard bytes.count == words.count - 1, bytes.count > 5 else {
            throw Nonsense(line: String(line))
        }
        let sum = crc(bytes.dropLast(2))
        guard bytes.suffix(2) == [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)] else {
            throw Nonsense(line: "CRC of \(line)")
        }
        return bytes.dropLast(2)
    }

    /// Modbus over Serial Line V1.02, section 6.2.2, bit by bit.
    private static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(UInt16(0xFFFF)) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte)) { sum, _ in
                sum & 1 == 1 ? sum >> 1 ^ 0xA001 : sum >> 1
            }
        }
    }

    private mutating func learn(
        _ answer: [UInt8], answering request: [UInt8], _ line: Substring
    ) throws {
        guard request.count == 6, answer[..<2] == request[..<2], Int(answer[2]) == answer.count - 3
        else { throw Nonsense(line: String(line)) }
        let start = Int(request[2]) << 8 | Int(request[3])
        let count = Int(request[4]) << 8 | Int(request[5])
        let data = Array(answer[3...])
        switch request[1] {
        case 1: Self.put(Self.bits(data, count), at: start, in: &device.coils)
        case 2: Self.put(Self.bits(data, count), at: start, in: &device.discreteInputs)
        case 3: Self.put(try Self.words(data, count, line), at: start, in: &device.holdingRegisters)
        case 4: Self.put(try Self.words(data, count, line), at: start, in: &device.inputRegisters)
        default: throw Nonsense(line: String(line))
        }
    }

    private static func bits(_ data: [UInt8], _ count: Int) -> [Bool] {
        (0..<count).map { data[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
    }

    private static func words(
        _ data: [UInt8], _ count: Int, _ line: Substring
    ) throws -> [UInt16] {
        guard data.count == count * 2 else { throw Nonsense(line: String(line)) }
        return (0..<count).map { UInt16(data[$0 * 2]) << 8 | UInt16(data[$0 * 2 + 1]) }
    }

    private static func put<Item: ExpressibleByIntegerLiteral>(
        _ items: [Item], at start: Int, in table: inout [Item]
    ) {
        while table.count < start + items.count { table.append(0) }
        table.replaceSubrange(start..<start + items.count, with: items)
    }

    private static func put(_ items: [Bool], at start: Int, in table: inout [Bool]) {
        while table.count < start + items.count { table.append(false) }
        table.replaceSubrange(start..<start + items.count, with: items)
    }
}
