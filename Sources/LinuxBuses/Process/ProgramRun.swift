import Buses
import Glibc
import Telemetry

/// One run of a program: what it has written so far, and what it has not read yet.
struct ProgramRun {
    /// What came of reading.
    enum State {
        /// There may be more later.
        case open
        /// It has closed its output, or has ended.
        case over
        /// It has broken a bound.
        case excess(LineBuffer.Excess)
    }

    /// The most that is read of standard error at a time, in pieces of `piece` bytes.
    private static let remarkPieces = 4
    private static let piece = 65536

    let child: ProgramChild
    /// Counts the runs.
    let number: UInt64
    let start: Instant
    private var lines = LineBuffer()
    private var remarks = RemarkBuffer()
    /// The rest of a line that the program has not read yet: at most one line.
    private(set) var unread: ArraySlice<UInt8> = []

    init(_ child: ProgramChild, number: UInt64, start: Instant) {
        (self.child, self.number, self.start) = (child, number, start)
    }

    /// Reads what is there.
    mutating func read() -> (output: ProgramOutput, state: State) {
        // Looked at first: what it wrote before its end is there then.
        let hasEnded = child.hasEnded
        var state = readLines()
        readRemarks()
        if case .open = state, hasEnded { state = .over }
        if case .over = state { remarks.endLine() }
        var output = ProgramOutput()
        output.lines = lines.takeLines()
        (output.remarks, output.droppedRemarks) = remarks.take()
        return (output, state)
    }

    private mutating func readLines() -> State {
        var chunk = [UInt8](repeating: 0, count: Self.piece)
        while true {
            let count = Glibc.read(child.output, &chunk, chunk.count)
            guard count > 0 else {
                return count < 0 && (errno == EAGAIN || errno == EINTR) ? .open : .over
            }
            do throws(LineBuffer.Excess) {
                try lines.append(chunk[..<count])
            } catch {
                return .excess(error)
            }
        }
    }

    private mutating func readRemarks() {
        guard child.errors >= 0 else { return }
        var chunk = [UInt8](repeating: 0, count: Self.piece)
        for _ in 0..<Self.remarkPieces {
            let count = Glibc.read(child.errors, &chunk, chunk.count)
            if count == 0 { child.closeErrors() }
            guard count > 0 else { return }
            remarks.append(chunk[..<count])
        }
    }

    /// Begins a line behind what is not read yet.
    mutating func begin(_ line: [UInt8]) {
        unread = unread + line + [UInt8(ascii: "\n")]
    }

    /// Writes what there is room for. Returns whether the program can still be written to.
    mutating func write() -> Bool {
        while !unread.isEmpty {
            let count = unread.withUnsafeBytes {
                Glibc.write(child.input, $0.baseAddress, $0.count)
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            unread = unread.dropFirst(count)
        }
        return true
    }
}
