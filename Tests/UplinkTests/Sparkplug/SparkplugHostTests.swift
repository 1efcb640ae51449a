import Telemetry
import Testing

@testable import Uplink

/// A node that waits for its primary host.
@Suite struct SparkplugHostTests {
    private func scene(hasOtherBrokers: Bool = false) throws -> SparkplugScene {
        try SparkplugScene(
            SparkplugOptions(
                group: SparkplugID(text: "city"), primaryHost: SparkplugID(text: "scada"),
                hasOtherBrokers: hasOtherBrokers))
    }

    /// What a message of a host asks for: `birth`, `leave`, `flaw` or nothing.
    private func say(
        _ text: String, as host: String = "scada", to scene: inout SparkplugScene
    ) -> [String] {
        scene.session.receive(
            scene.inbound("spBv1.0/STATE/\(host)", Array(text.utf8), isRetained: true)
        ).map {
            switch $0 {
            case .birth: "birth"
            case .leave: "leave"
            case .flaw: "flaw"
            default: "\($0)"
            }
        }
    }

    private func state(_ online: Bool, _ timestamp: Int) -> String {
        "{\"online\":\(online),\"timestamp\":\(timestamp)}"
    }

    @Test(
        """
        Births wait for the host: tck-id-message-flow-edge-node-birth-publish-phid-wait \
        tck-id-message-flow-edge-node-birth-publish-phid-wait-id \
        tck-id-message-flow-edge-node-birth-publish-phid-wait-online \
        tck-id-operational-behavior-edge-node-birth-sequence-wait \
        tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs
        """)
    func waits() throws {
        var scene = try scene()
        #expect(scene.session.subscriptions.contains("spBv1.0/STATE/scada"))
        #expect(!scene.session.isAwaited)
        #expect(say(state(true, 1000), as: "other", to: &scene).isEmpty)
        #expect(say(state(false, 1000), to: &scene).isEmpty)
        #expect(!scene.session.isAwaited)
        #expect(say(state(true, 1000), to: &scene) == ["birth"])
        #expect(scene.session.isAwaited)
        #expect(say(state(true, 2000), to: &scene).isEmpty)
        let free = try SparkplugScene()
        #expect(free.session.isAwaited && free.session.subscriptions.count == 2)
    }

    @Test(
        """
        Older states are not believed: \
        tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp \
        tck-id-operational-behavior-edge-node-termination-host-offline-timestamp
        """)
    func timestamps() throws {
        var scene = try scene()
        #expect(say(state(true, 1000), to: &scene) == ["birth"])
        try scene.births()
        #expect(say(state(false, 999), to: &scene).isEmpty)
        #expect(scene.session.isAwaited)
        #expect(say(state(false, 1000), to: &scene) == ["leave"])
        #expect(!scene.session.isAwaited)
        scene.session.linkIsDown()
        #expect(say(state(true, 999), to: &scene).isEmpty)
        #expect(!scene.session.isAwaited)
        #expect(say(state(true, 1000), to: &scene) == ["birth"])
    }

    @Test(
        """
        The host goes: tck-id-message-flow-edge-node-birth-publish-phid-offline \
        tck-id-operational-behavior-edge-node-termination-host-offline \
        tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath \
        tck-id-payloads-ndeath-will-message-publisher
        """)
    func leaves() throws {
        var scene = try scene()
        _ = say(state(true, 1000), to: &scene)
        scene.connect = 3
        try scene.births()
        #expect(say(state(false, 2000), to: &scene) == ["leave"])
        let words = scene.session.farewell()
        let farewell = try #require(words)
        let death = try scene.observer.hear(farewell)
        #expect(death.kind == "NDEATH" && death.payload.metrics[0].longValue == 2)
        #expect(!scene.observer.isAlive(""))
        // What is said again, nothing was born meanwhile.
        let again = scene.session.farewell()
        #expect(again?.topic == nil)
    }

    @Test(
        """
        Where the host is not, another broker is tried: \
        tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk
        """)
    func walks() throws {
        var one = try scene()
        #expect(say(state(false, 1000), to: &one).isEmpty, "the link is kept to hear it come")
        var several = try scene(hasOtherBrokers: true)
        #expect(say(state(false, 1000), to: &several) == ["leave"])
    }

    @Test func eachLinkHasToTellThatTheHostIsThere() throws {
        var scene = try scene()
        _ = say(state(true, 1000), to: &scene)
        scene.session.linkIsDown()
        #expect(!scene.session.isAwaited)
    }

    @Test(arguments: [
        "", "online", "{", "{\"online\":1,\"timestamp\":5}", "{\"online\":true}",
        "{\"online\":true,\"timestamp\":-1}", "{\"online\":true,\"timestamp\":\"5\"}", "[]",
        "{\"online\":true,\"timestamp\":1" + String(repeating: "0", count: 2000) + "}",
    ])
    func statesThatAreNoneAreFlaws(_ text: String) throws {
        var scene = try scene()
        #expect(say(text, to: &scene) == ["flaw"])
        #expect(!scene.session.isAwaited)
    }
}
