import Glibc

/// The whole terminal as a screen for frames, with keys one by one. Whoever enters it leaves it on
/// every way out. For one thread, which may be held up by a slow terminal.
public final class TerminalScreen {
    private var saved: termios?
    private var painter: FramePainter
    private var decoder = KeyDecoder()
    /// Whether the terminal is gone: what is written is lost then.
    public private(set) var isGone = false

    /// The terminal of this process; nil if input or output is none.
    public init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
        painter = FramePainter(isColourful: isColourful)
    }

    deinit { leave() }

    /// How large it is now.
    public var size: TerminalSize {
        TerminalSize.output ?? TerminalSize(rows: 24, columns: 80)
    }

    /// Takes the terminal: another page of it, no cursor, keys neither shown nor collected to lines.
    /// Ctrl-C and Ctrl-Z are keys.
    public func enter() {
        var settings = termios()
        guard saved == nil, tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
        saved = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        settings.c_iflag &= ~tcflag_t(IXON | ICRNL)
        // A read returns at once with what is there (termios(3), VMIN and VTIME both 0).
        withUnsafeMutableBytes(of: &settings.c_cc) {
            $0[Int(VMIN)] = 0
            $0[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        painter.forget()
        send("\u{1B}[?1049h\u{1B}[?25l")
    }

    /// Gives the terminal back as it was.
    public func leave() {
        guard var settings = saved else { return }
        saved = nil
        send("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
        // What was typed meanwhile was not meant for the shell.
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }

    /// Gives it back, stops the process until somebody lets it go on, and takes it again.
    public func stopProcess() {
        leave()
        // To this thread, which so does not come to take the terminal again before it stops.
        raise(SIGSTOP)
        enter()
    }

    /// Takes it again after somebody else may have had it.
    public func takeAgain() {
        guard saved != nil else { return }
        leave()
        enter()
    }

    /// Shows these lines.
    public func draw(_ lines: [StyledLine]) {
        send(painter.paint(lines, on: size))
    }

    // MARK: Keys

    /// How long to wait for more of a key, in milliseconds; nil if none has begun.
    public var keyPatience: Int32? {
        decoder.isWaiting ? KeyDecoder.patienceMilliseconds : nil
    }

    /// The keys that were pressed. Never blocks.
    public func keys() -> [Key] {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&input, 1, 0) == 1 else { return [] }
        var chunk = [UInt8](repeating: 0, count: 1024)
        let count = read(STDIN_FILENO, &chunk, chunk.count)
        // A window that was closed is readable for ever and has nothing.
        if count <= 0, Int32(input.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0 { isGone = true }
        return count > 0 ? decoder.take(chunk[..<count]) : []
    }

    /// The same when no more came for so long.
    public func keysTimedOut() -> [Key] { decoder.timeOut() }

    // MARK: Output

    private func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, !isGone {
            let count = rest.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest.removeFirst(count)
            } else if errno == EAGAIN {
                // The shell's other programs may have made it nonblocking for all.
                var room = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, 1000)
            } else if errno != EINTR {
                isGone = true
            }
        }
    }
}
