import Telemetry

/// How the boot clocks of this boot and of earlier ones relate to wall time.
struct ClockHistory {
    /// The best anchor of each boot.
    private var best: [BootID: ClockAnchor] = [:]
    /// The latest anchor of the present boot.
    private(set) var latest: ClockAnchor

    init(_ anchor: ClockAnchor) {
        latest = anchor
        note(anchor)
    }

    /// Takes up what the clocks of the present boot show now.
    mutating func advance(to anchor: ClockAnchor) {
        latest = anchor
        note(anchor)
    }

    /// Takes up an anchor: a synchronized one beats others, a later one beats an earlier.
    mutating func note(_ anchor: ClockAnchor) {
        guard let known = best[anchor.boot] else {
            best[anchor.boot] = anchor
            return
        }
        let isSynchronized = anchor.quality == .synchronized
        let wasSynchronized = known.quality == .synchronized
        guard isSynchronized || !wasSynchronized else { return }
        if isSynchronized != wasSynchronized || anchor.instant >= known.instant {
            best[anchor.boot] = anchor
        }
    }

    /// The best anchor for the boot of a frame that brought its own.
    func anchor(for own: ClockAnchor) -> ClockAnchor {
        best[own.boot] ?? own
    }

    /// The best anchors, to be kept with the frames.
    var anchors: [ClockAnchor] { Array(best.values) }
}
