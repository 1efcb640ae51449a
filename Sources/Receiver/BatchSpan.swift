import Telemetry

/// The identity that a message carries, as it was written: in MQTT 5 user properties, or in fields
/// of the first record.
struct IdentityFields: Equatable {
    var gateway: String?
    var epoch: String?
    var first: UInt64?
    var count: UInt64?
    var numbers: String?

    init() {}

    /// Reads user properties; others are passed over.
    init(properties: [(name: String, value: String)]) {
        for (name, value) in properties {
            switch name {
            case "gateway": gateway = value
            case "epoch": epoch = value
            case "first": first = UInt64(value)
            case "count": count = UInt64(value)
            case "numbers": numbers = value
            default: break
            }
        }
    }

    /// What is not there is taken from another.
    mutating func complete(with other: IdentityFields) {
        epoch = epoch ?? other.epoch
        first = first ?? other.first
        count = count ?? other.count
        numbers = numbers ?? other.numbers
    }
}

/// Which numbers of which epoch a message stands for, checked.
struct BatchSpan {
    /// Behind every number: databases have 63 bits for them.
    static let behindLast: UInt64 = 1 << 63

    let epoch: Epoch
    let numbers: Range<UInt64>
    /// Which of them are there; nil if all are.
    let selected: [Range<UInt64>]?

    /// - Throws: `Refusal` if something is missing or does not fit.
    init(_ fields: IdentityFields) throws(Refusal) {
        guard let text = fields.epoch, let first = fields.first, let count = fields.count else {
            throw Refusal("the message has no identity (epoch, first, count)")
        }
        guard let epoch = Epoch(text) else { throw Refusal("`epoch` is not JOURNAL-NUMBER") }
        guard count > 0, first < Self.behindLast, count <= Self.behindLast - first else {
            throw Refusal("`first` and `count` name no numbers, or too high ones")
        }
        self.epoch = epoch
        numbers = first..<first + count
        selected = try fields.numbers.map { text throws(Refusal) in
            try Self.runs(text, in: first..<first + count)
        }
    }

    /// How many readings are there.
    var readings: UInt64 {
        guard let selected else { return numbers.upperBound - numbers.lowerBound }
        return selected.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
    }

    /// Reads `0+4,7,9+12`: runs of `OFFSET` or `OFFSET+LENGTH`, rising, within the span. An empty
    /// text stands for none.
    private static func runs(
        _ text: String, in span: Range<UInt64>
    ) throws(Refusal) -> [Range<UInt64>] {
        let count = span.upperBound - span.lowerBound
        var runs: [Range<UInt64>] = []
        var behind: UInt64 = 0
        for part in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
        {
            let words = part.split(separator: "+", omittingEmptySubsequences: false)
            guard words.count <= 2, let offset = UInt64(words[0]),
                let length = words.count == 2 ? UInt64(words[1]) : 1,
                length > 0, offset >= behind, offset < count, length <= count - offset
            else { throw Refusal("`numbers` are not rising runs within the message's span") }
            behind = offset + length
            runs.append(span.lowerBound + offset..<span.lowerBound + behind)
        }
        return runs
    }
}

/// Gives the readings of a message their numbers, in order.
struct SequenceNumbers {
    private let runs: [Range<UInt64>]
    private var run = 0
    private var taken: UInt64 = 0

    init(_ span: BatchSpan) {
        runs = span.selected ?? [span.numbers]
    }

    /// The next number; nil behind the last.
    mutating func next() -> UInt64? {
        guard run < runs.count else { return nil }
        let number = runs[run].lowerBound + taken
        taken += 1
        if number + 1 == runs[run].upperBound { (run, taken) = (run + 1, 0) }
        return number
    }
}

extension Epoch {
    /// Reads what `description` wrote; nil if the text is no epoch.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, parts[0].allSatisfy(\.isHexDigit),
            let journal = UInt64(parts[0], radix: 16), let number = UInt32(parts[1])
        else { return nil }
        self.init(journal: journal, number: number)
    }

    /// The journal's sixteen hexadecimal digits.
    var journalDigits: String {
        let digits = String(journal, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
