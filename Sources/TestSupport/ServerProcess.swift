import Glibc
import Platform

/// A server in a process of its own, for tests against the real thing.
///
/// The program says on its standard output, in one line, that it serves (and where), and ends when
/// its standard input does: it never outlives the test, however that ends.
public actor ServerProcess {
    /// How long a server may take to say that it serves. A first start installs what it needs.
    private static let startMilliseconds: Int32 = 300_000

    private let executor = ThreadExecutor(name: "server-process")
    /// The thread on which it is started and waited for.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let arguments: [String]
    private var pid: pid_t = 0
    /// Our end of its standard input and output.
    private var channel: Int32 = -1

    /// A program below the package's folder, with its arguments; not started yet.
    public init(_ program: String, _ arguments: String...) {
        // The folder of the package is two above that of this file.
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        self.arguments = ["/" + folder + "/" + program] + arguments
    }

    deinit {
        Self.end(pid, channel)
    }

    /// Starts the program and waits for its first line.
    ///
    /// - Returns: That line.
    /// - Throws: `SystemError` if it cannot be started, or ends without a line.
    public func start() throws(SystemError) -> String {
        var ends: [Int32] = [-1, -1]
        // Closed on exec from the start: no other test's server inherits it.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        channel = ends[0]
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        let failure = posix_spawn(&pid, arguments[0], &actions, nil, words, environ)
        guard failure == 0 else { throw SystemError("start", arguments[0], errno: failure) }
        return try firstLine()
    }

    /// Ends the server and waits until it is gone.
    public func stop() {
        Self.end(pid, channel)
        (pid, channel) = (0, -1)
    }

    private func firstLine() throws(SystemError) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            var wait = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wait, 1, Self.startMilliseconds)
            guard ready > 0 else { throw SystemError("start", arguments[0], errno: ETIMEDOUT) }
            guard read(channel, &byte, 1) == 1 else {
                throw SystemError("start", arguments[0], errno: EPIPE)
            }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
    }

    private static func end(_ pid: pid_t, _ channel: Int32) {
        if channel >= 0 { close(channel) }
        guard pid > 0 else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
