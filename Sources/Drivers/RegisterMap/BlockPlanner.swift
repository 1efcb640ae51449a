import Buses

/// One request that brings the values of one or more points.
struct RegisterBlock: Hashable, Sendable {
    /// A point in the block: its channel, and where its first register or bit lies.
    struct Member: Hashable, Sendable {
        var channel: Int
        var start: Int
        var length: Int
    }

    var table: RegisterTable
    var start: Int
    var length: Int
    var members: [Member]

    var end: Int { start + length }

    /// Whether it reads anything that no point wants.
    var hasGaps: Bool {
        var next = start
        for member in members {
            if member.start > next { return true }
            next = max(next, member.start + member.length)
        }
        return false
    }

    /// How many of its registers or bits a point wants.
    var wanted: Int {
        var (count, next) = (0, start)
        for member in members {
            let end = member.start + member.length
            count += max(0, end - max(next, member.start))
            next = max(next, end)
        }
        return count
    }

    /// The request that reads it.
    var operation: ModbusRequest.Operation {
        let address = UInt16(start)
        return switch table {
        case .holding: .readHoldingRegisters(address: address, count: length)
        case .input: .readInputRegisters(address: address, count: length)
        case .coil: .readCoils(address: address, count: length)
        case .discrete: .readDiscreteInputs(address: address, count: length)
        }
    }
}

/// Puts neighbouring registers into one request.
struct BlockPlanner: Sendable {
    /// The most registers in one answer.
    var maximumRegisters: Int
    /// The widest hole that is read along.
    var maximumGap: Int

    /// A hole of this many registers costs 17 bytes on the line, less than the 8 bytes of another
    /// request, the 5 of its answer and the silences around them.
    static let defaultGap = 8

    /// The requests for these members of a table, in order of address.
    func plan(_ members: [RegisterBlock.Member], in table: RegisterTable) -> [RegisterBlock] {
        let limit = table.isBits ? ModbusLimits.readBits : maximumRegisters
        var blocks: [RegisterBlock] = []
        for member in members.sorted(by: { ($0.start, $0.channel) < ($1.start, $1.channel) }) {
            let end = member.start + member.length
            if let last = blocks.last, member.start <= last.end + maximumGap,
                max(end, last.end) - last.start <= limit
            {
                blocks[blocks.count - 1].members.append(member)
                blocks[blocks.count - 1].length = max(end, last.end) - last.start
            } else {
                blocks.append(
                    RegisterBlock(
                        table: table, start: member.start, length: member.length,
                        members: [member]))
            }
        }
        return blocks
    }
}
