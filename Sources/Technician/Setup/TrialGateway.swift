import Glibc
import Platform

/// A program that the wizard starts: a gateway for the time of its proof, or systemctl.
struct ChildProgram: ~Copyable {
    /// How much of what it said is shown, in bytes from the end.
    private static let tailBytes = 2000
    /// How long a gateway has to send what can be sent.
    private static let endSeconds = 10

    private var pid: pid_t = 0
    private let log: Int32

    /// Starts a program, by its path or PATH; what it says is kept.
    init(_ arguments: [String]) throws(SystemError) {
        log = open("/tmp", Int32(__O_TMPFILE) | O_RDWR | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SystemError("open", "/tmp") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        let failure = posix_spawnp(&pid, arguments[0], &actions, nil, words, environ)
        guard failure == 0 else { throw SystemError("start", arguments[0], errno: failure) }
    }

    deinit {
        if pid > 0 {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(log)
    }

    /// Waits for its end. Returns whether it ended well.
    mutating func wait() -> Bool {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        pid = 0
        return status == 0
    }

    /// Ends it in an orderly way, and kills it if that takes too long.
    mutating func end() {
        guard pid > 0 else { return }
        kill(pid, SIGTERM)
        for _ in 0..<(Self.endSeconds * 10) {
            if waitpid(pid, nil, WNOHANG) != 0 {
                pid = 0
                return
            }
            usleep(100_000)
        }
    }

    /// The last of what it said.
    var tail: String {
        let size = lseek(log, 0, SEEK_END)
        let start = max(0, size - Self.tailBytes)
        var bytes = [UInt8](repeating: 0, count: Self.tailBytes)
        let count = pread(log, &bytes, bytes.count, start)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
