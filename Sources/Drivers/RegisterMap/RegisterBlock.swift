import Buses

/// One request that brings the values of one or more points.
struct RegisterBlock: Hashable, Sendable {
    /// A point in the block: its channel, and where its first register or bit lies.
    struct Member: Hashable, Sendable {
        var channel: Int
        var start: Int
        var length: Int

        var end: Int { start + length }
    }

    var table: RegisterTable
    var start: Int
    var length: Int
    var members: [Member]

    var end: Int { start + length }

    /// How many of its registers or bits a point wants.
    var wanted: Int {
        var (count, next) = (0, start)
        for member in members {
            count += max(0, member.end - max(next, member.start))
            next = max(next, member.end)
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

extension RegisterBlock {
    /// A request for these members, which are in order of address.
    init(_ members: ArraySlice<Member>, in table: RegisterTable) {
        let start = members.first?.start ?? 0
        let end = members.map(\.end).max() ?? start
        self.init(table: table, start: start, length: end - start, members: Array(members))
    }

    /// Where it can be cut in two without cutting a member: before the member of this index, with
    /// the registers nobody wants between both parts. The cut nearest to the middle; nil if there is
    /// none.
    var middle: (index: Int, gap: Range<Int>)? {
        var cuts: [(index: Int, gap: Range<Int>)] = []
        var end = start
        for (index, member) in members.enumerated() {
            if index > 0, member.start >= end { cuts.append((index, end..<member.start)) }
            end = max(end, member.end)
        }
        let center = start + length / 2
        // A hole is the likelier culprit than a place where two wanted registers meet.
        let gaps = cuts.filter { !$0.gap.isEmpty }
        return (gaps.isEmpty ? cuts : gaps).min {
            abs($0.gap.lowerBound - center) < abs($1.gap.lowerBound - center)
        }
    }
}
