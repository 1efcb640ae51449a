import Buses
import Platform
import Telemetry

/// One exchange: silence, request, answer.
extension ModbusRTUBus {
    /// The most bytes that are kept of what has arrived; what comes beyond that is passed over.
    static let incomingLimit = 512
    /// How long a line may stay noisy before the request that waits for silence fails.
    static let drainLimit = Duration.seconds(1)
    /// How often a port is asked whether all is sent, each time a character's time after the last.
    private static let sentChecks = 10

    /// Asks the device something else first if what it left unanswered could be taken for this
    /// request's answer.
    func probe(before request: ModbusRequest, on port: RTUPort) async throws(BusError) {
        late[request.unit]?.expire(at: executor.now)
        guard let unanswered = late[request.unit], !unanswered.isEmpty else { return }
        guard let probe = unanswered.probe(before: request.operation) else {
            let isClear = !unanswered.mayBring(AnswerShape(of: request.operation))
            if isClear, !unanswered.isFull { return }
            throw words.tooManyUnanswered(unit: request.unit)
        }
        var asked = request
        asked.operation = probe
        do throws(BusError) {
            _ = try await exchange(asked, on: port)
        } catch {
            // A refusal too is an answer; but it may be that of a request before.
            guard case .exception = error.code else { throw error }
        }
        if late[request.unit]?.mayBring(AnswerShape(of: request.operation)) == true {
            throw words.unsettled(unit: request.unit)
        }
    }

    func exchange(
        _ request: ModbusRequest, on port: RTUPort
    ) async throws(BusError) -> ModbusResponse {
        try await awaitSilence(before: request, on: port)
        try await send(request, on: port)
        var lostUntil: Instant?
        do throws(BusError) {
            let response = try await receive(request, on: port, &lostUntil)
            late[request.unit]?.answer(request.operation, at: executor.now)
            return response
        } catch {
            if case .exception = error.code { throw error }
            isSuspect = true
            late[request.unit, default: LateAnswers()].lose(
                request.operation, until: lostUntil ?? executor.now + LateAnswers.patience)
            throw error
        }
    }

    // MARK: Silence

    /// Waits until the line has been silent for as long as this request needs.
    private func awaitSilence(
        before request: ModbusRequest, on port: RTUPort
    ) async throws(BusError) {
        incoming.removeAll(keepingCapacity: true)
        var needed = max(timing.silence, request.pause ?? .zero)
        if lastUnit != request.unit { needed = max(needed, timing.silence + line.turnaround) }
        if isSuspect { needed = max(needed, timing.quiet) }
        try await drain(port, until: &needed)
        RTUReceiving.takeStrays(from: incoming[...], &late)
        isSuspect = false
        lastUnit = request.unit
    }

    /// Takes whatever comes until nothing has come for as long as `needed` says.
    private func drain(_ port: RTUPort, until needed: inout Duration) async throws(BusError) {
        let limit = max(executor.now, lastActivity) + needed + Self.drainLimit
        while true {
            if try take(from: port) { needed = max(needed, timing.quiet) }
            let now = executor.now
            if lastActivity + needed <= now { return }
            guard now < limit else { throw words.babble }
            if Task.isCancelled { throw words.cancelled }
            _ = await executor.waitToRead(port.descriptor, until: lastActivity + needed)
        }
    }

    /// Takes what has arrived. Returns whether there was something.
    private func take(from port: RTUPort) throws(BusError) -> Bool {
        var overflow: [UInt8] = []
        do throws(SystemError) {
            var count = try port.read(into: &incoming, limit: Self.incomingLimit)
            if incoming.count == Self.incomingLimit {
                count += try port.read(into: &overflow, limit: Self.incomingLimit)
            }
            if count > 0 { lastActivity = executor.now }
            return count > 0
        } catch {
            throw words.lost(error)
        }
    }

    // MARK: The request

    private func send(_ request: ModbusRequest, on port: RTUPort) async throws(BusError) {
        outgoing.removeAll(keepingCapacity: true)
        RTUFrame.append(request, to: &outgoing)
        do throws(SystemError) {
            try port.write(outgoing)
            lastActivity = executor.now + timing.characterTime * outgoing.count
            guard port.isSwitchedByRTS else { return }
            await awaitSent(port)
            try port.listen()
        } catch {
            throw words.lost(error)
        }
    }

