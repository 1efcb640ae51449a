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
    private let pause: Duration?
    private let memory: RegisterMapMemory
    private var plan: RegisterPlan
    /// What is read beside the points; its members' channels follow those of the points.
    private var scaleFactors: ScaleFactorReads

    init(
        bus: any ModbusBus, unit: UInt8, responseTimeout: Duration?, pause: Duration? = nil,
        planner: BlockPlanner, registers: [Register], memory: any DriverMemory = NoMemory()
    ) {
        self.bus = bus
        self.unit = unit
        self.responseTimeout = responseTimeout
        self.pause = pause
        self.registers = registers
        self.memory = RegisterMapMemory(memory: memory, registers: registers)
        var planner = planner
        planner.pace = bus.pace
        planner.delay += pause ?? .zero
        plan = RegisterPlan(planner: planner, holes: self.memory.holes)
        scaleFactors = ScaleFactorReads(registers)
    }

    func arrange(groups: [[Int]]) {
        plan.arrange(
            groups.map { channels in
                Dictionary(
                    uniqueKeysWithValues: RegisterTable.allCases.map { table in
                        let points = channels.filter { registers[$0].table == table }
                        return (table, points.map(member) + scaleFactors.members(for: points))
                    })
            })
    }

    private func member(_ channel: Int) -> RegisterBlock.Member {
        let register = registers[channel]
        return RegisterBlock.Member(
            channel: channel, start: Int(register.address), length: register.codec.registers)
    }

    var planSummary: PlanSummary? {
        let all = plan.blocks.flatMap { $0 }
        return PlanSummary(
            requests: all.count, read: all.reduce(0) { $0 + $1.length },
            wanted: all.reduce(0) { $0 + $1.wanted })
    }

    // MARK: Reading

    func poll(group: Int, into sink: any SampleSink) async {
        var silent: (block: RegisterBlock, failure: BusError)?
        var hasAnswered = false
        for block in plan.beginPoll(of: group, at: sink.now()) {
            // One time-out a poll is enough: a mute device must not cost one for each block.
            if let quality = silent?.failure.quality ?? plan.verdict(on: block, at: sink.now()) {
                spoil(block, quality, at: sink.now(), into: sink)
                continue
            }
            guard let failure = await read(block, into: sink) else {
                hasAnswered = true
                plan.answered(block)
                continue
            }
            if failure.isSilence { silent = (block, failure) }
            if failure.isRefusedAddress { plan.refuse(block, of: group, at: sink.now()) }
        }
        if let silent, silent.failure.code == .timeout {
            plan.leave(silent.block, deviceAnswers: hasAnswered, at: sink.now())
        } else if silent == nil {
            await settleDoubt(clock: sink)
        }
        scaleFactors.settle(registers, into: sink)
    }

    /// Asks for what the plan doubts: one request more, and no samples of it.
    private func settleDoubt(clock sink: any SampleSink) async {
        guard let block = plan.doubtful else { return }
        let start = sink.now()
        do throws(BusError) {
            _ = try await bus.transfer(request(block))
            sink.note(transfer: sink.now() - start, failure: nil)
            _ = plan.settle(block, isRefused: false)
        } catch {
            sink.note(transfer: sink.now() - start, failure: error)
            guard error.isRefusedAddress else { return }
            if plan.settle(block, isRefused: true) { memory.keep(plan.holes) }
        }
    }

    private func request(_ block: RegisterBlock) -> ModbusRequest {
        ModbusRequest(unit: unit, block.operation, responseTimeout: responseTimeout, pause: pause)
    }

    /// Reads one block. Returns how it failed, if it did.
    private func read(_ block: RegisterBlock, into sink: any SampleSink) async -> BusError? {
        let start = sink.now()
        do throws(BusError) {
            let response = try await bus.transfer(request(block))
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

    // MARK: Writing

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        let register = registers[channel]
        guard let rules = register.writing else { throw .notWritable(channel: register.name) }
        let accepted = try register.accept(value, within: rules.range)
        let writer = RegisterWriter(
            bus: bus, unit: unit, responseTimeout: responseTimeout, pause: pause)
        let shown = try await writer.write(accepted, to: register, by: rules, clock: sink)
        if let shown {
            sink.take(
                Sample(channel: channel, value: shown, quality: .good, instant: sink.now()))
        }
        return shown
    }
}

extension BusError {
    /// Whether there was no answer at all.
    fileprivate var isSilence: Bool { code == .timeout || code == .disconnected }

    /// Whether the device does not like the addresses: exception 2, ILLEGAL DATA ADDRESS, and 3,
    /// ILLEGAL DATA VALUE, which some give for a request that goes over the end of a range.
    fileprivate var isRefusedAddress: Bool { code == .exception(2) || code == .exception(3) }
}
