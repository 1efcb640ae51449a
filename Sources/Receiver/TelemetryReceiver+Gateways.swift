import Platform
import Telemetry
import Uplink

/// What the gateways are told, and what is looked for in what they say.
extension TelemetryReceiver {
    // MARK: The link

    func follow() async {
        for await event in connection.events {
            switch event {
            case .connected(let link):
                self.link = link
                await connection.subscribe(options.dictionaryFilter)
                await connection.subscribe(options.topicFilter(link.protocolVersion))
                tell(.connected(version: link.protocolVersion.rawValue))
                wakeAnnouncer()
            case .disconnected(let failure, _):
                link = nil
                if !isStopping { tell(.disconnected(failure.message)) }
            case .subscriptionRefused(let filter, let reason):
                tell(.subscriptionRefused("\(filter): \(reason)"))
            case .settled, .refused, .leaving: break
            }
        }
    }

    // MARK: Watermarks

    func wakeAnnouncer() {
        announcer?.resume()
        announcer = nil
    }

    /// Tells what was committed: at once when nothing was told lately, and then all that has come
    /// together since.
    func announce() async {
        while true {
            if touched.isEmpty || link == nil, !isStopping {
                await withCheckedContinuation { announcer = $0 }
            }
            await announceTouched()
            if isStopping { return }
            do {
                try await executor.sleep(until: clock.now() + Self.announcementInterval)
            } catch {
                return
            }
        }
    }

    /// Tells as many as the link takes; the others are left for the next time.
    private func announceTouched() async {
        guard let link, !touched.isEmpty else { return }
        let streams = Array(touched.prefix(link.window))
        // What is committed from here on is told the next time.
        touched.subtract(streams)
        let watermarks: [StreamWatermark]
        do {
            watermarks = try await store.watermarks(of: streams)
        } catch {
            // Whoever writes next tells of it. The gateway sends again what is not committed.
            return
        }
        for (index, watermark) in watermarks.enumerated() {
            lastToken += 1
            let result = await connection.publish(
                [watermark.message], as: PublishToken(lastToken), over: link)
            guard result == .sent else { return touched.formUnion(streams[index...]) }
        }
    }

    // MARK: What is missing

    /// Receivers that share the load get a gateway's messages out of order, and a gateway may send
    /// its backlog late: only what is missing twice in a row is told of.
    func lookForMissing() async {
        while !isStopping {
            do {
                try await executor.sleep(until: clock.now() + Self.missingInterval)
            } catch {
                return
            }
            (refusalsSinceLook, refusalsUntold) = (0, 0)
            let streams = Array(active.union(missing.keys).prefix(Self.touchedLimit))
            active = []
            do {
                note(streams, try await store.missing(of: streams))
            } catch {
                // The writing side tells of a database that fails.
            }
        }
    }

    private func note(_ streams: [StreamKey], _ counts: [UInt64]) {
        for (stream, count) in zip(streams, counts) {
            let isLasting = missing[stream] != nil || count == 0
            if isLasting, toldMissing[stream, default: 0] != count {
                tell(.missing(stream, count))
                toldMissing[stream] = count == 0 ? nil : count
            }
            missing[stream] = count == 0 ? nil : count
        }
    }
}