    /// Waits until the last bit has left the port: first as long as that takes, then until the
    /// driver says so too.
    private func awaitSent(_ port: RTUPort) async {
        var due = lastActivity
        for _ in 0..<Self.sentChecks {
            await outlast(due)
            if port.isSent { return }
            due = executor.now + timing.characterTime
        }
    }

    /// Waits even if the task is cancelled: a frame that has begun must not be cut short.
    private func outlast(_ due: Instant) async {
        let executor = executor
        await Task(executorPreference: executor) {
            do throws(CancellationError) {
                try await executor.sleep(until: due)
            } catch {
                // Nobody can cancel this task.
            }
        }.value
    }

    // MARK: The answer

    private func receive(
        _ request: ModbusRequest, on port: RTUPort, _ lostUntil: inout Instant?
    ) async throws(BusError) -> ModbusResponse {
        let most = line.timeout(of: request, limit: longestWait)
        let timeout = responseTimes.timeout(
            of: request.unit, least: line.leastTimeout, most: most)
        var wait = RTUWait(sent: lastActivity, timeout: timeout, timing: timing)
        incoming.removeAll(keepingCapacity: true)
        while true {
            await awaitBytes(port, wait)
            // Looked for after the deadline too: the thread itself may be late.
            if try take(from: port) { wait.note(bytesAt: lastActivity) }
            switch RTUReceiving.next(in: &incoming, for: request, late: &late) {
            case .response(let response):
                if let latency = wait.latency { responseTimes.note(latency, of: request.unit) }
                isSuspect = !incoming.isEmpty
                return response
            case .refused(let code, let earlier):
                if let latency = wait.latency { responseTimes.note(latency, of: request.unit) }
                wait.refuse(code, at: lastActivity, unlessEarlier: earlier, most)
                // Not for longer than the earlier one: else a device that refuses would never be
                // believed again.
                lostUntil = earlier
            case .wrong(let what): throw try await wrong(what, request, on: port)
            case .incomplete(let missing): wait.expect(missing)
            case .nothing: wait.expect(0)
            }
            if executor.now >= wait.deadline { throw expired(request, wait) }
            if Task.isCancelled { throw words.cancelled }
        }
    }

    /// Waits for the next bytes; for most of a long answer at once, however it comes in pieces.
    private func awaitBytes(_ port: RTUPort, _ wait: RTUWait) async {
        if let pause = wait.pause {
            // A cancelled task does not sleep; what has come by then is looked at all the same.
            do throws(CancellationError) {
                try await executor.sleep(until: pause)
            } catch {
                return
            }
        }
        _ = await executor.waitToRead(port.descriptor, until: wait.deadline)
    }

    /// What to say when the time is over.
    private func expired(_ request: ModbusRequest, _ wait: RTUWait) -> BusError {
        if let code = wait.refusal {
            isSuspect = !incoming.isEmpty
            guard wait.earlier == nil else { return words.unsettled(unit: request.unit) }
            return words.unanswered(.refused(code), unit: request.unit)
        }
        guard incoming.isEmpty else {
            return words.disturbed(
                "the answer broke off after \(incoming.count) bytes", unit: request.unit)
        }
        responseTimes.noteTimeout(of: request.unit, after: wait.timeout)
        return words.silent(unit: request.unit, after: wait.timeout)
    }

    /// Takes all of what is not the answer and says what it seems to be.
    private func wrong(
        _ what: String, _ request: ModbusRequest, on port: RTUPort
    ) async throws(BusError) -> BusError {
        var quiet = timing.quiet
        try await drain(port, until: &quiet)
        if incoming.starts(with: outgoing) {
            return words.corrupt(
                "the line echoes what is sent; switch the adapter's echo off", unit: request.unit)
        }
        let length = RTUFrame.length(incoming[...]) ?? incoming.count
        guard incoming.count >= length, RTUFrame.isSound(incoming.prefix(length)) else {
            return words.disturbed("what came is no sound frame", unit: request.unit)
        }
        return words.corrupt(what, unit: request.unit)
    }
}
