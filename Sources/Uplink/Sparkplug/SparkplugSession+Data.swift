import Telemetry

/// Readings, gaps and devices.
extension SparkplugSession {
    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        guard offset >= 0, offset < batch.items else { return nil }
        var messages: [OutboundMessage] = []
        adopt(batch.anchor, in: context, &messages)
        let items: Int
        switch batch.content {
        case .readings(let readings):
            items = encode(readings, of: batch, from: offset, in: context, &messages)
        case .gap(let count, let reason):
            messages.append(gap(count, reason, of: batch, in: context))
            items = 1
        }
        if !messages.isEmpty { messages.append(fence(batch, offset..<offset + items)) }
        return EncodedBatch(messages: messages, items: items)
    }

    /// Asks for a receipt: it names the readings as epoch, first number, count.
    private func fence(_ batch: OutboundBatch, _ items: Range<Int>) -> OutboundMessage {
        let identity = BatchIdentity(of: batch, items: items)
        let text = "\(identity.epoch) \(identity.first) \(identity.count)"
        return OutboundMessage(topic: topics.fence, payload: Array(text.utf8))
    }

    /// Takes over what the clocks of this boot show. When they have been synchronized, the
    /// platform is told, and each device has its birth again, with the right times.
    private mutating func adopt(
        _ anchor: ClockAnchor, in context: EncodingContext, _ messages: inout [OutboundMessage]
    ) {
        guard anchor.boot == context.boot else { return }
        let isNews = clock.map { $0.quality != anchor.quality } ?? false
        clock = anchor
        guard isNews else { return }
        for device in register.devices.indices { register.devices[device].isBorn = false }
        let time = SparkplugTime(anchor)
        payload.begin(timestamp: time.sending(at: context.now))
        payload.metric(
            alias: NodeAlias.clock, timestamp: time.milliseconds(of: context.now),
            .string(anchor.quality.name))
        messages.append(end(topics.nodeData, timestamp: time.sending(at: context.now)))
    }

    private mutating func encode(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int,
        in context: EncodingContext, _ messages: inout [OutboundMessage]
    ) -> Int {
        let time = SparkplugTime(batch.anchor)
        let items = plan.take(
            readings, from: offset,
            SparkplugPlan.Rules(
                byteLimit: max(1024, context.byteLimit),
                messageLimit: max(1, context.messageLimit - messages.count),
                isHistory: context.isBacklog || batch.anchor.boot != context.boot,
                hasClock: time.clock != nil), &register)
        for device in plan.devices where register.devices[device].plan.needsBirth {
            messages.append(birth(of: device, at: context.now))
        }
        for bin in plan.bins {
            messages.append(data(readings, from: offset, bin, time, at: context.now))
        }
        for device in plan.devices
        where register.devices[device].isLost && register.devices[device].isBorn {
            messages.append(death(of: device, at: context.now))
        }
        return items
    }

    // MARK: Devices

    /// The birth of a device: its metrics in the order of their times (section 6.4.5).
    mutating func birth(of device: Int, at now: Instant) -> OutboundMessage {
        let time = SparkplugTime(clock ?? ClockAnchor.unknown(at: now))
        let sent = time.sending(at: now)
        payload.begin(timestamp: sent)
        let metrics = register.devices[device].metrics.sorted {
            let (left, right) = (register.metrics[$0].latest, register.metrics[$1].latest)
            return (left?.instant ?? .latest, $0) < (right?.instant ?? .latest, $1)
        }
        let end = metrics.reduce(now) { max($0, register.metrics[$1].latest?.instant ?? now) }
        for metric in metrics { birth(of: metric, time, readUntil: end) }
        register.bear(device)
        return self.end(register.devices[device].birthTopic, timestamp: sent)
    }

    private mutating func birth(of index: Int, _ time: SparkplugTime, readUntil end: Instant) {
        let (metric, words) = (register.metrics[index], register.words[index])
        var (content, quality) = (SparkplugPayload.Content.null, Quality.suspended)
        if let latest = metric.latest {
            quality = latest.quality
            if metric.datatype.holds(latest.kind, latest.bits) {
                content = metric.content(latest.kind, latest.bits, words.text, &quality)
            }
        }
        payload.metric(
            name: words.name, alias: metric.alias,
            timestamp: time.milliseconds(of: metric.latest?.instant ?? end),
            datatype: metric.datatype,
            properties: SparkplugPayload.Properties(
                quality: quality, unit: words.unit, clock: time.clock), content)
    }

    /// The death of a device.
    mutating func death(of device: Int, at now: Instant) -> OutboundMessage {
        register.devices[device].isBorn = false
        let sent = SparkplugTime(clock ?? .unknown(at: now)).sending(at: now)
        payload.begin(timestamp: sent)
        return end(register.devices[device].deathTopic, timestamp: sent)
    }

    // MARK: Data

    private mutating func data(
        _ readings: ReadingBatch, from offset: Int, _ bin: SparkplugPlan.Bin,
        _ time: SparkplugTime, at now: Instant
    ) -> OutboundMessage {
        let sent = SparkplugTime(clock ?? .unknown(at: now)).sending(at: now)
        payload.begin(timestamp: sent)
        if bin.isSorted {
            var item = bin.head
            while item >= 0 {
                data(readings, from: offset, item, time)
                item = Int(plan.next[item])
            }
        } else {
            for item in chronological(bin, readings, from: offset) {
                data(readings, from: offset, item, time)
            }
        }
        return end(register.devices[bin.device].dataTopic, timestamp: sent)
    }

    private func chronological(
        _ bin: SparkplugPlan.Bin, _ readings: ReadingBatch, from offset: Int
    ) -> [Int] {
        var (items, item) = ([Int](), bin.head)
        while item >= 0 {
            items.append(item)
            item = Int(plan.next[item])
        }
        return items.sorted {
            (readings.instants[offset + $0], $0) < (readings.instants[offset + $1], $1)
        }
    }

    private mutating func data(
        _ readings: ReadingBatch, from offset: Int, _ item: Int, _ time: SparkplugTime
    ) {
        let (index, marks) = (offset + item, plan.marks[item])
        let metric = register.metric(of: readings.points[index])
        let (kind, bits) = (readings.kinds[index], readings.bits[index])
        var quality = readings.qualities[index]
        var text = ""
        if kind == .string, !marks.contains(.tooLong) { text = readings.strings[Int(bits)] }
        if marks.contains(.tooLong) { quality = .unrepresentable }
        let content = register.metrics[metric].content(kind, bits, text, &quality)
        var properties = SparkplugPayload.Properties(clock: time.clock)
        if !quality.isGood || register.metrics[metric].isToldBad { properties.quality = quality }
        register.metrics[metric].isToldBad = !quality.isGood
        payload.metric(
            alias: register.metrics[metric].alias,
            timestamp: time.milliseconds(of: readings.instants[index]),
            isHistorical: marks.contains(.historical), properties: properties, content)
        guard !marks.contains(.historical) else { return }
        register.metrics[metric].latest = SparkplugRegister.Latest(
            kind: kind, bits: bits, quality: quality, instant: readings.instants[index])
        if kind == .string { register.words[metric].text = text }
    }

    // MARK: Gaps

    /// Readings that were given up: their number, and why.
    private mutating func gap(
        _ count: UInt64, _ reason: GapReason, of batch: OutboundBatch, in context: EncodingContext
    ) -> OutboundMessage {
        // The moment of the loss is not recorded; it is told when it is found, or as of the last
        // that is known of the boot it happened in.
        let isNow = batch.anchor.boot == context.boot
        let time = SparkplugTime(batch.anchor)
        let sent = SparkplugTime(clock ?? .unknown(at: context.now)).sending(at: context.now)
        payload.begin(timestamp: sent)
        payload.metric(
            alias: NodeAlias.gap,
            timestamp: time.milliseconds(of: isNow ? context.now : batch.anchor.instant),
            isHistorical: !isNow || context.isBacklog,
            properties: SparkplugPayload.Properties(
                clock: time.clock, note: ("Reason", reason.name)), .long(count))
        return end(topics.nodeData, timestamp: sent)
    }

    // MARK: Answers

    /// A command that was not carried out is answered by what the point shows: hosts take the
    /// value they wrote for the present one until data say otherwise. One that was carried out
    /// is answered by the reading that shows it.
    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    {
        guard outcome.result != .done, let anchor = clock,
            let index = register.metric(named: command.point, alias: nil, of: command.device)
        else { return [] }
        let metric = register.metrics[index]
        guard register.devices[metric.device].isBorn, metric.isBorn, let latest = metric.latest
        else { return [] }
        var quality = latest.quality
        let content = metric.content(
            latest.kind, latest.bits, register.words[index].text, &quality)
        let time = SparkplugTime(anchor)
        let sent = time.sending(at: max(latest.instant, anchor.instant))
        payload.begin(timestamp: sent)
        let words = "\(outcome.result.rawValue): \(outcome.reason.prefix(200))"
        payload.metric(
            alias: metric.alias, timestamp: time.milliseconds(of: latest.instant),
            properties: SparkplugPayload.Properties(
                quality: quality, clock: time.clock, note: ("Command", words)), content)
        return [end(register.devices[metric.device].dataTopic, timestamp: sent)]
    }
}

extension ClockAnchor {
    /// What is known of the clocks before anybody has told: nothing.
    fileprivate static func unknown(at now: Instant) -> ClockAnchor {
        ClockAnchor(
            boot: BootID(high: 0, low: 0), instant: now,
            wall: WallTime(nanosecondsSince1970: 0), quality: .unsynchronized)
    }
}

extension SparkplugRegister.Metric {
    /// A value under the metric's datatype; null if it has none that can be told, for which the
    /// quality has the reason.
    fileprivate func content(
        _ kind: ValueKind, _ bits: UInt64, _ text: String, _ quality: inout Quality
    ) -> SparkplugPayload.Content {
        guard quality.isGood else { return .null }
        switch (kind, datatype) {
        case (.double, .double) where Double(bitPattern: bits).isFinite: return .double(bits)
        case (.int64, .double): return .double(Double(Int64(bitPattern: bits)).bitPattern)
        case (.uint64, .double): return .double(Double(bits).bitPattern)
        case (.int64, _), (.uint64, _): return .long(bits)
        case (.bool, _): return .boolean(bits != 0)
        case (.string, _): return .string(text)
        default:
            quality = .unrepresentable
            return .null
        }
    }
}
