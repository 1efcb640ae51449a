/// What a client of the metrics' server is answered.
struct HTTPResponse: Equatable {
    enum Status: Int {
        case ok = 200
        case badRequest = 400
        case notFound = 404
        case methodNotAllowed = 405
        case requestTimeout = 408
        case serviceUnavailable = 503

        var reason: String {
            switch self {
            case .ok: "OK"
            case .badRequest: "Bad Request"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .requestTimeout: "Request Timeout"
            case .serviceUnavailable: "Service Unavailable"
            }
        }
    }

    static let text = "text/plain; charset=utf-8"

    var status: Status
    var type = Self.text
    var body: [UInt8]

    /// One line of text; the status's own words if there is none.
    init(_ status: Status, _ line: String? = nil) {
        self.status = status
        body = Array("\(line ?? "\(status.rawValue) \(status.reason)")\n".utf8)
    }

    /// A page.
    init(page: [UInt8], type: String) {
        (status, body, self.type) = (.ok, page, type)
    }

    /// The bytes on the wire. The connection ends behind each answer.
    func bytes(withBody hasBody: Bool = true) -> [UInt8] {
        var head = "HTTP/1.1 \(status.rawValue) \(status.reason)\r\nContent-Type: \(type)\r\n"
        head += "Content-Length: \(body.count)\r\nConnection: close\r\nCache-Control: no-store\r\n"
        if status == .methodNotAllowed { head += "Allow: GET, HEAD\r\n" }
        return Array((head + "\r\n").utf8) + (hasBody ? body : [])
    }
}
