extension CrashProof {
    /// Lives in which something was found that random ones come by once in 100,000 states. Each
    /// is visited whole.
    static var knownLives: [Workload] {
        [overwritten, refilled]
    }

    /// A segment of one long frame is used again for a commit of three short ones: what a power
    /// cut leaves of the long one must not hide what it leaves of the short ones.
    private static let overwritten = Workload(
        seed: 1, maximumSegments: 4,
        steps: [
            .append(count: 2, textBytes: 20_000, isUrgent: false), .wait(seconds: 10),
            .append(count: 2, textBytes: 20_000, isUrgent: false), .wait(seconds: 10),
            .append(count: 1, textBytes: 5000, isUrgent: false), .gap(count: 1),
            .append(count: 1, textBytes: 3000, isUrgent: false), .wait(seconds: 10),
        ])

    /// A file of the urgent queue is removed and one of the other is made: while that one is
    /// filled, it may show the frames of the first.
    private static let refilled = Workload(
        seed: 2, retainedSegments: 0,
        steps: [
            .append(count: 1, textBytes: 0, isUrgent: false), .wait(seconds: 10),
            .append(count: 3, textBytes: 30_000, isUrgent: true),
            .append(count: 3, textBytes: 30_000, isUrgent: true),
            .send(batches: 2, limit: 3), .acknowledge(batches: 2), .reconnect,
            .send(batches: 1, limit: 1), .wait(seconds: 31),
            .append(count: 3, textBytes: 36_000, isUrgent: false), .wait(seconds: 10),
        ])
}
