import Console
import Gateway

extension TimeSeries {
    /// A point's history, as plots show it: the last good value of each piece of time and all that
    /// were in it.
    public init(_ history: HistoryReport) {
        let seconds = history.bucketSeconds * Double(history.buckets.count)
        let samples = history.buckets.map { bucket in
            // A piece is in its middle; the one that is not over is now.
            let middle = bucket.endedSecondsAgo + history.bucketSeconds / 2
            return Sample(
                secondsAgo: bucket.endedSecondsAgo > 0 ? min(middle, seconds) : 0,
                value: bucket.last, minimum: bucket.minimum, maximum: bucket.maximum)
        }
        self.init(samples, unit: history.unit, seconds: seconds)
    }
}
