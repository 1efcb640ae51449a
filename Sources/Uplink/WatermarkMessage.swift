import JSON
import Telemetry

/// What the platform has for good, as JSON:
///
///     {"journal":"0000000000000abc","epoch":3,"committed":1200,"ranges":[[1300,1400]]}
///
/// `committed` stands for the numbers below it. Each of `ranges` is its first number and the one
/// behind its last; they rise and do not overlap. One of the two may be left out.
enum WatermarkMessage {
    /// The most ranges in one message. A platform with more holes tells the lowest first.
    static let rangeLimit = 1024

    /// Reads a payload; the reason if it is none.
    static func read(_ payload: [UInt8]) -> SessionRequest {
        let json: JSONValue
        do {
            json = try JSONReader.read(payload)
        } catch {
            return .flaw("the watermark is not JSON: \(error)")
        }
        guard case .object(let object) = json else { return .flaw("the watermark is no object") }
        guard let digits = object["journal"]?.text, digits.utf8.count == 16,
            digits.allSatisfy(\.isHexDigit), let journal = UInt64(digits, radix: 16)
        else { return .flaw("the watermark's journal is not 16 hexadecimal digits") }
        guard let epoch = object["epoch"]?.count.flatMap(UInt32.init(exactly:)) else {
            return .flaw("the watermark's epoch is not a number of 32 bits")
        }
        guard object["committed"] != nil || object["ranges"] != nil,
            let committed = (object["committed"] ?? .integer(0)).count,
            let ranges = ranges(object["ranges"] ?? .array([]), behind: committed)
        else { return .flaw("the watermark has no numbers, or they do not rise") }
        return .committed(Watermark(journal: journal, epoch: epoch, ranges: ranges))
    }

    /// The numbers below `committed` and these ranges, joined where they meet; nil if they do not
    /// rise or are too many.
    private static func ranges(_ value: JSONValue, behind committed: UInt64) -> [Range<UInt64>]? {
        guard case .array(let pairs) = value, pairs.count <= rangeLimit else { return nil }
        var ranges: [Range<UInt64>] = committed > 0 ? [0..<committed] : []
        var end: UInt64 = 0
        for pair in pairs {
            guard case .array(let numbers) = pair, numbers.count == 2,
                let first = numbers[0].count, let behind = numbers[1].count, first < behind,
                first >= end
            else { return nil }
            end = behind
            if let last = ranges.last, first <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, behind)
            } else {
                ranges.append(first..<behind)
            }
        }
        return ranges
    }
}
