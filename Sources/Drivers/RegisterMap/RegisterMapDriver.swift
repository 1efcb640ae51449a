import Buses
import Telemetry

/// Any Modbus device whose registers the configuration lists.
final class RegisterMapDriver: Driver {
    /// One point as the driver reads it.
    struct Register: Sendable {
        var name: String
        var table: RegisterTable
        var address: UInt16
        var codec: RegisterCodec
        /// The address of the register with its power of ten, in the same table.
        var scaleFactor: UInt16?
        /// nil if it is not to be written.
        var writing: WriteRules?
    }

    private let bus: any ModbusBus
    private let unit: UInt8
    private let responseTimeout: Duration?
    private let registers: [Register]
    private let planner: BlockPlanner
    /// For each poll group its requests.
    private var blocks: [[RegisterBlock]] = []
    /// What is read beside the points; its members' channels follow those of the points.
    private var scaleFactors: ScaleFactorReads

    init(
        bus: any ModbusBus, unit: UInt8, responseTimeout: Duration?, planner: BlockPlanner,
        registers: [Register]
    ) {
        self.bus = bus
        self.unit = unit
        self.responseTimeout = responseTimeout
        self.planner = planner
        self.registers = registers
        scaleFactors = ScaleFactorReads(registers)
    }

    func arrange(groups: [[Int]]) {
        blocks = groups.map { channels in
            RegisterTable.allCases.flatMap { table in
                let points = channels.filter { registers[$0].table == table }
                return planner.plan(
                    points.map(member) + scaleFactors.members(for: points), in: table)
            }
        }
    }

    private func member(_ channel: Int) -> RegisterBlock.Member {
        let register = registers[channel]
        return RegisterBlock.Member(
            channel: channel, start: Int(register.address), length: register.codec.registers)
    }

    var planSummary: PlanSummary? {
        let all = blocks.flatMap { $0 }
        return PlanSummary(
            requests: all.count, read: all.reduce(0) { $0 + $1.length },
            wanted: all.reduce(0) { $0 + $1.wanted })
    }

    // MARK: Reading

    func poll(group: Int, into sink: any SampleSink) async {
        var refused: [RegisterBlock] = []
        var silence: BusError?
        for block in blocks[group] {
            if let silence {
                // One time-out a poll is enough: a mute device must not cost one for each block.
                spoil(block, silence.quality, at: sink.now(), into: sink)
                continue
            }
            guard let failure = await read(block, into: sink) else { continue }
            if failure.code == .timeout || failure.code == .disconnected { silence = failure }
            if failure.quality == .illegalAddress && block.hasGaps { refused.append(block) }
        }
        scaleFactors.settle(registers, into: sink)
        for block in refused { split(block, of: group) }
    }

    /// Reads one block. Returns how it failed, if it did.
    private func read(_ block: RegisterBlock, into sink: any SampleSink) async -> BusError? {
        let request = ModbusRequest(
            unit: unit, block.operation, responseTimeout: responseTimeout)
        let start = sink.now()
        do throws(BusError) {
            let response = try await bus.transfer(request)
            let instant = sink.now()
            try deliver(response, of: block, at: instant, to: sink)
            sink.note(transfer: instant - start, failure: nil)
            return nil
        } catch {
            let instant = sink.now()
            sink.note(transfer: instant - start, failure: error)
            spoil(block, error.quality, at: instant, into: sink)
            return error
        }
    }

    /// Every point of the block gets a sample without a value.
    private func spoil(
        _ block: RegisterBlock, _ quality: Quality, at instant: Instant, into sink: any SampleSink
    ) {
        for member in block.members where !scaleFactors.fail(member.channel, quality) {
            sink.take(
                Sample(channel: member.channel, value: nil, quality: quality, instant: instant))
        }
    }

    private func deliver(
        _ response: ModbusResponse, of block: RegisterBlock, at instant: Instant,
        to sink: any SampleSink
    ) throws(BusError) {
        switch response {
        case .registers(let words) where words.count == block.length:
            for member in block.members {
                let start = member.start - block.start
                if scaleFactors.keep(member, words, from: start, at: instant) { continue }
                let (value, quality) = registers[member.channel].codec.decode(words, from: start)
                sink.take(
                    Sample(
                        channel: member.channel, value: value, quality: quality, instant: instant))
            }
        case .bits(let bits) where bits.count == block.length:
            for member in block.members {
                let bit = bits[member.start - block.start]
                sink.take(
                    Sample(
                        channel: member.channel,
                        value: registers[member.channel].codec.decode(bit: bit), quality: .good,
                        instant: instant))
            }
        default:
            throw BusError(.corrupt, "the answer is not as long as was asked for")
        }
    }

    /// A device may refuse a block for a register in its holes: from now on it is asked without.
    private func split(_ block: RegisterBlock, of group: Int) {
        guard let index = blocks[group].firstIndex(of: block) else { return }
        let strict = BlockPlanner(maximumRegisters: planner.maximumRegisters, maximumGap: 0)
        blocks[group].replaceSubrange(
            index...index, with: strict.plan(block.members, in: block.table))
    }

    // MARK: Writing

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        let register = registers[channel]
        guard let rules = register.writing else { throw .notWritable(channel: register.name) }
        let accepted = try register.accept(value, within: rules.range)
        let writer = RegisterWriter(bus: bus, unit: unit, responseTimeout: responseTimeout)
        let shown = try await writer.write(accepted, to: register, by: rules, clock: sink)
        if let shown {
            sink.take(
                Sample(channel: channel, value: shown, quality: .good, instant: sink.now()))
        }
        return shown
    }
}
