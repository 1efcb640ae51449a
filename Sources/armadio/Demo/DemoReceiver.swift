import FoundationEssentials
import Platform
import Telemetry
import Uplink

/// The demo's platform: subscribes to everything and keeps the last value of each point, as a
/// receiver that knows nothing of the gateway but its messages (RFC 8428).
actor DemoReceiver {
    /// The most points shown; a demo has 18.
    private static let pointLimit = 1000

    private struct Record: Decodable {
        var bn: String?
        var n: String?
        var u: String?
        var v: Double?
        var vb: Bool?
        var vs: String?
    }

    /// What the platform knows.
    struct View {
        var readings = 0
        var messages = 0
        var lost: UInt64 = 0
        var repeated: UInt64 = 0
        var values: [(name: String, text: String)] = []
    }

    private let connection: MQTTConnection
    private var values: [String: String] = [:]
    private var names: [String] = []
    private var view = View()
    /// For each epoch the sequence number that comes next.
    private var next: [String: UInt64] = [:]
    private var task: Task<Void, Never>?

    init(port: UInt16) {
        let settings = BrokerSettings(host: "127.0.0.1", port: port, clientID: "demo-platform")
        connection = MQTTConnection(settings: settings, will: nil)
    }

    func start() async {
        _ = await connection.subscribe("armadio/+/telemetry")
        await connection.start()
        task = Task { for await message in connection.messages { self.take(message) } }
    }

    func stop() async {
        await connection.stop(farewell: nil, within: .seconds(1))
        task?.cancel()
    }

    var snapshot: View {
        var view = view
        view.values = names.map { ($0, values[$0] ?? "") }
        return view
    }

    private func take(_ message: InboundMessage) {
        let records: [Record]
        do {
            records = try JSONDecoder().decode([Record].self, from: Data(message.payload))
        } catch {
            return
        }
        view.messages += 1
        view.readings += records.count
        checkSequence(message)
        var base = ""
        for record in records {
            base = record.bn ?? base
            show(record, base: base)
        }
    }

    private func show(_ record: Record, base: String) {
        let name = base + (record.n ?? "")
        guard values[name] != nil || names.count < DemoReceiver.pointLimit else { return }
        if values[name] == nil { names.append(name) }
        let number = record.v.map { decimal($0, 2) } ?? record.vb.map { "\($0)" }
        values[name] = (number ?? record.vs ?? "") + (record.u.map { " " + $0 } ?? "")
    }

    /// Counts what is missing between messages, and what came again.
    private func checkSequence(_ message: InboundMessage) {
        let properties = Dictionary(message.userProperties.map { ($0.name, $0.value) }) { $1 }
        guard let epoch = properties["epoch"], let first = properties["first"].flatMap(UInt64.init),
            let count = properties["count"].flatMap(UInt64.init)
        else { return }
        let expected = next[epoch] ?? first
        if first > expected { view.lost += first - expected }
        if first < expected { view.repeated += min(count, expected - first) }
        next[epoch] = max(expected, first &+ count)
    }
}
