import Buses
import Telemetry

/// Cuts what a program writes into lines, within the bounds of `ProgramOutput`.
struct LineBuffer {
    /// Which bound was broken.
    enum Excess: Error, Hashable {
        case longLine, flood, remarks
    }

    /// Whole lines, without their ends.
    private(set) var lines: [[UInt8]] = []
    private var waitingBytes = 0
    /// The line that has no end yet.
    private var rest: [UInt8] = []

    /// Takes in what was read.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws(Excess) {
        var left = bytes
        while let end = left.firstIndex(of: UInt8(ascii: "\n")) {
            rest += left[..<end]
            left = left[(end + 1)...]
            guard rest.count <= ProgramOutput.longestLine else { throw .longLine }
            waitingBytes += rest.count
            lines.append(rest)
            rest = []
            guard lines.count <= ProgramOutput.mostLines, waitingBytes <= ProgramOutput.mostBytes
            else { throw .flood }
        }
        rest += left
        guard rest.count <= ProgramOutput.longestLine else { throw .longLine }
    }

    /// Hands the whole lines out.
    mutating func takeLines() -> [[UInt8]] {
        defer { (lines, waitingBytes) = ([], 0) }
        return lines
    }
}

/// Counts bytes, second by second.
struct ByteRate {
    /// The most in a second.
    var limit: Int
    private var begin = Instant(nanoseconds: 0)
    private var count = 0

    init(limit: Int) { self.limit = limit }

    /// Counts. Returns whether it is too much.
    mutating func exceeds(adding bytes: Int, at now: Instant) -> Bool {
        if now - begin >= .seconds(1) { (begin, count) = (now, 0) }
        count += bytes
        return count > limit
    }
}

/// Lines of standard error, for the log: few, short and printable.
struct RemarkBuffer {
    private(set) var remarks: [String] = []
    private(set) var dropped = 0
    /// The beginning of the line that has no end yet.
    private var rest: [UInt8] = []

    /// Takes in what was read.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        var left = bytes
        while let end = left.firstIndex(of: UInt8(ascii: "\n")) {
            extend(left[..<end])
            left = left[(end + 1)...]
            endLine()
        }
        extend(left)
    }

    /// Ends the line that has begun, if one has; an empty line is none.
    mutating func endLine() {
        defer { rest = [] }
        guard !rest.isEmpty else { return }
        guard remarks.count < ProgramOutput.mostRemarks else {
            dropped += 1
            return
        }
        remarks.append(
            String(decoding: rest, as: UTF8.self).printable(ProgramOutput.longestRemark))
    }

    /// Hands them out.
    mutating func take() -> (remarks: [String], dropped: Int) {
        defer { (remarks, dropped) = ([], 0) }
        return (remarks, dropped)
    }

    private mutating func extend(_ bytes: ArraySlice<UInt8>) {
        rest += bytes.prefix(ProgramOutput.longestRemark - rest.count)
    }
}
