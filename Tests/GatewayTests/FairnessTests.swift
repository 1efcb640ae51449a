import Telemetry
import Testing

@testable import Gateway

/// A line of 9,600 baud whose devices do not all answer: the others keep their intervals.
@Suite struct FairnessTests {
    private typealias Device = LineOfDevices.Device

    @Test func devicesThatAnswerKeepTheirGrid() async {
        let line = await LineOfDevices(Array(repeating: Device(), count: 10), for: .seconds(120))
        for index in 0..<10 {
            #expect(line.readings[index].count >= 119)
            #expect(line.interval99(of: index) <= .milliseconds(1001))
        }
    }

    @Test(arguments: 1...3)
    func theOthersKeepTheirIntervals(dead: UInt8) async {
        let line = await LineOfDevices(Array(repeating: Device(), count: 10), for: .seconds(400)) {
            unit, _ in unit <= dead
        }
        for index in Int(dead)..<10 {
            #expect(line.interval99(of: index) <= .milliseconds(1050))
        }
        #expect(line.wasted.seconds / 400 <= 0.05)
        // A failed read is a reading: none of the dead devices' are left out.
        for index in 0..<Int(dead) {
            #expect(line.readings[index].count >= 390)
            #expect(line.readings[index].allSatisfy { !$0.quality.isGood })
        }
    }

    /// Devices that are read each minute and are dead must not stop the others for half a second
    /// each.
    @Test func deadDevicesThatAreReadSeldomCostNoMore() async {
        let seldom = Array(repeating: Device(interval: .seconds(60)), count: 6)
        let line = await LineOfDevices(
            seldom + Array(repeating: Device(), count: 9), for: .seconds(1200)
        ) { unit, _ in unit <= 6 }
        for index in 6..<15 { #expect(line.interval99(of: index) <= .milliseconds(1050)) }
        #expect(line.wasted.seconds / 1200 <= 0.05)
    }

    /// A device that is read each five minutes is asked each five minutes, dead or not.
    @Test func aDeadDeviceIsAskedAsSeldomAsItIsRead() async {
        let line = await LineOfDevices(
            [Device(interval: .seconds(300)), Device()], for: .seconds(6000)
        ) { unit, _ in unit == 1 }
        #expect((line.asked[1] ?? []).count >= 19)
    }

    /// A device that answers later than the gaps are long is found all the same.
    @Test func aDeviceThatHasBecomeSlowIsFound() async {
        let line = await LineOfDevices(Array(repeating: Device(), count: 10), for: .seconds(900)) {
            unit, time in
            unit == 1 && time < .seconds(300)
        } thinkTime: { unit in
            unit == 1 ? .milliseconds(420) : .milliseconds(5)
        }
        #expect(line.readings[0].contains { $0.quality.isGood })
    }

    /// All of its groups are read at once when it answers a try.
    @Test func aDeviceThatIsBackIsReadAtOnce() async {
        let line = await LineOfDevices(
            [Device(slowInterval: .seconds(1000)), Device()], for: .seconds(300)
        ) { unit, time in unit == 1 && (.seconds(20) ... .seconds(200)).contains(time) }
        let good = line.readings[0].filter(\.quality.isGood).map(\.instant)
        let gaps = zip(good.dropFirst(), good).map { $0 - $1 }
        // The try after its return is at most a minute away; from then on all is as before.
        #expect((gaps.max() ?? .zero) <= .seconds(180 + 62))
        #expect(gaps.filter { $0 > .milliseconds(1100) }.count == 1)
        #expect(line.readings[0].count >= 290)
    }

    /// On a line without room the points of all dead devices still get a reading each interval,
    /// also while one of them waits for a gap.
    @Test func silenceIsSaidOnAFullLineToo() async {
        let slow = Device(interval: .seconds(60))
        let line = await LineOfDevices(
            [slow, Device()] + Array(repeating: Device(), count: 14), for: .seconds(400)
        ) { unit, _ in unit <= 2 }
        let silent = line.readings[1].map(\.instant)
        let longest = zip(silent.dropFirst(), silent).map { $0 - $1 }.max() ?? .zero
        #expect(silent.count >= 370)
        #expect(longest <= .seconds(3))
        #expect(line.overload?.hasPrefix("needs 1.") == true)
    }
}
