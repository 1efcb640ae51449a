import Glibc
import Platform
import Telemetry

/// What a program of the system prints, within bounds: so many bytes of its end, so many seconds.
struct ProgramOutput {
    /// What is kept: whole lines.
    let text: String
    /// How many bytes it printed.
    let wholeBytes: Int

    /// How long a program may take: journalctl reads a slow card.
    private static let seconds = 10.0

    /// A program failed, or is not there.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program found by PATH to its end.
    ///
    /// - Parameter limit: How many bytes of what it prints are kept, the last ones.
    static func of(_ arguments: [String], limit: Int) throws(Failure) -> ProgramOutput {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe is left") }
        // The child has its copy as its output; the end of the pipe must be nobody else's.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let child: ChildProcess
        do throws(SystemError) {
            defer { close(ends[1]) }
            child = try ChildProcess(arguments, output: ends[1], group: .ofOwner)
        } catch {
            throw Failure(description: "\(arguments[0]): \(error.reason)")
        }
        let (bytes, whole, isLate) = read(ends[0], limit: limit)
        if isLate { kill(child.pid, SIGKILL) }
        let isGood = child.wait()
        let text = String(decoding: bytes, as: UTF8.self)
        if isLate { throw Failure(description: "\(arguments[0]) took longer than 10 s") }
        guard isGood else {
            let first = text.split(separator: "\n").first.map { ": \($0.prefix(200))" } ?? ""
            throw Failure(description: "\(arguments[0]) failed\(first)")
        }
        return ProgramOutput(text: text, wholeBytes: whole)
    }

    /// The last bytes, how many there were, and whether the time was over before the end.
    private static func read(
        _ descriptor: Int32, limit: Int
    ) -> (bytes: [UInt8], whole: Int, isLate: Bool) {
        let clock = SystemClock()
        let begin = clock.now()
        var (bytes, whole): ([UInt8], Int) = ([], 0)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let rest = Self.seconds - (clock.now() - begin).seconds
            guard rest > 0 else { return (bytes, whole, true) }
            var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&interest, 1, Int32(rest * 1000) + 1) > 0 else { continue }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk[..<count]
            whole += count
            if bytes.count > 2 * limit { bytes = Array(bytes.suffix(limit)) }
        }
        bytes = Array(bytes.suffix(limit))
        // Half a line may have half a secret, which nobody knows.
        if whole > bytes.count {
            bytes = bytes.firstIndex(of: 0x0A).map { Array(bytes[($0 + 1)...]) } ?? []
        }
        return (bytes, whole, false)
    }
}
