import Glibc

/// A program started by this one. For tools that set up a scene of several processes; ended and
/// awaited by its owner.
public struct ChildProcess: Sendable {
    /// Who else gets the signals that it gets from a terminal.
    public enum Group: Sendable {
        /// Nobody: Ctrl-C reaches its owner alone, who ends it.
        case own
        /// Its owner: Ctrl-C and a terminal that is closed end both.
        case ofOwner
    }

    /// Its process id.
    public let pid: pid_t

    /// Starts a program found by PATH, with its output in a file.
    ///
    /// - Parameters:
    ///   - arguments: The program and its arguments.
    ///   - output: The file that standard output and standard error are appended to.
    /// - Throws: `SystemError` if the program could not be started.
    public init(_ arguments: [String], output: String) throws(SystemError) {
        let descriptor = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", output) }
        defer { close(descriptor) }
        try self.init(arguments, output: descriptor, group: .own)
    }

    /// Starts a program found by PATH.
    ///
    /// - Parameter output: What standard output and standard error are written to; the owner's.
    /// - Throws: `SystemError` if the program could not be started.
    public init(_ arguments: [String], output: Int32, group: Group) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its signals are its own: what this thread blocks must not be blocked there.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let groupFlag = group == .own ? Int32(POSIX_SPAWN_SETPGROUP) : 0
        posix_spawnattr_setflags(&attributes, Int16(groupFlag | Int32(POSIX_SPAWN_SETSIGMASK)))
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

    /// Waits for its end. Returns whether it ended well.
    public func wait() -> Bool {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }

    /// Asks it to end and waits until it has; then it is killed.
    ///
    /// - Parameter seconds: How long it may take.
    public func end(within seconds: Int = 5) {
        kill(pid, SIGTERM)
        for _ in 0..<(seconds * 100) {
            if hasEnded { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        _ = wait()
    }
}
