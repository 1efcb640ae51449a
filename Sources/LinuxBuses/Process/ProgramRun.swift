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

    /// How much is read at a time, in bytes: what a pipe holds (pipe(7)).
    private static let piece = 65536

    let child: ProgramChild
    /// Counts the runs.
    let number: UInt64
    let start: Instant
    private var lines = LineBuffer()
    private var remarks = RemarkBuffer()
    private var lineRate = ByteRate(limit: ProgramOutput.mostBytes)
    private var remarkRate = ByteRate(limit: ProgramOutput.mostRemarkBytes)
    /// The rest of a line that the program has not read yet: at most one line.
    private(set) var unread: ArraySlice<UInt8> = []

    init(_ child: ProgramChild, number: UInt64, start: Instant) {
        (self.child, self.number, self.start) = (child, number, start)
    }

    /// Reads what is there.
    mutating func read(at now: Instant) -> (output: ProgramOutput, state: State) {
        // Looked at first: what it wrote before its end is there then.
        let hasEnded = child.hasEnded
        var state = readLines(at: now)
        if !readRemarks(at: now) { state = .excess(.remarks) }
        if case .open = state, hasEnded { state = .over }
        if case .over = state { remarks.endLine() }
        var output = ProgramOutput()
        output.lines = lines.takeLines()
        (output.remarks, output.droppedRemarks) = remarks.take()
        return (output, state)
    }

    private mutating func readLines(at now: Instant) -> State {
        var chunk = [UInt8](repeating: 0, count: Self.piece)
        while true {
            let count = Glibc.read(child.output, &chunk, chunk.count)
            guard count > 0 else {
                return count < 0 && (errno == EAGAIN || errno == EINTR) ? .open : .over
            }
            if lineRate.exceeds(adding: count, at: now) { return .excess(.flood) }
            do throws(LineBuffer.Excess) {
                try lines.append(chunk[..<count])
            } catch {
                return .excess(error)
            }
        }
    }

    /// Returns whether it was not too much.
    private mutating func readRemarks(at now: Instant) -> Bool {
        var chunk = [UInt8](repeating: 0, count: Self.piece)
        while child.errors >= 0 {
            let count = Glibc.read(child.errors, &chunk, chunk.count)
            if count == 0 { child.closeErrors() }
            guard count > 0 else { break }
            if remarkRate.exceeds(adding: count, at: now) { return false }
            remarks.append(chunk[..<count])
        }
        return true
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
