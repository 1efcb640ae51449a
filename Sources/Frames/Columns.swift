/// Forms of columns that more than one column has: runs and jumps (`FrameBody`).
extension ByteWriter {
    /// Runs of a column of bytes.
    mutating func putRuns<T>(_ column: [T], _ byte: (T) -> UInt8) {
        var index = 0
        while index < column.count {
            let value = byte(column[index])
            let begin = index
            while index < column.count, byte(column[index]) == value { index += 1 }
            putVarint(UInt64(index - begin))
            put(value)
        }
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
    mutating func readRuns<T>(count: Int, _ meaning: (UInt8) -> T?) throws(Malformed) -> [T] {
        var column: [T] = []
        column.reserveCapacity(count)
        while column.count < count {
            let length = try readCount(limit: count - column.count)
            guard length > 0, let value = meaning(try read()) else { throw Malformed() }
            column.append(contentsOf: repeatElement(value, count: length))
        }
        return column
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
