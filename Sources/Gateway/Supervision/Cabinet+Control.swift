import Buses
import Drivers
import Journal
import Telemetry
import Uplink

/// What the control socket asks of the gateway.
extension Cabinet {
    /// Answers the control socket, on its thread.
    var answerer: ControlServer.Handler {
        { [board, live, weak self] request, peer in
            switch ControlCommand(rawValue: request.command) {
            case .status: return ControlResponse(status: board.report)
            case .points: return ControlResponse(points: live.reports)
            case .history: return live.history(request)
            case .live: return live.flaw
            case .log: return live.log(request)
            case .rewind: return await self?.rewind(request, peer) ?? Self.ending
            case .read: return await self?.read(request) ?? Self.ending
            case .write: return await self?.write(request, peer) ?? Self.ending
            case .borrow: return await self?.lend(request, peer) ?? Self.ending
            case .giveBack: return await self?.takeBack(request) ?? Self.ending
            case .configHistory, .configText, .configApply, .configRollback, .configConfirm:
                return await self?.configure(request, peer) ?? Self.ending
            case nil: return ControlResponse(error: ControlCommand.unknown(request.command))
            }
        }
    }

    private func lend(_ request: ControlRequest, _ peer: ControlPeer) async -> ControlResponse {
        if request.loan == nil {
            environment.logger.notice(
                "\(peer) wants the buses at \((request.address ?? "?").printable(200))")
        }
        return await lend(request)
    }

    private static let ending = ControlResponse(error: "the gateway is ending")

    private func rewind(_ request: ControlRequest, _ peer: ControlPeer) async -> ControlResponse {
        guard let positions = Priority.positions(request.positions ?? [:]) else {
            return ControlResponse(
                error: "`positions` needs queues (urgent, normal) with EPOCH:SEQUENCE")
        }
        environment.logger.notice(
            "\(peer) rewinds \(positions.map { "\($0.key.name) to \($0.value)" })")
        await forwarder?.rewind(to: positions)
        return ControlResponse(done: true)
    }

    // MARK: Reading

    private func read(_ request: ControlRequest) async -> ControlResponse {
        guard let name = request.device, let points = request.points else {
            return ControlResponse(error: "`read` needs a `device` and `points`")
        }
        let lookup = PointLookup(plan: plan)
        do {
            let (_, device) = try lookup.device(name)
            guard points.count <= device.points.count else {
                return ControlResponse(
                    error: "\(name) has \(device.points.count) points; name each once at most")
            }
            var channels: [Int] = []
            for point in points { channels.append(try lookup.channel(point, of: device)) }
            guard let outcome = try await sampler(of: name)?.read(channels, of: name) else {
                return notPolled(name)
            }
            return ControlResponse(read: outcome)
        } catch {
            return ControlResponse(error: "\(error)")
        }
    }

    private func sampler(of device: String) -> LineSampler? {
        lines.first { $0.plan.devices.contains { $0.name == device } }?.sampler
    }

    /// Why a device cannot be asked though it is in the plan.
    private func notPolled(_ device: String) -> ControlResponse {
        let line = plan.lines.first { $0.devices.contains { $0.name == device } }
        if let line, isParked(line) {
            return ControlResponse(error: "\(device) is not polled while the mains are gone")
        }
        guard let line, isLent(line) else {
            return ControlResponse(error: "\(device) is not polled: the gateway starts or ends")
        }
        return ControlResponse(
            error: "\(line.line.name), the bus of \(device), is lent to a command such as a scan; "
                + "try again when that is done")
    }

    // MARK: Writing

    private func write(_ request: ControlRequest, _ peer: ControlPeer) async -> ControlResponse {
        guard let path = request.point, let value = request.value?.value else {
            return ControlResponse(error: "`write` needs a `point` (DEVICE/POINT) and a `value`")
        }
        do throws(PointLookup.Failure) {
            let place = try PointLookup(plan: plan).find(path)
            let response = await write(value, to: place)
            let command = PlatformCommand(
                device: place.device.name,
                point: place.device.points[place.channel].point.name, value: value,
                origin: peer.userName)
            let outcome = CommandOutcome(
                response.error == nil ? .done : .failed, shown: response.written?.value?.value,
                reason: response.error ?? "")
            await forwarder?.record(command, outcome, "control socket")
            return response
        } catch {
            return ControlResponse(error: "\(error)")
        }
    }

    /// Sets a point, for the control socket and for the platforms.
    func write(_ value: Value, to place: PointLookup.Place) async -> ControlResponse {
        let device = place.device.name
        guard let sampler = sampler(of: device) else {
            return notPolled(device)
        }
        let path = place.device.points[place.channel].point.path
        do throws(DriverError) {
            let shown = try await sampler.write(value, to: place.channel, of: device)
            environment.logger.notice(
                "\(path) was set to \(value)", metadata: about(device: device, point: path))
            return ControlResponse(written: WrittenPoint(point: path, value: shown))
        } catch {
            environment.logger.error(
                "\(path) could not be set to \(value): \(error)",
                metadata: about(device: device, point: path))
            return ControlResponse(error: "\(error)")
        }
    }
}

extension Priority {
    /// Positions by the queues' names, as the control socket has them; nil if one is none.
    fileprivate static func positions(_ texts: [String: String]) -> [Priority: Position]? {
        var positions: [Priority: Position] = [:]
        for (name, text) in texts {
            guard let priority = allCases.first(where: { $0.name == name }),
                let position = Position(text)
            else { return nil }
            positions[priority] = position
        }
        return positions.isEmpty ? nil : positions
    }
}
