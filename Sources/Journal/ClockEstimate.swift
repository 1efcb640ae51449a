import Telemetry

/// The wall time of a boot's readings.
extension ClockHistory {
    /// The anchor that stands best for an instant of a boot.
    ///
    /// - Parameters:
    ///   - own: What the readings' frame brought along, for a boot that is not known.
    func anchor(for boot: BootID, own: ClockAnchor, at instant: Instant) -> ClockAnchor {
        guard let index = boots.lastIndex(where: { $0.boot == boot }) else {
            return own.moved(to: instant)
        }
        let times = boots[index]
        guard !times.isSynchronized else { return times.anchor(at: instant) }
        guard own.quality != .synchronized else { return own.moved(to: instant) }
        return estimate(index, at: instant) ?? times.anchor(at: instant)
    }

    /// The anchor that stands best for the instant of this one.
    func anchor(for own: ClockAnchor) -> ClockAnchor {
        anchor(for: own.boot, own: own, at: own.instant)
    }

    /// When a boot that never synced was, by its neighbours; nil if it has none that know.
    private func estimate(_ index: Int, at instant: Instant) -> ClockAnchor? {
        guard boots[index].epoch != nil else { return nil }
        var earliest: WallTime?
        for earlier in boots.indices[..<index] where boots[earlier].epoch != nil {
            earliest = latestKnown(of: earlier, notBefore: earliest)
        }
        guard let start = start(of: index, notBefore: earliest) else { return nil }
        return boots[index].anchor(at: instant, ifStartedAt: start)
    }

    /// The wall time of a boot's end, itself estimated if need be; nil if nobody knows.
    private func latestKnown(of index: Int, notBefore earliest: WallTime?) -> WallTime? {
        let times = boots[index]
        if times.isSynchronized { return times.curve.wallTime(at: times.end) }
        return start(of: index, notBefore: earliest).map { $0 + times.length }
    }

    /// The wall time of the start of a boot that never synced: what its own clock says of it,
    /// within the bounds. A clock that shows a time before this software was made says nothing:
    /// then it is the earlier bound, or else the later. Where the bounds contradict each other
    /// the later boot is right: it was set last. Nil without any bound.
    private func start(of index: Int, notBefore earliest: WallTime?) -> WallTime? {
        let latest = latestStart(of: index)
        guard let bound = earliest ?? latest else { return nil }
        let shown = boots[index].curve.last
        var start = shown.wall < .earliestCredible ? bound : shown.wallTime(at: .zero)
        if let earliest { start = max(start, earliest) }
        if let latest { start = min(start, latest) }
        return start
    }

    /// The latest wall time at which a boot can have started: it and those behind it had to end
    /// before the next one that synced. Nil if none did.
    private func latestStart(of index: Int) -> WallTime? {
        guard
            let next = boots.indices[index...].dropFirst().first(where: {
                boots[$0].isSynchronized && boots[$0].epoch != nil
            })
        else { return nil }
        let lengths = boots[index..<next].reduce(Duration.zero) { $0 + $1.length }
        return boots[next].curve.wallTime(at: .zero) + (.zero - lengths)
    }
}

extension BootTimes {
    /// What the boot's clock showed at an instant.
    func anchor(at instant: Instant) -> ClockAnchor {
        ClockAnchor(
            boot: boot, instant: instant, wall: curve.wallTime(at: instant),
            quality: curve.last.quality, source: curve.last.source)
    }

    fileprivate func anchor(at instant: Instant, ifStartedAt start: WallTime) -> ClockAnchor {
        ClockAnchor(
            boot: boot, instant: instant, wall: start + (instant - .zero), quality: .estimated,
            source: curve.last.source)
    }
}

extension ClockAnchor {
    /// The same relation of the clocks, told of another instant.
    fileprivate func moved(to other: Instant) -> ClockAnchor {
        ClockAnchor(
            boot: boot, instant: other, wall: wallTime(at: other), quality: quality,
            source: source)
    }
}
