import Platform
import Telemetry
import Uplink

/// The reference receiver: takes the telemetry of any number of gateways from a broker, writes
/// what is new and what is covered in one transaction, and then tells the gateways what is
/// committed. Several receivers with one database share the load of one broker.
///
/// A message that was acknowledged to the broker and not yet written is lost when the receiver is
/// killed; a gateway with `acknowledge: platform` sends it again.
public actor TelemetryReceiver {
    /// How many messages may wait, and how many bytes of them: 1 MiB is the largest batch.
    static let inbound = InboundRule(
        messages: 256, payloadBytes: 1 << 20, heldBytes: 16 << 20)
    /// How many watermarks may be unacknowledged.
    static let window = 16
    /// The most readings of one transaction, and those of the message that goes beyond.
    static let readingsPerTransaction = 20_000
    /// How often a gateway hears of an epoch at most.
    static let announcementInterval = Duration.milliseconds(200)
    /// The most epochs that wait to be told of; the others are when they come again.
    static let touchedLimit = 10_000
    /// How often it looks whether something is missing; it is told of when it was twice.
    static let missingInterval = Duration.seconds(60)
    /// The most refused messages that are told of one by one between two of these looks.
    static let refusalsTold = 10

    /// What a receiver is started with.
    public struct Options: Sendable {
        /// The broker.
        public var broker: BrokerSettings
        /// The receivers that share the load; nil for one that hears everything.
        public var group: String?
        /// The one gateway to hear; nil for all.
        public var gateway: String?

        /// Hears all gateways, without sharing, unless said otherwise.
        public init(broker: BrokerSettings, group: String? = nil, gateway: String? = nil) {
            self.broker = broker
            self.group = group
            self.gateway = gateway
        }

        /// What compact payloads are read with: for each receiver, not shared.
        var dictionaryFilter: String { "armadio/\(gateway ?? "+")/dictionary/#" }

        /// MQTT 3.1.1 has no shared subscriptions.
        func topicFilter(_ version: ProtocolVersion) -> String {
            let filter = "armadio/\(gateway ?? "+")/telemetry"
            guard let group, version == .v5 else { return filter }
            return "$share/\(group)/\(filter)"
        }
    }

    let executor = ThreadExecutor(name: "receive")
    let connection: MQTTConnection
    let store: ReadingStore
    let options: Options
    let tell: @Sendable (ReceiverEvent) -> Void
    let clock = SystemClock()
    private var decoders = PayloadDecoders()
    private var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))
    private var isDatabaseDown = false
    private var dropped: UInt64 = 0
    /// What it has done since the start.
    public private(set) var totals = ReceiverTotals()

    var link: Link?
    var tasks: [Task<Void, Never>] = []
    var touched: Set<StreamKey> = []
    var announcer: CheckedContinuation<Void, Never>?
    var lastToken: UInt64 = 0
    var isStopping = false
    /// Epochs that have had something since the last look.
    var active: Set<StreamKey> = []
    var missing: [StreamKey: UInt64] = [:]
    var toldMissing: [StreamKey: UInt64] = [:]
    var refusalsSinceLook = 0
    var refusalsUntold = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A receiver that does nothing before `start`.
    ///
    /// - Parameter tell: Called for everything worth telling, on the receiver's thread.
    public init(
        _ options: Options, store: ReadingStore, tell: @escaping @Sendable (ReceiverEvent) -> Void
    ) {
        self.options = options
        self.store = store
        self.tell = tell
        connection = MQTTConnection(
            settings: options.broker, will: { _ in nil }, window: Self.window,
            inbound: Self.inbound)
    }

    /// Begins to receive.
    public func start() async {
        tasks = [
            Task(executorPreference: executor) { await self.receive() },
            Task(executorPreference: executor) { await self.follow() },
            Task(executorPreference: executor) { await self.announce() },
            Task(executorPreference: executor) { await self.lookForMissing() },
        ]
        await connection.start()
    }

    /// Writes what has come, tells the gateways, and ends. Only the first call counts.
    public func stop() async {
        guard !isStopping, tasks.count == 4 else { return }
        isStopping = true
        // First the link, so that nothing more comes; then what has come is written. What could
        // not be told any more, the gateway sends again.
        wakeAnnouncer()
        await tasks[2].value
        // They no longer wait for a database that is away, or for the next look.
        tasks[0].cancel()
        tasks[3].cancel()
        await connection.stop(farewell: nil, within: .seconds(5))
        await tasks[0].value
        await tasks[1].value
        await tasks[3].value
        await store.close()
    }

    // MARK: Messages

    private func receive() async {
        while true {
            var messages = await connection.nextMessages()[...]
            guard !messages.isEmpty else { return }
            let arrival = clock.anchor().wall
            while !messages.isEmpty {
                await write(take(&messages, arrival: arrival))
            }
            await tellDropped()
        }
    }

    /// What goes into one transaction.
    private struct Load {
        var batches: [ReceivedBatch] = []
        var refused: [RefusedMessage] = []
        /// Where each batch came from, should the database refuse it.
        var messages: [InboundMessage] = []
    }

    /// Reads as many messages as one transaction takes.
    private func take(_ messages: inout ArraySlice<InboundMessage>, arrival: WallTime) -> Load {
        var load = Load()
        var readings = 0
        while readings < Self.readingsPerTransaction, let message = messages.popFirst() {
            do {
                guard let batch = try decoders.decode(message, arrival: arrival) else { continue }
                if case .readings(let content) = batch.content { readings += content.count }
                load.batches.append(batch)
                load.messages.append(message)
            } catch {
                load.refused.append(refusal(of: message, error.description, arrival))
            }
        }
        return load
    }

    private func refusal(
        of message: InboundMessage, _ reason: String, _ arrival: WallTime
    ) -> RefusedMessage {
        totals.refused += 1
        refusalsSinceLook += 1
        if refusalsSinceLook <= Self.refusalsTold {
            tell(.refused(topic: message.topic, reason: reason, more: refusalsUntold))
            refusalsUntold = 0
        } else {
            refusalsUntold += 1
        }
        return RefusedMessage(
            topic: message.topic, reason: reason, payload: message.payload, arrival: arrival)
    }

    /// Writes until the database takes it, or refuses it for good.
    private func write(_ load: Load) async {
        while true {
            do throws(DatabaseFailure) {
                let recording = try await store.record(load.batches, refused: load.refused)
                return recorded(load, recording)
            } catch {
                guard error.code != .data else { return await writeOneByOne(load, error) }
                guard await isWorthWaiting(for: error) else { return }
            }
        }
    }

    /// One message has something that the database does not take: it is set aside, not the others.
    private func writeOneByOne(_ load: Load, _ failure: DatabaseFailure) async {
        if load.batches.count + load.refused.count <= 1 {
            // What cannot even be set aside is told of, and that is all.
            guard let message = load.messages.first else { return }
            let refused = refusal(of: message, failure.description, clock.anchor().wall)
            return await write(Load(refused: [refused]))
        }
        for refused in load.refused { await write(Load(refused: [refused])) }
        for (batch, message) in zip(load.batches, load.messages) {
            await write(Load(batches: [batch], messages: [message]))
        }
    }

    /// Waits after a failure. False when the receiver is stopping: the gateways send it again.
    private func isWorthWaiting(for failure: DatabaseFailure) async -> Bool {
        if !isDatabaseDown { tell(.databaseFailed(failure.description)) }
        isDatabaseDown = true
        guard !isStopping else { return false }
        do {
            try await executor.sleep(until: clock.now() + backoff.next())
            return true
        } catch {
            return false
        }
    }

    private func recorded(_ load: Load, _ recording: Recording) {
        if isDatabaseDown { tell(.databaseBack) }
        isDatabaseDown = false
        backoff.succeed()
        totals.messages += UInt64(load.batches.count)
        totals.readings += UInt64(recording.inserted)
        totals.repeated += UInt64(recording.repeated)
        totals.transactions += 1
        for gateway in recording.newGateways { tell(.newGateway(gateway)) }
        for gap in recording.gaps { tell(.gap(gap)) }
        for batch in load.batches where touched.count < Self.touchedLimit {
            touched.insert(batch.stream)
            active.insert(batch.stream)
        }
        wakeAnnouncer()
    }

    private func tellDropped() async {
        let now = await connection.droppedMessages
        guard now > dropped else { return }
        dropped = now
        tell(.dropped(now))
    }
}
