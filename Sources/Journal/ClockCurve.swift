import Telemetry

/// How one boot's clock relates to wall time: observations, of which only those are kept that the
/// others do not tell.
///
/// Between two anchors time is interpolated, outside of them the boot clock's own pace holds. If
/// the wall clock moved away from the boot clock by more than a clock can drift, it was set: up
/// to the second anchor the first one holds then, and nothing is interpolated.
///
/// Thinning is a swinging door: as long as one straight line from the last but one anchor passes
/// all later observations within `tolerance`, only the newest of them is kept. So every
/// observation ever made stays within `tolerance` of the curve, unless `limit` had to make room.
struct ClockCurve {
    /// The most anchors. A Linux wall clock leaves CLOCK_MONOTONIC by steps alone, at two anchors
    /// a step.
    static let limit = 32
    /// How far an observation that was dropped may be off the curve.
    static let tolerance: Duration = .milliseconds(1)
    /// The most that two clocks drift apart, as a fraction: twice what the kernel corrects
    /// (MAXFREQ, 500 ppm). What is above it is a step.
    static let largestDrift = 1e-3

    /// At least one, in order of their instants, no two of the same.
    private(set) var anchors: [ClockAnchor]
    /// The slopes of the lines from the last but one anchor that pass everything since within
    /// tolerance; nil if no line leads to the last anchor.
    private var door: ClosedRange<Double>?

    /// A curve of one anchor.
    init(_ anchor: ClockAnchor) {
        anchors = [anchor]
    }

    /// A curve that was stored. Nil if the anchors are none, too many, or not in order.
    init?(stored anchors: [ClockAnchor]) {
        guard !anchors.isEmpty, anchors.count <= ClockCurve.limit,
            zip(anchors, anchors.dropFirst()).allSatisfy({ $0.instant < $1.instant })
        else { return nil }
        self.anchors = anchors
    }

    /// Takes up an observation, in whatever order they come.
    mutating func note(_ anchor: ClockAnchor) {
        if anchor.instant > last.instant { extend(with: anchor) } else { insert(anchor) }
        if anchors.count > ClockCurve.limit { thin() }
    }

    /// The newest observation.
    var last: ClockAnchor { anchors[anchors.count - 1] }

    /// What the wall clock showed, or would have shown, at an instant.
    func wallTime(at instant: Instant) -> WallTime {
        guard let next = anchors.firstIndex(where: { $0.instant > instant }) else {
            return last.wallTime(at: instant)
        }
        guard next > 0 else { return anchors[0].wallTime(at: instant) }
        return ClockCurve.wallTime(at: instant, between: anchors[next - 1], anchors[next])
    }

    /// The first instant after this one at which the wall clock was set, as far as is known.
    func nextStep(after instant: Instant) -> Instant? {
        zip(anchors, anchors.dropFirst())
            .first { $1.instant > instant && ClockCurve.isStep($0, $1) }?.1.instant
    }

    /// Removes the anchor between others that is missed the least; the oldest of equals.
    mutating func thin() {
        let inner = anchors.indices.dropFirst().dropLast()
        let errors = inner.map { index in
            let told = ClockCurve.wallTime(
                at: anchors[index].instant, between: anchors[index - 1], anchors[index + 1])
            return (anchors[index].wall - told).distance
        }
        guard let least = errors.indices.min(by: { errors[$0] < errors[$1] }) else { return }
        anchors.remove(at: least + 1)
        // The last but one is gone: the door hangs on the one before it.
        if least + 1 == anchors.count - 1 { openDoor() }
    }

    private mutating func extend(with anchor: ClockAnchor) {
        if let door {
            let hinge = anchors[anchors.count - 2]
            if door.contains(ClockCurve.slope(hinge, anchor)), !ClockCurve.isStep(hinge, anchor) {
                anchors[anchors.count - 1] = anchor
                self.door = door.clamped(to: ClockCurve.slopes(hinge, anchor))
                return
            }
        }
        anchors.append(anchor)
        openDoor()
    }

    private mutating func openDoor() {
        let (hinge, last) = (anchors[anchors.count - 2], last)
        door = ClockCurve.isStep(hinge, last) ? nil : ClockCurve.slopes(hinge, last)
    }

    /// Takes up an observation that is not the newest.
    private mutating func insert(_ anchor: ClockAnchor) {
        guard (anchor.wall - wallTime(at: anchor.instant)).distance > ClockCurve.tolerance,
            let index = anchors.firstIndex(where: { $0.instant >= anchor.instant }),
            anchors[index].instant != anchor.instant
        else { return }
        anchors.insert(anchor, at: index)
        door = nil
    }
}

extension ClockCurve {
    private static func wallTime(
        at instant: Instant, between left: ClockAnchor, _ right: ClockAnchor
    ) -> WallTime {
        let byLeft = left.wallTime(at: instant)
        guard !isStep(left, right) else { return byLeft }
        let part = (instant - left.instant).seconds / (right.instant - left.instant).seconds
        // No step: at most a thousandth of Int64's range.
        return byLeft + .nanoseconds(Int64(gain(left, right) * part))
    }

    /// By how many nanoseconds the wall clock has outrun the boot clock.
    private static func gain(_ left: ClockAnchor, _ right: ClockAnchor) -> Double {
        Double(((right.wall - left.wall) - (right.instant - left.instant)).nanoseconds)
    }

    private static func isStep(_ left: ClockAnchor, _ right: ClockAnchor) -> Bool {
        let drift = largestDrift * Double((right.instant - left.instant).nanoseconds)
        return gain(left, right).magnitude > drift + Double(tolerance.nanoseconds)
    }

    private static func slope(_ left: ClockAnchor, _ right: ClockAnchor) -> Double {
        gain(left, right) / Double((right.instant - left.instant).nanoseconds)
    }

    /// The slopes of the lines from `left` that pass `right` within tolerance.
    private static func slopes(
        _ left: ClockAnchor, _ right: ClockAnchor
    ) -> ClosedRange<Double> {
        let slope = slope(left, right)
        let play =
            Double(tolerance.nanoseconds) / Double((right.instant - left.instant).nanoseconds)
        return slope - play...slope + play
    }
}

extension Duration {
    /// How long it is, forward or back.
    fileprivate var distance: Duration { self < .zero ? .zero - self : self }
}
