import SwiftProtobuf
import Telemetry
import Testing

@testable import Uplink

/// Payloads in Eclipse Tahu's envelope.
@Suite struct SparkplugCompressionTests {
    private func scene(_ compression: SparkplugOptions.Compression) throws -> SparkplugScene {
        var scene = try SparkplugScene(
            SparkplugOptions(group: SparkplugID(text: "city"), compression: compression))
        for point in 0..<50 { try scene.list("meter", "point-\(point)", "V") }
        return scene
    }

    @Test(arguments: [(SparkplugOptions.Compression.gzip, "GZIP"), (.deflate, "DEFLATE")])
    func birthsAndDataAreCompressed(
        _ compression: SparkplugOptions.Compression, _ algorithm: String
    ) throws {
        var (scene, plain) = (try scene(compression), try scene(.none))
        var (packed, open) = (try scene.births(), try plain.births())
        for second in 0..<20 {
            for name in ["voltage", "energy"] {
                try scene.read(.double(Double(second)), "meter", name, at: 105 + Double(second))
                try plain.read(.double(Double(second)), "meter", name, at: 105 + Double(second))
            }
        }
        packed += try scene.send()
        open += try plain.send()
        #expect(packed.map(\.payload) == open.map(\.payload))
        for (packed, open) in zip(packed, open) where packed.device == "meter" {
            let envelope = try Payload(serializedBytes: packed.message.payload)
            #expect(envelope.uuid == "SPBV1.0_COMPRESSED" && envelope.hasSeq)
            #expect(envelope.metrics.map(\.name) == ["algorithm"])
            #expect(envelope.metrics[0].stringValue == algorithm)
            #expect(envelope.metrics[0].datatype == 12)
            #expect(packed.message.payload.count < open.message.payload.count / 2)
        }
    }

    @Test func whatDoesNotBecomeSmallerIsSentAsItIs() throws {
        var (scene, plain) = (try scene(.gzip), try scene(.none))
        try scene.births()
        try plain.births()
        try scene.read(.double(1))
        try plain.read(.double(1))
        let (packed, open) = (try scene.send(), try plain.send())
        #expect(packed.map(\.message.payload) == open.map(\.message.payload))
        let will = try #require(scene.session.will(connect: 1))
        #expect(will.payload == plain.session.will(connect: 1)?.payload)
    }
}
