import Buses
import Platform
import Telemetry

/// When a connection or port that failed may be tried again: until then transfers fail at once.
struct Reopening {
    /// The bound of the delay after the first failure, and the largest.
    static let delays = Duration.seconds(1)...Duration.seconds(30)

    private var backoff: Backoff
    private var refusal: (until: Instant, error: BusError)?

    init(delays: ClosedRange<Duration> = Self.delays) {
        backoff = Backoff(first: delays.lowerBound, longest: delays.upperBound)
    }

    /// Throws the last failure while its delay is not over.
    func check(at now: Instant) throws(BusError) {
        if let refusal, refusal.until > now { throw refusal.error }
    }

    /// Keeps transfers from trying again before a growing delay is over. Returns the failure with
    /// that said.
    mutating func refuse(_ error: BusError, at now: Instant) -> BusError {
        let delay = backoff.next()
        var waiting = error
        waiting.message += "; next try in \(delay.roughly)"
        refusal = (now + delay, waiting)
        return waiting
    }

    /// It was worth opening.
    mutating func succeed() {
        backoff.succeed()
        refusal = nil
    }
}
