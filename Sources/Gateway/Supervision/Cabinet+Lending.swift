import Buses
import Glibc
import Logging
import Telemetry

/// Buses lent to a client of the control socket, such as a scan.
struct LineLoan {
    /// What the client knows.
    var loan: BusLoan
    /// The lines, which are not polled.
    var lines: [Cabinet.RunningLine]
    /// Since when, and until when unless it is prolonged.
    var since: Instant
    var until: Instant
    /// Takes the buses back when the time is up.
    var watch: Task<Void, Never>?
}

/// A serial line bears one master, and many devices bear one connection. So who wants to look at a
/// bus by hand asks the gateway for it: the gateway stops polling there, closes port or connection,
/// and takes the bus back when it is returned, not prolonged, or lent for too long.
extension Cabinet {
    func lend(_ request: ControlRequest) async -> ControlResponse {
        guard let address = request.address.map(Self.resolved) else {
            return ControlResponse(error: "`borrow` needs an `address`: HOST:PORT or a port's path")
        }
        if let known = loans[address] { return prolong(known, at: address, request.loan) }
        guard request.loan == nil else {
            return ControlResponse(error: "the bus at \(address.prefix(200)) has been taken back")
        }
        let wanted = lines.filter { Self.resolved($0.plan.line.address) == address }
        guard !wanted.isEmpty else { return ControlResponse(done: true) }
        let now = environment.clock.now()
        let names = wanted.map(\.plan.line.name)
        let loan = BusLoan(number: UInt64.random(in: 1...(1 << 53)), buses: names)
        lines.removeAll { names.contains($0.plan.line.name) }
        loans[address] = LineLoan(
            loan: loan, lines: wanted, since: now, until: now + BusLoan.longest)
        // A poll under way may take its time; the loan's begins when the bus is free.
        await stopLines(wanted)
        loans[address]?.until = environment.clock.now() + BusLoan.term
        let watch = watch(address)
        loans[address]?.watch = watch
        markUnread(wanted)
        showLoans()
        environment.logger.notice(
            "lent \(names.joined(separator: ", ")): not polled until it is returned")
        return ControlResponse(loan: loan)
    }

    func takeBack(_ request: ControlRequest) async -> ControlResponse {
        guard let number = request.loan,
            let address = loans.first(where: { $0.value.loan.number == number })?.key
        else { return ControlResponse(error: "there is no such loan; it has ended") }
        endLoan(at: address, because: "returned")
        return ControlResponse(done: true)
    }

    /// A loan goes on if its number is known, and while it has not lasted too long.
    private func prolong(
        _ known: LineLoan, at address: String, _ number: UInt64?
    ) -> ControlResponse {
        let now = environment.clock.now()
        let name = known.loan.buses.joined(separator: ", ")
        guard known.loan.number == number else {
            return ControlResponse(error: "\(name) is lent to somebody else; try again later")
        }
        let end = known.since + BusLoan.longest
        loans[address]?.until = min(now + BusLoan.term, end)
        return ControlResponse(loan: known.loan)
    }

    private func watch(_ address: String) -> Task<Void, Never>? {
        guard let number = loans[address]?.loan.number else { return nil }
        return Task(executorPreference: executor) { await self.awaitEnd(of: number, at: address) }
    }

    /// Waits for a loan's end, which may move.
    private func awaitEnd(of number: UInt64, at address: String) async {
        while let loan = loans[address], loan.loan.number == number {
            if loan.until <= environment.clock.now() {
                return endLoan(at: address, because: "not returned in time")
            }
            do throws(CancellationError) {
                try await executor.sleep(until: loan.until)
            } catch {
                return
            }
        }
    }

    private func endLoan(at address: String, because reason: String) {
        guard let loan = loans.removeValue(forKey: address) else { return }
        loan.watch?.cancel()
        // The configuration may have changed meanwhile.
        for line in loan.lines {
            guard let plan = plan.lines.first(where: { $0.line.name == line.plan.line.name })
            else { continue }
            if isParked(plan) {
                parked?.append(line)
            } else {
                lines.append(startLine(plan, meters: line.meters))
            }
        }
        showDevices()
        showLoans()
        let seconds = (environment.clock.now() - loan.since).components.seconds
        environment.logger.notice(
            "\(loan.loan.buses.joined(separator: ", ")): \(reason) after \(seconds) s; polled again"
        )
    }

    private func showLoans() {
        board.show(lentBuses: loans.values.flatMap(\.loan.buses).sorted())
    }

    /// A point that is not read says so once; silence would look like a value that stays.
    func markUnread(_ lines: [RunningLine]) {
        var batch = ReadingBatch()
        let now = environment.clock.now()
        for device in lines.flatMap(\.plan.devices) {
            for point in device.points {
                batch.append(point: point.id, value: nil, quality: .suspended, at: now)
            }
        }
        intake.append(batch, isUrgent: false)
    }

    /// Whether a bus is lent; it is started when it comes back.
    func isLent(_ line: LinePlan) -> Bool {
        loans.values.contains { $0.loan.buses.contains(line.line.name) }
    }

    /// The same for all names of a place: a port's links lead to its node.
    static func resolved(_ address: String) -> String {
        guard address.hasPrefix("/") else {
            return address.hasPrefix("localhost:")
                ? "127.0.0.1:" + address.dropFirst("localhost:".count) : address
        }
        guard let path = realpath(address, nil) else { return address }
        defer { free(path) }
        return String(cString: path)
    }
}
