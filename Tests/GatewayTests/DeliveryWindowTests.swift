import Journal
import Telemetry
import Testing

@testable import Gateway

@Suite struct DeliveryWindowTests {
    private func delivery(_ sequences: Range<UInt64>) -> Delivery {
        Delivery(
            priority: .normal,
            range: Position(
                epoch: 1, sequence: sequences.lowerBound)..<Position(
                    epoch: 1, sequence: sequences.upperBound))
    }

    @Test func everyMessageSettlesWhatItCarriedAndNoMore() {
        var window = DeliveryWindow<Int>(limit: 2)
        window.send(1, delivery(0..<10))
        window.send(2, delivery(10..<20))
        #expect(window.isFull)
        #expect(window.answer(2) == delivery(10..<20))
        #expect(!window.isFull && window.contains(1))
        #expect(window.answer(1) == delivery(0..<10))
        #expect(window.isEmpty)
    }

    @Test func anUnknownOrRepeatedReceiptMeansNothing() {
        var window = DeliveryWindow<Int>(limit: 2)
        window.send(1, delivery(0..<10))
        #expect(window.answer(9) == nil)
        #expect(window.answer(1) == delivery(0..<10))
        #expect(window.answer(1) == nil)
    }

    @Test func aLostLinkForgetsWhatWasOnItsWay() {
        var window = DeliveryWindow<Int>(limit: 2)
        window.send(1, delivery(0..<10))
        window.reset()
        #expect(window.answer(1) == nil)
        #expect(window.isEmpty)
    }
}
