import Glibc
import Platform
import Telemetry

/// A program in a process of its own: a server of another library, or this project's own binary.
///
/// It never outlives the test, however that ends: the kernel kills it when the thread that started
/// it is gone (prctl(2), PR_SET_PDEATHSIG, by setpriv(1)).
public actor TestProcess {
    /// How a process has ended, and what it has said.
    public struct Outcome: Sendable, Equatable {
        /// The exit code; negative the signal that ended it.
        public var code: Int32
        /// All of its standard output.
        public var output: String
        /// All of its standard error.
        public var errors: String
    }

    /// The two streams that a program writes to.
    public enum Stream: Int, Sendable {
        /// Standard output.
        case output
        /// Standard error.
        case errors
    }

    /// What was waited for did not come.
    public struct Failure: Error, CustomStringConvertible {
        /// What was waited for, and all that the program has said.
        public let description: String
    }

    /// The package's folder, two above this file's.
    public static let packageFolder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// How long a program may take to say or do what it is to. The first start of a server may
    /// have to install what it needs.
    private static let patience = Duration.seconds(120)

    private let executor = ThreadExecutor(name: "test-process")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let arguments: [String]
    private let clock = SystemClock()
    private var pid: pid_t = 0
    private var pipes: [TestPipe] = []

    /// A program found by PATH or its path, with its arguments; not started yet.
    public init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// A program of this project's tests, by its name in Tests/Support.
    public init(support program: String, _ arguments: [String] = []) {
        self.arguments = [TestProcess.packageFolder + "/Tests/Support/" + program] + arguments
    }

    /// This project's binary.
    public init(armadio arguments: [String]) throws(SystemError) {
        self.arguments = [try TestProcess.armadio] + arguments
    }

    /// The path of this project's binary, which lies beside that of the tests.
    public static var armadio: String {
        get throws(SystemError) { try besideTheTests("armadio") }
    }

    private static func besideTheTests(_ program: String) throws(SystemError) -> String {
        guard let tests = linkTarget("/proc/self/exe") else {
            throw SystemError("readlink", "/proc/self/exe")
        }
        let folder = tests.split(separator: "/").dropLast().joined(separator: "/")
        return "/" + folder + "/" + program
    }

    deinit {
        guard pid > 0 else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// Starts the program.
    ///
    /// - Throws: `SystemError` if it cannot be started.
    public func start() throws(SystemError) {
        let (output, errors) = (try TestPipe(), try TestPipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.far, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.far, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its signals are its own: what this thread blocks must not be blocked there.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] =
            (["setpriv", "--pdeathsig", "KILL"] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        let failure = posix_spawnp(&pid, "setpriv", &actions, &attributes, words, environ)
        guard failure == 0 else { throw SystemError("start", arguments[0], errno: failure) }
        output.closeFar()
        errors.closeFar()
        pipes = [output, errors]
    }

    /// The next line on a stream that contains `text`. Lines before it are passed over.
    ///
    /// - Throws: `Failure` if the program ends before, or lets `patience` pass.
    public func line(
        containing text: String = "", on stream: Stream = .output
    ) throws(Failure) -> String {
        let deadline = clock.now() + Self.patience
        while true {
            while let line = pipes[stream.rawValue].nextLine() {
                if line.contains(text) { return line }
            }
            guard pump(until: deadline) else {
                throw failure("did not say `\(text)`")
            }
        }
    }

    /// Sends it a signal.
    public func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Waits until it has ended, by itself or by `signal`.
    ///
    /// - Throws: `Failure` if it lets `patience` pass; it is killed then.
    @discardableResult
    public func end(_ number: Int32? = nil) throws(Failure) -> Outcome {
        if let number { kill(pid, number) }
        let deadline = clock.now() + Self.patience
        while pump(until: deadline) {}
        guard pipes.allSatisfy({ !$0.isOpen }) else {
            let failure = failure("did not end")
            kill(pid, SIGKILL)
            throw failure
        }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        pid = 0
        return Outcome(
            code: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F),
            output: pipes[0].text, errors: pipes[1].text)
    }

    /// Starts it and waits for its end.
    ///
    /// - Throws: `SystemError` or `Failure`.
    public func run() throws -> Outcome {
        try start()
        return try end()
    }

    /// Takes in what the program says next. Returns whether there may be more before `deadline`.
    private func pump(until deadline: Instant) -> Bool {
        let open = pipes.filter(\.isOpen)
        let left = deadline - clock.now()
        guard !open.isEmpty, left > .zero else { return false }
        var waits = open.map { pollfd(fd: $0.near, events: Int16(POLLIN), revents: 0) }
        _ = poll(&waits, nfds_t(waits.count), Int32(left.nanoseconds / 1_000_000 + 1))
        for (pipe, wait) in zip(open, waits) where wait.revents != 0 { pipe.take() }
        return true
    }

    private func failure(_ what: String) -> Failure {
        Failure(
            description: "\(arguments.joined(separator: " ")) \(what)\n"
                + "output:\n\(pipes[0].text)\nerrors:\n\(pipes[1].text)")
    }
}

/// A pipe from a program, with all that came through it.
private final class TestPipe {
    let near: Int32
    private(set) var far: Int32
    private(set) var isOpen = true
    private var bytes: [UInt8] = []
    private var seen = 0

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        // Closed on exec: no other test's program inherits it.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        close(near)
        closeFar()
    }

    func closeFar() {
        if far >= 0 { close(far) }
        far = -1
    }

    func take() {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = read(near, &chunk, chunk.count)
        if count > 0 { bytes += chunk[..<count] } else { isOpen = false }
    }

    func nextLine() -> String? {
        guard let end = bytes[seen...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { seen = end + 1 }
        return String(decoding: bytes[seen..<end], as: UTF8.self)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
