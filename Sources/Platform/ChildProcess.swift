import Glibc

/// A program started by this one, with its output in a file. For tools that set up a scene of
/// several processes; ended and awaited by its owner.
public struct ChildProcess: Sendable {
    /// Its process id.
    public let pid: pid_t

    /// Starts a program found by PATH.
    ///
    /// - Parameters:
    ///   - arguments: The program and its arguments.
    ///   - output: The file that standard output and standard error are appended to.
    /// - Throws: `SystemError` if the program could not be started.
    public init(_ arguments: [String], output: String) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // A group of its own: Ctrl-C in the terminal reaches its owner alone, who ends it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its signals are its own: what this thread blocks must not be blocked there.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | Int32(POSIX_SPAWN_SETSIGMASK)))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var pid = pid_t()
        let failure = posix_spawnp(
            &pid, arguments.first ?? "", &actions, &attributes, words, environ)
        guard failure == 0 else {
            throw SystemError("start", arguments.first ?? "", errno: failure)
        }
        self.pid = pid
    }

    /// Whether it has ended; a child that has is buried by this.
    public var hasEnded: Bool {
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) != 0
    }

    /// Asks it to end and waits until it has, at most 5 s; then it is killed.
    public func end() {
        kill(pid, SIGTERM)
        for _ in 0..<500 {
            if hasEnded { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}
