import Telemetry

/// SenML CBOR (RFC 8428 section 6) as `SenMLSession` writes it.
struct SenMLCBORDecoder: PayloadDecoder {
    let contentTypes = ["application/senml+cbor"]

    /// An array that tells its length.
    func recognizes(_ payload: [UInt8]) -> Bool { payload.first.map { $0 >> 5 == 4 } ?? false }

    func decode(_ payload: [UInt8], in envelope: Envelope) throws(Refusal) -> ReceivedBatch {
        var scanner = CBORScanner(payload)
        var pack = SenMLPack(envelope)
        for _ in 0..<(try scanner.begin(4)) { try pack.take(try SenMLRecord(&scanner)) }
        try scanner.end()
        return try pack.finish()
    }
}

extension SenMLRecord {
    init(_ scanner: inout CBORScanner) throws(Refusal) {
        self.init()
        for _ in 0..<(try scanner.begin(5)) {
            let key = try scanner.key()
            try key.text.isEmpty
                ? read(key.number, from: &scanner) : read(key.text, from: &scanner)
        }
    }

    /// The labels of section 6, table 4.
    private mutating func read(_ label: Int64, from scanner: inout CBORScanner) throws(Refusal) {
        switch label {
        case -2: baseName = try scanner.text()
        case -3: baseTime = try time(&scanner)
        case -4: baseUnit = try scanner.text()
        case 0: name = try scanner.text()
        case 1: unit = try scanner.text()
        case 2:
            guard let number = try scanner.number().value else {
                throw scanner.flaw("a number that is none")
            }
            value = number
        case 3: value = .string(try scanner.text())
        case 4: value = .bool(try scanner.bool())
        case 6: time = try time(&scanner)
        default: throw Refusal("the SenML label \(label) is not read")
        }
    }

    private mutating func read(_ key: String, from scanner: inout CBORScanner) throws(Refusal) {
        switch key {
        case "epoch": identity.epoch = try scanner.text()
        case "first": identity.first = try count(&scanner)
        case "count": identity.count = try count(&scanner)
        case "numbers": identity.numbers = try scanner.text()
        case "clock": clock = try scanner.text()
        case "reason": reason = try scanner.text()
        case _ where key.hasSuffix("_"):
            throw Refusal("the SenML field `\(key.prefix(40))` is not known")
        default: try scanner.skip()
        }
    }

    private func time(_ scanner: inout CBORScanner) throws(Refusal) -> DecimalNumber {
        guard let time = try scanner.number().time else { throw scanner.flaw("no time") }
        return time
    }

    private func count(_ scanner: inout CBORScanner) throws(Refusal) -> UInt64? {
        guard case .decimal(let number) = try scanner.number() else { return nil }
        return number.count
    }
}
