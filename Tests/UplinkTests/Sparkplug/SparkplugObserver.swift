import SwiftProtobuf
import Telemetry
import Testing

@testable import Uplink

/// A message as the platform hears it.
struct Heard {
    /// `NBIRTH` and so on; `fence` for what only asks for a receipt.
    var kind: String
    var device: String?
    var payload: Payload
    var message: OutboundMessage
}

/// A host application that believes nothing: it holds each message against what the specification
/// says of every message, and against the ones before.
struct SparkplugObserver {
    let group: String
    let node: String
    /// The sequence number that the next message has to have.
    private var nextSeq: UInt64?
    /// Alias, datatype and name of the metrics that are born: of the node under an empty name.
    private var born: [String: [UInt64: (name: String, datatype: UInt32)]] = [:]
    private var dataSinceBirth = false
    /// `bdSeq` of the last NBIRTH.
    private(set) var bdSeq: UInt64?
    /// Whether each metric has to have a time; not where nobody has set the clock.
    var believesClocks = true
    /// How many messages were heard.
    private(set) var count = 0

    init(group: String, node: String) {
        self.group = group
        self.node = node
    }

    /// The datatypes of section 6.4.16 that a metric can have.
    static let datatypes: ClosedRange<UInt32> = 1...19

    /// Takes in a message and returns it, opened if it is compressed.
    mutating func hear(_ message: OutboundMessage) throws -> Heard {
        let levels = message.topic.split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        if levels[0] == "armadio" {
            #expect(levels[2] == "fence" && message.qos == .atLeastOnce && !message.retain)
            return Heard(kind: "fence", payload: Payload(), message: message)
        }
        count += 1
        #expect(levels[0] == "spBv1.0" && levels[1] == group && levels[3] == node)
        let kind = levels[2]
        let device = kind.hasPrefix("D") ? levels[4] : nil
        #expect(levels.count == (device == nil ? 4 : 5), "\(message.topic)")
        #expect(!message.retain)
        #expect(message.qos == (kind == "NDEATH" ? .atLeastOnce : .atMostOnce))
        let payload = try Payload(serializedBytes: message.payload)
        // Byte for byte what SwiftProtobuf makes of the same.
        let again: [UInt8] = try payload.serializedBytes()
        #expect(again == message.payload)
        let heard = Heard(
            kind: kind, device: device, payload: try open(payload), message: message)
        if kind != "NDEATH" { sequence(heard, envelope: payload) }
        for metric in heard.payload.metrics { judge(metric, in: kind) }
        switch kind {
        case "NBIRTH", "DBIRTH": birth(heard)
        case "NDATA", "DDATA": data(heard)
        case "DDEATH": #expect(born.removeValue(forKey: levels[4]) != nil, "it was not alive")
        case "NDEATH": death(heard)
        default: Issue.record("a message of kind \(kind)")
        }
        return heard
    }

    private func open(_ payload: Payload) throws -> Payload {
        guard payload.uuid == "SPBV1.0_COMPRESSED" else { return payload }
        let algorithm = try #require(payload.metrics.first { $0.name == "algorithm" }).stringValue
        return try Payload(
            serializedBytes: try Inflate.bytes(Array(payload.body), isGZIP: algorithm == "GZIP"))
    }

    private mutating func sequence(_ heard: Heard, envelope: Payload) {
        #expect(envelope.hasSeq && envelope.seq <= 255 && envelope.hasTimestamp)
        #expect(heard.payload.seq == envelope.seq)
        #expect(heard.payload.timestamp == envelope.timestamp)
        if heard.kind == "NBIRTH" {
            #expect(envelope.seq == 0)
        } else {
            #expect(envelope.seq == nextSeq, "\(heard.message.topic)")
        }
        nextSeq = (envelope.seq + 1) % 256
    }

    private func judge(_ metric: Payload.Metric, in kind: String) {
        #expect(metric.properties.keys.count == metric.properties.values.count)
        for value in metric.properties.values {
            #expect([3, 12].contains(value.type))
        }
        if let quality = metric.property("Quality") {
            #expect(quality.type == 3 && [0, 192, 500].contains(quality.intValue))
        }
        #expect(metric.isNull == (metric.value == nil))
        if kind != "NDEATH", believesClocks { #expect(metric.hasTimestamp, "\(metric.name)") }
        if kind.hasSuffix("DATA") {
            #expect(!metric.hasName && metric.hasAlias && !metric.hasDatatype)
        } else {
            #expect(!metric.name.isEmpty && Self.datatypes.contains(metric.datatype))
        }
    }

    private mutating func birth(_ heard: Heard) {
        if heard.kind == "NBIRTH" {
            born = [:]
            dataSinceBirth = false
            bdSeq = heard.payload.metrics.first { $0.name == "bdSeq" }?.longValue
            #expect(bdSeq != nil)
        } else {
            #expect(born[""] != nil, "a device before its node")
        }
        var metrics: [UInt64: (name: String, datatype: UInt32)] = [:]
        for metric in heard.payload.metrics where metric.name != "Node Control/Rebirth" {
            #expect(metric.hasAlias && metrics[metric.alias] == nil)
            metrics[metric.alias] = (metric.name, metric.datatype)
        }
        #expect(Set(heard.payload.metrics.map(\.name)).count == heard.payload.metrics.count)
        inOrder(heard)
        born[heard.device ?? ""] = metrics
        let aliases = born.values.flatMap(\.keys)
        #expect(Set(aliases).count == aliases.count, "an alias of two metrics")
    }

    private func inOrder(_ heard: Heard) {
        let times = heard.payload.metrics.filter { !$0.isHistorical }.map(\.timestamp)
        #expect(times == times.sorted(), "\(heard.message.topic)")
    }

    private mutating func data(_ heard: Heard) {
        dataSinceBirth = true
        guard let metrics = born[heard.device ?? ""] else {
            Issue.record("data of \(heard.message.topic), which is not alive")
            return
        }
        inOrder(heard)
        for metric in heard.payload.metrics {
            guard let known = metrics[metric.alias] else {
                Issue.record("alias \(metric.alias) is not born in \(heard.message.topic)")
                continue
            }
            switch metric.value {
            case nil: break
            case .longValue: #expect([4, 8].contains(known.datatype))
            case .doubleValue: #expect(known.datatype == 10)
            case .booleanValue: #expect(known.datatype == 11)
            case .stringValue: #expect(known.datatype == 12)
            default: Issue.record("\(known.name) has another value")
            }
        }
    }

    private mutating func death(_ heard: Heard) {
        #expect(!heard.payload.hasSeq && heard.payload.metrics.map(\.name) == ["bdSeq"])
        if heard.payload.metrics.first?.longValue == bdSeq { born = [:] }
    }

    /// The name of a metric that is alive; nil if it is not.
    func name(_ alias: UInt64, of device: String) -> String? { born[device]?[alias]?.name }
    /// The datatype of a metric that is alive; nil if it is not.
    func datatype(_ name: String, of device: String) -> UInt32? {
        born[device]?.values.first { $0.name == name }?.datatype
    }
    /// Whether a device, or with an empty name the node, is alive.
    func isAlive(_ device: String) -> Bool { born[device] != nil }
}
