import Journal
import Telemetry

/// A journal's limits and what is done with it, all from one seed.
struct Workload: CustomStringConvertible {
    var seed: UInt64
    var maximumSegments = 4
    var retainedSegments = 1
    var memoryLimit = 65_536
    var steps: [Step] = []

    /// 32 KiB unless set, the smallest: seven pages of frames, so that segments roll all the time.
    var segmentBytes = JournalOptions.smallestSegment

    var options: JournalOptions {
        var options = JournalOptions()
        options.segmentBytes = segmentBytes
        options.maximumBytes = maximumSegments * segmentBytes
        options.retainedBytes = retainedSegments * segmentBytes
        options.memoryLimit = memoryLimit
        return options
    }

    /// Whether it may come to the journal's bound.
    var mayEvict: Bool { maximumSegments < Workload.ample }

    /// So many segments that no workload fills them.
    private static let ample = 4096

    /// The seed and the limits.
    var name: String {
        """
        seed \(seed): at most \(maximumSegments) segments, \(retainedSegments) retained, \
        memory for \(memoryLimit)
        """
    }

    var description: String {
        name + steps.enumerated().map { "\n  \($0.offset): \($0.element)" }.joined()
    }

    /// A life of so many steps.
    init(seed: UInt64, stepCount: Int, powerCuts: Bool = false) {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        maximumSegments = [4, 5, 8, Workload.ample].randomElement(using: &random) ?? 4
        retainedSegments = Int.random(in: 0...2, using: &random)
        memoryLimit = random.isOne(in: 4) ? 60 : 65_536
        let isSlow = random.isOne(in: 3)
        steps = (0..<stepCount).map { _ in
            Workload.step(&random, isSlow: isSlow, powerCuts: powerCuts)
        }
    }

    /// A fixed life.
    init(
        seed: UInt64, maximumSegments: Int = Workload.ample, retainedSegments: Int = 1,
        memoryLimit: Int = 65_536, steps: [Step]
    ) {
        self.retainedSegments = retainedSegments
        self.seed = seed
        self.maximumSegments = maximumSegments
        self.memoryLimit = memoryLimit
        self.steps = steps
    }

    private static func step(
        _ random: inout SeededRandom, isSlow: Bool, powerCuts: Bool
    ) -> Step {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: append(&random)
        case 35..<37: .gap(count: Int.random(in: 1...9, using: &random))
        case 37..<65: .wait(seconds: [1, 10, 10, 31].randomElement(using: &random) ?? 10)
        case 65..<(isSlow ? 68 : 80):
            .send(
                batches: Int.random(in: 1...4, using: &random),
                limit: Int.random(in: 1...30, using: &random), isLiveFirst: random.isOne(in: 3))
        case 68..<92: .acknowledge(batches: Int.random(in: 1...(isSlow ? 1 : 6), using: &random))
        case 92..<94: .reconnect
        case 94..<96: .stop
        case 96..<98: .kill
        case 98 where powerCuts: .powerCut(random.next())
        default: .inspect
        }
    }

    private static func append(_ random: inout SeededRandom) -> Step {
        let sizes = [0, 0, 200, 2_000, 4_500, 9_000]
        return .append(
            count: Int.random(in: 1...12, using: &random),
            textBytes: sizes.randomElement(using: &random) ?? 0, isUrgent: random.isOne(in: 6))
    }
}
