import Telemetry

/// How the boot clocks of this boot and of earlier ones relate to wall time.
///
/// | a reading of | gets its time from |
/// |---|---|
/// | a boot that has synced | the boot's curve, also for what was before the sync |
/// | a boot that never did, others around it | the bounds that they set: `estimated` |
/// | a boot that never did, alone | what its clock showed last: `unsynchronized` |
///
/// Times say nothing about order: that is the sequence's.
struct ClockHistory {
    /// The most boots that are known; beyond it the oldest is forgotten, and its readings have
    /// the anchor that their frame brings. The last boot that synced stays: it bounds those
    /// behind it.
    static let bootLimit = 40
    /// The most anchors of all boots together: they fit the page of `ClockFile`.
    static let anchorLimit = 160

    /// What is known of each boot: those of unknown order, then the others in order, the present
    /// one last. Never empty.
    private(set) var boots: [BootTimes]
    /// What the clocks of the present boot have shown last.
    private(set) var latest: ClockAnchor

    /// A history that begins with what the clocks show now.
    ///
    /// - Parameters:
    ///   - epoch: The present epoch's number; nil leaves this boot without neighbours.
    ///   - stored: What was known of earlier boots, and of this one.
    init(_ anchor: ClockAnchor, epoch: UInt32? = nil, stored: [BootTimes] = []) {
        latest = anchor
        boots = [BootTimes(anchor, epoch: epoch)]
        recall(stored)
    }

    /// Takes up what was stored. Boots whose epoch the present one has not yet reached are of
    /// another journal's life: their order says nothing here.
    mutating func recall(_ stored: [BootTimes]) {
        for var times in stored {
            let known = boots.lastIndex { $0.boot == times.boot }
            if let known { times.note(boots[known]) }
            if times.boot == latest.boot {
                boots[boots.count - 1] = times
                continue
            }
            if let known { boots.remove(at: known) }
            if let epoch = times.epoch, let present = boots[boots.count - 1].epoch, epoch >= present
            {
                times.epoch = nil
            }
            insert(times)
        }
        forgetSurplus()
    }

    /// Takes up what the clocks of the present boot show now.
    mutating func advance(to anchor: ClockAnchor) {
        latest = anchor
        note(anchor)
    }

    /// Takes up an observation, of this boot or another.
    ///
    /// - Parameter epoch: In which epoch it was made; nil if that is not known.
    mutating func note(_ anchor: ClockAnchor, epoch: UInt32? = nil) {
        if let index = boots.lastIndex(where: { $0.boot == anchor.boot }) {
            let before = boots[index].epoch
            boots[index].note(anchor, epoch: epoch)
            if boots[index].epoch != before, index < boots.count - 1 {
                insert(boots.remove(at: index))
            }
        } else if anchor.quality != .estimated {
            insert(BootTimes(anchor, epoch: epoch))
        }
        forgetSurplus()
    }

    /// Every anchor that is kept, boot by boot.
    var anchors: [ClockAnchor] { boots.flatMap(\.curve.anchors) }

    /// The best that was observed in the present boot, for now: what a frame is to bring along.
    var observed: ClockAnchor {
        let present = boots[boots.count - 1]
        return present.isSynchronized ? present.anchor(at: latest.instant) : latest
    }

    /// The first instant of a boot after this one at which its wall clock was set. What is before
    /// and behind it needs an anchor of its own.
    func nextStep(in boot: BootID, after instant: Instant) -> Instant? {
        boots.last { $0.boot == boot }?.curve.nextStep(after: instant)
    }

    /// Puts a boot in its place before the present one.
    private mutating func insert(_ times: BootTimes) {
        let others = boots.indices.dropLast()
        let order = times.epoch ?? 0
        let index = others.first { boots[$0].epoch ?? 0 > order } ?? others.endIndex
        boots.insert(times, at: index)
    }

    private mutating func forgetSurplus() {
        while boots.count > ClockHistory.bootLimit {
            let kept = boots.dropLast().lastIndex(where: \.isSynchronized)
            boots.remove(at: kept == 0 ? 1 : 0)
        }
        var count = boots.reduce(0) { $0 + $1.curve.anchors.count }
        while count > ClockHistory.anchorLimit,
            let richest = boots.indices.max(by: {
                boots[$0].curve.anchors.count < boots[$1].curve.anchors.count
            })
        {
            boots[richest].curve.thin()
            count -= 1
        }
    }
}
