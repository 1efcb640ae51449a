import Journal
import Telemetry
import Uplink

/// When the power is about to go.
extension Forwarder {
    /// Writes and syncs all that was read, and from now on what comes as soon as it comes.
    ///
    /// - Returns: How many readings are in memory alone all the same, since the disk fails.
    func save() -> Int {
        isHurried = true
        tick()
        return journal.statistics.readingsInMemory
    }

    /// Whether a line will tell when the power goes: then room on the disk is kept ready.
    func expectHurry(_ isExpected: Bool) { expectsHurry = isExpected }

    /// Says to the platforms that the mains are gone, to each within the limit, and ends the links.
    /// They are made anew by `replaceLanes`.
    func leave(within limit: Duration) async {
        for lane in lanes { lane.isLeaving = true }
        for lane in lanes {
            await lane.stop(within: limit, because: .powerFail)
            lane.disconnect()
            lane.meter.update {
                if $0.isUp { $0.since = clock.now() }
                ($0.isUp, $0.protocolVersion, $0.nextTry) = (false, nil, nil)
                $0.failure = "left because the mains are gone"
            }
        }
    }

    /// The power is there again.
    func endHurry() { isHurried = false }
}
