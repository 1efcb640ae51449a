/// The limits of the metrics' HTTP server; metrics.md has them for users.
public enum MetricsLimits {
    /// The longest request with its header, in bytes: Prometheus sends some 300.
    public static let requestBytes = 8192
    /// How many clients are served at once; one more gets 503.
    public static let clients = 16
    /// How long a client may take, from its connection to the last byte of its answer.
    public static let patience: Duration = .seconds(10)
    /// The distance of two tries to open an address that could not be had.
    public static let retry: Duration = .seconds(10)
}

/// What a client asks, as far as it matters here (RFC 9110, RFC 9112).
struct HTTPRequest: Equatable {
    enum Method: Equatable { case get, head }

    var method: Method
    /// The path, without what stands behind `?`.
    var path: String

    /// What came of the bytes so far.
    enum Outcome: Equatable {
        /// More of them are needed.
        case incomplete
        case request(HTTPRequest)
        /// They are no request that is served; the status says why.
        case refused(HTTPResponse.Status)
    }

    /// Reads a request, which ends with an empty line.
    static func parse(_ bytes: [UInt8]) -> Outcome {
        guard let end = headerEnd(of: bytes) else {
            return bytes.count >= MetricsLimits.requestBytes ? .refused(.badRequest) : .incomplete
        }
        guard end <= MetricsLimits.requestBytes else { return .refused(.badRequest) }
        var lines = bytes[..<end].split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
        ).map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        // RFC 9112, 2.2: empty lines before a request are passed over.
        lines = Array(lines.drop(while: \.isEmpty))
        guard let first = lines.first, let line = RequestLine(first),
            lines.dropFirst().allSatisfy({ $0.isEmpty || isField($0) }),
            isWellFramed(lines.dropFirst(), version: line.version)
        else { return .refused(.badRequest) }
        return line.outcome
    }

    /// Where the empty line behind the header begins: the lines end with LF, before which there may
    /// be a CR (RFC 9112, 2.2).
    private static func headerEnd(of bytes: [UInt8]) -> Int? {
        var isLineEmpty = true
        var hasLine = false
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                if isLineEmpty, hasLine { return index }
                isLineEmpty = true
            case UInt8(ascii: "\r"): break
            default: (isLineEmpty, hasLine) = (false, true)
            }
        }
        return nil
    }

    /// `NAME: VALUE`, the name a token without a blank behind it.
    private static func isField(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
            return false
        }
        return line[..<colon].allSatisfy(RequestLine.isTokenByte)
            && line[colon...].allSatisfy { $0 == UInt8(ascii: "\t") || $0 >= 0x20 && $0 != 0x7F }
    }

    /// HTTP/1.1 needs one `Host`; a body is of no use to what is served here.
    private static func isWellFramed(
        _ lines: ArraySlice<ArraySlice<UInt8>>, version: RequestLine.Version
    ) -> Bool {
        let fields = lines.filter { !$0.isEmpty }.map { line in
            let parts = String(decoding: line, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0].lowercased(), parts[1].filter { $0 != " " && $0 != "\t" })
        }
        func values(_ name: String) -> [String] { fields.filter { $0.0 == name }.map(\.1) }
        let hosts = values("host").count
        return (version == .one ? hosts <= 1 : hosts == 1)
            && values("transfer-encoding").isEmpty
            && values("content-length").allSatisfy { $0 == "0" }
    }
}

/// `GET /metrics HTTP/1.1`.
private struct RequestLine {
    enum Version { case one, oneOne }

    var method: String
    var path: String
    var version: Version

    init?(_ line: ArraySlice<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(Self.isTokenByte),
            let path = Self.path(parts[1])
        else { return nil }
        switch String(decoding: parts[2], as: UTF8.self) {
        case "HTTP/1.0": version = .one
        case "HTTP/1.1": version = .oneOne
        default: return nil
        }
        method = String(decoding: parts[0], as: UTF8.self)
        self.path = path
    }

    var outcome: HTTPRequest.Outcome {
        switch method {
        case "GET": .request(HTTPRequest(method: .get, path: path))
        case "HEAD": .request(HTTPRequest(method: .head, path: path))
        default: .refused(.methodNotAllowed)
        }
    }

    /// The path of `/metrics?x=y` or of `http://host/metrics` (RFC 9112, 3.2.2); nil if it is neither.
    private static func path(_ target: ArraySlice<UInt8>) -> String? {
        guard target.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        var text = String(decoding: target, as: UTF8.self)[...]
        if text.lowercased().hasPrefix("http://") {
            text = text.dropFirst(7).drop { $0 != "/" }
            if text.isEmpty { text = "/" }
        }
        guard text.hasPrefix("/") || text == "*" else { return nil }
        return String(text.prefix { $0 != "?" && $0 != "#" })
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
        }
    }
}
