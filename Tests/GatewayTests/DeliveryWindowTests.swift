import Telemetry
import Testing

@testable import Gateway

@Suite struct DeliveryWindowTests {
    private func end(_ sequence: UInt64) -> Position { Position(epoch: 1, sequence: sequence) }

    @Test func settlesOnlyWhatIsAcknowledgedWithoutAHole() {
        var window = DeliveryWindow<Int>(limit: 4)
        for token in 1...4 { window.send(token, through: end(UInt64(token * 10))) }
        #expect(window.isFull)
        #expect(window.acknowledge(2) == nil)
        #expect(window.acknowledge(4) == nil)
        #expect(window.acknowledge(1) == end(20))
        #expect(window.acknowledge(3) == end(40))
        #expect(window.isEmpty)
    }

    @Test func anUnknownOrRepeatedReceiptMeansNothing() {
        var window = DeliveryWindow<Int>(limit: 2)
        window.send(1, through: end(10))
        #expect(window.acknowledge(9) == nil)
        #expect(window.acknowledge(1) == end(10))
        #expect(window.acknowledge(1) == nil)
    }

    @Test func aLostLinkForgetsWhatWasOnItsWay() {
        var window = DeliveryWindow<Int>(limit: 2)
        window.send(1, through: end(10))
        window.reset()
        #expect(window.acknowledge(1) == nil)
        #expect(window.isEmpty)
    }
}
