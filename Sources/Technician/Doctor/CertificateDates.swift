import Telemetry

/// From when to when a certificate is valid, whose it is and whose word for that (X.509, RFC 5280 section 4.1.2.5).
public struct CertificateDates: Hashable, Sendable {
    /// The most certificates of one file: a system's bundle has some 150.
    static let mostCertificates = 1000
    /// The most bytes of a file.
    static let mostBytes = 1 << 20

    /// The last common name of its subject; nil if it has none.
    public var name: String?
    /// The last common name of its issuer; nil if it has none.
    public var issuer: String?
    /// From when.
    public var notBefore: WallTime
    /// Until when.
    public var notAfter: WallTime

    /// All certificates of a PEM file (RFC 7468), in its order; those that make no sense are left out.
    public static func all(inPEM bytes: [UInt8]) -> [CertificateDates] {
        let text = String(decoding: bytes.prefix(mostBytes), as: UTF8.self)
        var (certificates, body): ([CertificateDates], String?) = ([], nil)
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN ") {
                body = line.hasPrefix("-----BEGIN CERTIFICATE-----") ? "" : nil
            } else if line.hasPrefix("-----END ") {
                if let found = body.flatMap({ [UInt8](base64: $0) }).flatMap(Self.init(der:)) {
                    certificates.append(found)
                }
                body = nil
                guard certificates.count < mostCertificates else { break }
            } else {
                body?.append(contentsOf: line.filter { !$0.isWhitespace })
            }
        }
        return certificates
    }

    /// Reads what is needed of a certificate; nil if it makes no sense.
    init?(der bytes: [UInt8]) {
        var file = DERReader(bytes[...])
        guard var certificate = file.enter(.sequence), var body = certificate.enter(.sequence)
        else { return nil }
        if body.nextTag == DERReader.Tag.version.rawValue { body.skip() }
        // Serial number, signature algorithm.
        for _ in 0..<2 { guard body.skip() else { return nil } }
        guard let issuer = body.enter(.sequence), var validity = body.enter(.sequence),
            let from = validity.time(),
            let until = validity.time(), let subject = body.enter(.sequence)
        else { return nil }
        (notBefore, notAfter) = (from, until)
        (name, self.issuer) = (Self.commonName(in: subject), Self.commonName(in: issuer))
    }

    /// Until which day, in words.
    var until: String {
        notAfter.nanosecondsSince1970 == .max ? "ever" : String("\(notAfter)".prefix(10))
    }

    /// The object identifier of a common name, 2.5.4.3.
    private static let commonNameID: [UInt8] = [0x55, 0x04, 0x03]

    private static func commonName(in subject: DERReader) -> String? {
        var (subject, name): (DERReader, String?) = (subject, nil)
        while var set = subject.enter(.set) {
            guard var pair = set.enter(.sequence), let id = pair.next(), let value = pair.next()
            else { return name }
            if id.elementsEqual(commonNameID) { name = String(decoding: value, as: UTF8.self) }
        }
        return name
    }
}

/// Reads DER (X.690) element by element, never beyond its bytes.
struct DERReader {
    /// The tags that a certificate's beginning has.
    enum Tag: UInt8 {
        case sequence = 0x30
        case set = 0x31
        case version = 0xA0
        case utcTime = 0x17
        case generalizedTime = 0x18
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next element's tag; nil at the end.
    var nextTag: UInt8? { rest.first }

    /// The next element's contents, whatever its tag; nil if it is not there to its end.
    mutating func next() -> ArraySlice<UInt8>? {
        guard rest.count >= 2 else { return nil }
        var bytes = rest.dropFirst()
        guard let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard (1...3).contains(count), bytes.count >= count else { return nil }
            length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(count)
        }
        guard length <= bytes.count else { return nil }
        rest = bytes.dropFirst(length)
        return bytes.prefix(length)
    }

    /// Passes over an element. Returns false if there is none.
    @discardableResult
    mutating func skip() -> Bool { next() != nil }

    /// A reader of the next element's contents, if it has this tag.
    mutating func enter(_ tag: Tag) -> DERReader? {
        guard nextTag == tag.rawValue else { return nil }
        return next().map(DERReader.init)
    }

    /// A time: YYMMDDHHMMSSZ, which is of 1950 to 2049, or YYYYMMDDHHMMSSZ (RFC 5280 section 4.1.2.5).
    mutating func time() -> WallTime? {
        let tag = nextTag.flatMap(Tag.init)
        guard let bytes = next(), bytes.last == UInt8(ascii: "Z"),
            bytes.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var digits = String(decoding: bytes.dropLast(), as: UTF8.self)
        if tag == .utcTime, digits.count == 12 {
            digits = (digits < "50" ? "20" : "19") + digits
        }
        guard digits.count == 14 else { return nil }
        // 99991231235959Z says that it is valid for ever.
        if digits > "2262" { return WallTime(nanosecondsSince1970: .max) }
        let part = { (from: Int, count: Int) in String(digits.dropFirst(from).prefix(count)) }
        return WallTime(
            "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(8, 2)):\(part(10, 2)):\(part(12, 2))Z"
        )
    }
}
