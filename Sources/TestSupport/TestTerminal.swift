import Glibc
import Platform

/// A program on a terminal of its own, as a person has it before them: keys go in, a screen comes
/// out. When the test lets go of it the terminal hangs up, which ends the program (termios(3)).
public actor TestTerminal {
    /// The screen did not become what it should.
    public struct Failure: Error {
        /// What it showed.
        public var screen: String
    }

    /// How long the program may take for anything.
    private static let patience = Duration.seconds(60)
    /// TIOCSPTLCK, TIOCGPTN and TIOCSWINSZ of ioctl_tty(2), which Glibc's module does not have.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    private static let setSize: UInt = 0x5414

    private let executor = ThreadExecutor(name: "test-terminal")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private var master: Int32
    private var pid: pid_t = 0
    private var bytes: [UInt8] = []
    /// A terminal that does not know its size is taken for one of this.
    private var size = (rows: 24, columns: 80)

    /// Starts a program found by PATH, as leader of a session on a new terminal.
    ///
    /// - Throws: `SystemError` if it cannot be started.
    public init(_ arguments: [String]) throws(SystemError) {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (lock, number) = (Int32(0), Int32(0))
        guard master >= 0, ioctl(master, Self.setLock, &lock) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else { throw SystemError("open", "/dev/ptmx") }
        let name = "/dev/pts/\(number)"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name, O_RDWR | O_NOCTTY, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] =
            (["setsid", "--ctty"] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        let failure = posix_spawnp(&pid, "setsid", &actions, nil, words, environ)
        guard failure == 0 else { throw SystemError("start", arguments[0], errno: failure) }
    }

    deinit {
        if master >= 0 { close(master) }
        if pid > 0 { Self.await(pid) }
    }

    /// Presses a key.
    ///
    /// - Throws: `SystemError`.
    public func press(_ key: Character) throws(SystemError) {
        let key = Array(String(key).utf8)
        guard write(master, key, key.count) == key.count else { throw SystemError("write") }
    }

    /// Types a line, and its end.
    ///
    /// - Throws: `SystemError`.
    public func type(_ line: String) throws(SystemError) {
        for key in line + "\n" { try press(key) }
    }

    /// Waits until what has been written since `start` bytes fits. Returns all of it, by its bytes.
    ///
    /// - Throws: `Failure` if it does not come.
    @discardableResult
    public func output(since start: Int = 0, where fits: (String) -> Bool) throws -> Int {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if fits(String(decoding: bytes.dropFirst(start), as: UTF8.self)) { return bytes.count }
            guard ContinuousClock.now < deadline, pump() else { throw Failure(screen: text) }
        }
    }

    /// Closes the terminal's window.
    public func hangUp() {
        if master >= 0 { close(master) }
        master = -1
    }

    /// Waits for a screen that fits. Returns its text.
    ///
    /// - Throws: `Failure` if it does not come.
    @discardableResult
    public func screen(where fits: (String) -> Bool) throws -> String {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let shown = shown.text
            if fits(shown) { return shown }
            guard ContinuousClock.now < deadline, pump() else { throw Failure(screen: shown) }
        }
    }

    /// What is shown now.
    public var shown: TestScreen {
        var screen = TestScreen(rows: size.rows, columns: size.columns)
        // A character that is not whole yet is taken for a wrong one, until it is.
        screen.show(text)
        return screen
    }

    /// Makes the window larger or smaller, of which the program is told by SIGWINCH.
    ///
    /// - Throws: `SystemError`.
    public func resize(rows: Int, columns: Int) throws(SystemError) {
        size = (rows, columns)
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(master, Self.setSize, &size) == 0 else { throw SystemError("ioctl") }
    }

    /// Sends the program a signal.
    public func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Waits for its end. Returns its exit code, or the negative signal that ended it.
    @discardableResult
    public func end() -> Int32 {
        let status = Self.await(pid) { pump() }
        pid = 0
        while pump() {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    /// Waits until it was stopped, as by Ctrl-Z, and takes in what it has written.
    ///
    /// - Throws: `Failure` if it was not.
    public func waitUntilStopped() throws {
        let deadline = ContinuousClock.now + Self.patience
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG | WUNTRACED) == 0 {
            guard ContinuousClock.now < deadline, pump() else { throw Failure(screen: text) }
        }
        // The status of a stopped process has 0x7F in its lower byte (wait(2), WIFSTOPPED).
        guard status & 0xFF == 0x7F else { throw Failure(screen: text) }
        while poll(master) { _ = pump() }
    }

    private func poll(_ descriptor: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&waiting, 1, 0) == 1
    }

    /// Waits for the end of a process, which is killed if it does not come.
    @discardableResult
    private static func await(_ pid: pid_t, meanwhile pump: () -> Bool = { false }) -> Int32 {
        let deadline = ContinuousClock.now + patience
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            if !pump() { usleep(10_000) }
            if ContinuousClock.now > deadline { kill(pid, SIGKILL) }
        }
        return status
    }

    /// All that the program has written.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether keys are shown and lines edited, as before the program began.
    public var isCooked: Bool {
        var settings = termios()
        tcgetattr(master, &settings)
        return settings.c_lflag & tcflag_t(ICANON) != 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }

    /// The program's process id, which is that of its session, too.
    public var session: pid_t { pid }

    /// Takes in what comes within a tenth of a second. Returns false if no more can come.
    private func pump() -> Bool {
        guard master >= 0 else { return false }
        var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&waiting, 1, 100) == 1 else { return pid > 0 }
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = read(master, &chunk, chunk.count)
        if count > 0 { bytes += chunk[..<count] }
        return count > 0
    }
}
