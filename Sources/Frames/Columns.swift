/// Forms of columns that more than one column has: runs and jumps (`FrameBody`).
extension ByteWriter {
    /// Runs of a column of bytes; the length of the last is 0 if it is open.
    mutating func putRuns<T>(_ column: [T], isOpen: Bool = false, _ byte: (T) -> UInt8) {
        var index = 0
        while index < column.count {
            let value = byte(column[index])
            let begin = index
            while index < column.count, byte(column[index]) == value { index += 1 }
            putVarint(isOpen && index == column.count ? 0 : UInt64(index - begin))
            put(value)
        }
    }

    /// Lengths as pairs: how long, how many of that length in a row.
    mutating func putLengths(_ lengths: some Sequence<Int>) {
        var (last, more) = (0, 0)
        func pair(_ out: inout ByteWriter) {
            guard last > 0 else { return }
            out.putVarint(UInt64(last))
            out.putVarint(UInt64(more))
        }
        for length in lengths {
            if length == last {
                more += 1
            } else {
                pair(&self)
                (last, more) = (length, 1)
            }
        }
        pair(&self)
    }

    /// Indices that mostly count up by one, where 0 comes behind the last of `end`.
    mutating func putJumps(_ column: [Int], wrapsAt end: Int = 0) {
        var expected = 0
        var index = 0
        while index < column.count {
            putZigzag(Int64(column[index] - expected))
            let begin = index
            repeat {
                expected = column[index] + 1 == end ? 0 : column[index] + 1
                index += 1
            } while index < column.count && column[index] == expected
            putVarint(UInt64(index - begin - 1))
        }
    }
}

extension ByteReader {
    /// What `putRuns` wrote, by the meaning of a byte.
    mutating func readRuns<T>(
        count: Int, isOpen: Bool = false, _ meaning: (UInt8) -> T?
    ) throws(Malformed) -> [T] {
        var column: [T] = []
        column.reserveCapacity(count)
        while column.count < count {
            var length = try readCount(limit: count - column.count)
            if isOpen, length == 0 { length = count - column.count }
            guard length > 0, let value = meaning(try read()) else { throw Malformed() }
            column.append(contentsOf: repeatElement(value, count: length))
        }
        return column
    }

    /// What `putLengths` wrote: lengths of at least 1, `count` in all.
    mutating func readLengths(count: Int) throws(Malformed) -> [Int] {
        var (lengths, left) = ([Int](), count)
        while left > 0 {
            let length = try readCount(limit: left)
            guard length > 0 else { throw Malformed() }
            let times = try readCount(limit: left / length)
            guard times > 0 else { throw Malformed() }
            lengths.append(contentsOf: repeatElement(length, count: times))
            left -= length * times
        }
        return lengths
    }

    /// What `putJumps` wrote: indices below a limit.
    mutating func readJumps(
        count: Int, below limit: Int, wrapsAt end: Int = 0
    ) throws(Malformed) -> [Int] {
        var column: [Int] = []
        column.reserveCapacity(count)
        var expected = 0
        while column.count < count {
            let (index, overflow) = try readZigzag().addingReportingOverflow(Int64(expected))
            guard !overflow, index >= 0, index < Int64(limit) else { throw Malformed() }
            let more = try readCount(limit: count - column.count - 1)
            var next = Int(index)
            for _ in 0...more {
                guard next < limit else { throw Malformed() }
                column.append(next)
                next = next + 1 == end ? 0 : next + 1
            }
            expected = next
        }
        return column
    }
}
