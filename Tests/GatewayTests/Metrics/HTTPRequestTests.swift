import TestSupport
import Testing

@testable import Gateway

/// What the metrics' server makes of what it is sent (RFC 9110, RFC 9112).
@Suite struct HTTPRequestTests {
    private static let host = "Host: x\r\n"

    private func parse(_ text: String) -> HTTPRequest.Outcome {
        HTTPRequest.parse(Array(text.utf8))
    }

    @Test(arguments: [
        ("GET /metrics HTTP/1.1\r\n\(host)\r\n", HTTPRequest.Method.get, "/metrics"),
        ("HEAD /health HTTP/1.1\r\n\(host)\r\n", .head, "/health"),
        ("GET /metrics?name[]=up HTTP/1.1\r\n\(host)\r\n", .get, "/metrics"),
        ("GET http://cabinet/metrics HTTP/1.1\r\n\(host)\r\n", .get, "/metrics"),
        ("GET http://cabinet HTTP/1.1\r\n\(host)\r\n", .get, "/"),
        ("GET /metrics HTTP/1.0\r\n\r\n", .get, "/metrics"),
        ("\r\nGET / HTTP/1.1\r\n\(host)\r\n", .get, "/"),
        ("GET / HTTP/1.1\nHost:x\nAccept:\t*/*\n\n", .get, "/"),
        ("GET / HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\nmore", .get, "/"),
    ])
    func whatIsARequest(_ text: String, _ method: HTTPRequest.Method, _ path: String) {
        #expect(parse(text) == .request(HTTPRequest(method: method, path: path)))
    }

    @Test(arguments: ["", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n\(host)", "\r\n\r\n"])
    func moreIsNeeded(_ text: String) {
        #expect(parse(text) == .incomplete)
    }

    @Test(arguments: [
        "GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\(host)\r\n", "GET / HTTP/2.0\r\n\(host)\r\n",
        "GET metrics HTTP/1.1\r\n\(host)\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)\(host)\r\n", "GET / HTTP/1.1\r\n\(host)No colon\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host): empty\r\n\r\n", "GET / HTTP/1.1\r\n\(host)A b: c\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)A: b\u{0}\r\n\r\n", "GET /\u{7F} HTTP/1.1\r\n\(host)\r\n",
        "GET / HTTP/1.1\r\n\(host) folded\r\n\r\n", "G\u{E9}T / HTTP/1.1\r\n\(host)\r\n",
        "GET / HTTP/1.1\r\n\(host)Content-Length: 4\r\n\r\nbody",
        "GET / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\u{16}\u{3}\u{1}\n\n",
    ])
    func whatIsNone(_ text: String) {
        #expect(parse(text) == .refused(.badRequest))
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
    func otherMethodsAreNotAllowed(_ method: String) {
        #expect(
            parse("\(method) /metrics HTTP/1.1\r\n\(Self.host)\r\n") == .refused(.methodNotAllowed))
    }

    @Test func aRequestThatIsTooLongIsRefused() {
        let line = "GET / HTTP/1.1\r\n\(Self.host)A: "
        let room = MetricsLimits.requestBytes - line.utf8.count
        #expect(parse(line + String(repeating: "a", count: room)) == .refused(.badRequest))
        #expect(parse(line + String(repeating: "a", count: room - 1)) == .incomplete)
    }

    /// Whatever comes, in whatever pieces, nothing traps, and what is refused stays refused.
    @Test func randomBytesDoNoHarm() {
        var random = SplitMix(seed: 9464)
        let pieces = [
            "GET", " ", "/metrics", "HTTP/1.1", "\r\n", "\n", "\r", "Host", ":", "x", "\u{0}",
        ]
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                if Bool.random(using: &random) {
                    bytes += pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &random))
                }
            }
            let outcome = HTTPRequest.parse(bytes)
            guard case .request(let request) = outcome else { continue }
            #expect(request.path.hasPrefix("/") || request.path == "*")
            #expect(HTTPRequest.parse(bytes + [0, 13, 10]) == outcome)
        }
    }
}
