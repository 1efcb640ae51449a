import Glibc
import Journal
import Platform
import Telemetry

/// The other end of the control socket, for the commands. Blocks; made for a program that does
/// nothing else.
public enum ControlClient {
    /// Why there was no answer.
    public enum Failure: Error, CustomStringConvertible {
        /// Nobody answers on the socket.
        case notRunning(SystemError)
        /// The connection broke, or the answer made no sense.
        case broken(String)
        /// The daemon refused.
        case refused(String)

        /// Whether no gateway runs, as far as anyone can tell.
        public var isAbsence: Bool {
            guard case .notRunning(let error) = self else { return false }
            return error.errno == ENOENT || error.errno == ECONNREFUSED
        }

        public var description: String {
            switch self {
            case .notRunning(let error) where error.errno == EACCES:
                "\(error.subject): permission denied; are you in the group `armadio`?"
            case .notRunning(let error):
                "no gateway answers on \(error.subject) (\(error.reason)); start it with `armadio run`"
            case .broken(let reason), .refused(let reason): reason
            }
        }
    }

    /// How long an answer may take: a write waits for its line, at most for polls that time out.
    private static let answerSeconds = 30

    private static let silence = Failure.broken(
        "the gateway runs and has not answered for \(answerSeconds) s; `systemctl status armadio` "
            + "says what it does")

    /// Asks the daemon for its status.
    public static func status(socket path: String) throws(Failure) -> StatusReport {
        let response = try request(ControlRequest(.status), socket: path)
        guard let status = response.status else { throw .broken("the answer has no status") }
        return status
    }

    /// Lets the daemon send again from these positions on.
    public static func rewind(
        _ positions: [Priority: Position], socket path: String
    ) throws(Failure) {
        let named = positions.map { ($0.key.name, $0.value.description) }
        let request = ControlRequest(.rewind, positions: Dictionary(uniqueKeysWithValues: named))
        _ = try self.request(request, socket: path)
    }

    /// Lets the daemon read points of a device now.
    public static func read(
        _ points: [String], of device: String, socket path: String
    ) throws(Failure) -> ReadOutcome {
        var request = ControlRequest(.read)
        (request.device, request.points) = (device, points)
        guard let outcome = try self.request(request, socket: path).read else {
            throw .broken("the answer does not say what was read")
        }
        return outcome
    }

    /// Lets the daemon write a value to a point. Waits until the device has taken it.
    public static func write(
        _ value: Value, to point: String, socket path: String
    ) throws(Failure) -> WrittenPoint {
        let request = ControlRequest(writing: value, to: point)
        guard let written = try self.request(request, socket: path).written else {
            throw .broken("the answer does not say what was written")
        }
        return written
    }

    /// Asks the daemon for the buses at an address, or for more time with them.
    ///
    /// - Returns: nil if it has none there.
    public static func borrow(
        _ address: String, loan: BusLoan? = nil, socket path: String
    ) throws(Failure) -> BusLoan? {
        var request = ControlRequest(.borrow)
        request.address = address
        request.loan = loan?.number
        return try self.request(request, socket: path).loan
    }

    /// Gives borrowed buses back.
    public static func giveBack(_ loan: BusLoan, socket path: String) throws(Failure) {
        var request = ControlRequest(.giveBack)
        request.loan = loan.number
        _ = try self.request(request, socket: path)
    }

    static func request(
        _ request: ControlRequest, socket path: String
    ) throws(Failure) -> ControlResponse {
        let descriptor = try send(request, socket: path)
        defer { close(descriptor) }
        return try response(try receiveLine(from: descriptor))
    }

    /// A connection over which a request has gone; the caller closes it.
    static func send(
        _ request: ControlRequest, socket path: String
    ) throws(Failure) -> Int32 {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try ControlSocket.connect(to: path, timeoutSeconds: answerSeconds)
        } catch {
            throw error.errno == EAGAIN ? silence : .notRunning(error)
        }
        do throws(Failure) {
            try sendAll(ControlCoding.encode(request), to: descriptor)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// What a line of the daemon says; its refusal is thrown.
    static func response(_ line: [UInt8]) throws(Failure) -> ControlResponse {
        let response: ControlResponse
        do {
            response = try ControlCoding.decode(ControlResponse.self, from: line)
        } catch {
            throw .broken("the answer is no JSON object")
        }
        if let error = response.error { throw .refused(error) }
        return response
    }

    private static func sendAll(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            // A gateway that lets a client go says why: that is read next.
            if count < 0 && (errno == EPIPE || errno == ECONNRESET) { return }
            if count < 0 && errno == EAGAIN { throw silence }
            guard count > 0 else { throw .broken("\(SystemError("send"))") }
            rest.removeFirst(count)
        }
    }

    private static func receiveLine(from descriptor: Int32) throws(Failure) -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while line.last != UInt8(ascii: "\n") {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { throw silence }
            guard count > 0 else { throw .broken("the gateway closed the connection") }
            line += chunk[..<count]
            guard line.count <= ControlLimits.responseBytes else {
                throw .broken("the answer is longer than \(ControlLimits.responseBytes) bytes")
            }
        }
        return line
    }
}
