import Journal
import Telemetry

/// Plays steps on a journal on a simulated disk, and keeps the ledger.
///
/// It opens the journal when a step needs it. While the disk fails the journal may refuse to
/// open; whatever else it does is held against the ledger.
final class Player {
    let disk: SimulatedDisk
    private(set) var ledger: Ledger
    private(set) var journal: JournalUnderTest?
    /// The largest that the files were.
    private(set) var largestBytes = 0
    /// Readings for which a gap `journal-full` came.
    private(set) var evictions = 0
    /// What came whenever everything was looked at, for the reader of a failure.
    private var passes: [[String]] = []

    private let workload: Workload
    private var points = ProofPoints()
    private var maker: ReadingMaker
    private var boot: BootID
    private var now = Player.bootTime
    private var inFlight: [JournalUnderTest.Delivery] = []
    /// Whether all that the journal found when it was opened was on the medium.
    private var foundDurable = true

    private static let bootTime = Instant(nanoseconds: 1_000_000_000)
    /// Between two steps: each append has an instant of its own.
    private static let tick = Duration.milliseconds(1)
    /// How often in a row nothing may come before a disk that failed counts as through with it.
    private static let patience = 4

    init(_ workload: Workload, disk: SimulatedDisk, ledger: Ledger = Ledger()) {
        self.workload = workload
        self.disk = disk
        var ledger = ledger
        boot = ledger.boot()
        self.ledger = ledger
        maker = ReadingMaker(seed: workload.seed &+ ledger.boots)
    }

    private var anchor: ClockAnchor {
        ClockAnchor(
            boot: boot, instant: now,
            wall: WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000 + now.nanoseconds),
            quality: .synchronized)
    }

    /// Whether a fault has struck.
    private var hasFailed: Bool { disk.firstFault != nil }
    /// Whether a fault has struck and the disk is not healed.
    private var isFailing: Bool { hasFailed && disk.faults != nil }

    func play(_ steps: [Step]) throws(Violation) {
        for step in steps { try play(step) }
    }

    func play(_ step: Step) throws(Violation) {
        now = now + Player.tick
        switch step {
        case .kill: forget()
        case .powerCut(let seed): cutPower(seed)
        case .stop:
            journal?.close(anchor: anchor)
            noteClaims()
            forget()
        default:
            try open()
            if journal != nil { try playOpen(step) }
        }
        try checkBounds()
    }

    private func playOpen(_ step: Step) throws(Violation) {
        switch step {
        case .append(let count, let textBytes, let isUrgent):
            try append(count, textBytes: textBytes, isUrgent: isUrgent)
        case .gap(let count):
            guard let (epoch, first) = journal?.recordGap(count: UInt64(count), now: now) else {
                return
            }
            try note([StoredReading?](repeating: nil, count: count), epoch, first, disk.log.count)
        case .wait(let seconds):
            now = now + .seconds(seconds)
            journal?.commitIfDue(anchor: anchor)
        case .send(let batches, let limit, let isLiveFirst):
            try send(batches, limit: limit, isLiveFirst)
        case .acknowledge(let batches): acknowledge(batches)
        case .reconnect:
            inFlight = []
            journal?.rewind()
        case .inspect: _ = try inspect()
        case .stop, .kill, .powerCut: break
        }
        noteClaims()
    }

    /// Readings that the present run gave up for want of room.
    var evicted: UInt64 { journal?.claims.evicted ?? 0 }

    /// Opens the journal if it is not open.
    func open() throws(Violation) {
        guard journal == nil else { return }
        points = ProofPoints()
        foundDurable = disk.isDurable
        do throws(JournalError) {
            let opened = try JournalUnderTest(
                disk: disk, points: points, options: workload.options, anchor: anchor)
            journal = opened
        } catch {
            guard isFailing else { throw Violation(.didNotStart, error.description) }
            return
        }
        for epoch in journal?.epochs ?? [] {
            try ledger.begin(epoch, operations: disk.log.count)
        }
        noteClaims()
    }

    private func forget() {
        journal = nil
        inFlight = []
    }

    private func cutPower(_ seed: UInt64) {
        forget()
        var random = SeededRandom(seed: seed)
        let point = disk.present
        let images = CrashStates(point, limit: 8, random: &random).map(\.image)
        disk.restart(from: images.randomElement(using: &random) ?? point.medium)
        ledger = ledger.frozen(at: disk.log.count)
        boot = ledger.boot()
        now = Player.bootTime
    }

    private func append(_ count: Int, textBytes: Int, isUrgent: Bool) throws(Violation) {
        let readings = maker.readings(
            count, textBytes: textBytes, isUrgent: isUrgent, boot: boot, from: now)
        let before = disk.log.count
        for part in journal?.append(readings, now: now) ?? [] {
            try note(part.readings, part.epoch, part.first, before)
        }
        if isUrgent { journal?.commitIfDue(anchor: anchor) }
    }

    private func note(
        _ readings: [StoredReading?], _ epoch: Epoch, _ first: UInt64, _ operations: Int
    ) throws(Violation) {
        try ledger.append(readings, epoch: epoch, first: first, now: now, operations: operations)
    }

    private func send(_ batches: Int, limit: Int, _ isLiveFirst: Bool) throws(Violation) {
        for _ in 0..<batches {
            guard let delivery = journal?.next(limit: limit, isLiveFirst: isLiveFirst) else {
                return
            }
            var pass = newPass()
            try pass.take(delivery)
            inFlight.append(delivery)
        }
    }

    private func acknowledge(_ batches: Int) {
        for delivery in inFlight.prefix(batches) {
            ledger.settle(
                delivery.epoch, delivery.first..<delivery.first + delivery.count,
                operations: disk.log.count)
            journal?.settle(delivery)
        }
        inFlight.removeFirst(min(batches, inFlight.count))
    }

    /// What came the last times that everything was looked at, for the reader of a failure.
    var story: String {
        passes.map { pass in
            "came:\n" + pass.map { "  \($0)\n" }.joined()
        }.joined()
    }

    /// Looks at everything that is owed, from the oldest on.
    @discardableResult
    func inspect(toleratesDamage: Bool = false) throws(Violation) -> Pass {
        inFlight = []
        journal?.rewind()
        defer { journal?.rewind() }
        var pass = newPass(toleratesDamage)
        defer { passes = passes.suffix(2) + [pass.story] }
        var idle = 0
        // Each delivery is of one identity at least, and none comes twice.
        for _ in 0...ledger.count + Player.patience {
            if let delivery = journal?.next(limit: 50) {
                try pass.take(delivery)
                countEvictions(delivery)
            } else if isFailing, idle < Player.patience {
                idle += 1
                if waitForDisk() {
                    pass = newPass(toleratesDamage)
                }
            } else {
                try finish(pass)
                return pass
            }
        }
        throw Violation(.stuck, "more deliveries than identities")
    }

    private func newPass(_ toleratesDamage: Bool = false) -> Pass {
        Pass(
            ledger, live: journal?.epochs ?? [], mayEvict: workload.mayEvict,
            toleratesDamage: toleratesDamage)
    }

    /// Waits as long as the journal does at most. Answers whether it has got to read its files
    /// only now: then sending begins anew.
    private func waitForDisk() -> Bool {
        let wasDurable = journal?.claims.isDurable == true
        now = now + workload.options.longestRetry
        journal?.commitIfDue(anchor: anchor)
        guard !wasDurable, journal?.claims.isDurable == true else { return false }
        journal?.rewind()
        return true
    }

    private func finish(_ pass: Pass) throws(Violation) {
        if disk.faults?.isForEver == true { return }
        try pass.finish()
        guard foundDurable else { return }
        for (epoch, marks) in pass.marks {
            for (sequence, mark) in marks.enumerated() where mark == .reading {
                if journal?.epochs.contains(epoch) == false {
                    ledger.recovered(epoch, sequence, operations: disk.log.count)
                }
            }
        }
    }

    private func countEvictions(_ delivery: JournalUnderTest.Delivery) {
        if case .gap(let count, .journalFull) = delivery.content { evictions += Int(count) }
    }

    /// Takes up what the journal calls safe, and what it gave up.
    private func noteClaims() {
        guard let journal else { return }
        let claims = journal.claims
        for epoch in journal.epochs {
            ledger.commit(
                epoch, before: claims.unsafeSince ?? Instant(nanoseconds: .max),
                operations: disk.log.count)
        }
        if let run = journal.epochs.first { ledger.giveUp(claims.givenUp, epoch: run) }
    }

    private func checkBounds() throws(Violation) {
        guard let claims = journal?.claims else { return }
        largestBytes = max(largestBytes, claims.bytesOnDisk)
        let options = workload.options
        guard claims.bytesOnDisk <= options.maximumBytes else {
            throw Violation(.bound, "\(claims.bytesOnDisk) bytes of segments")
        }
        guard claims.readingsInMemory <= options.memoryLimit else {
            throw Violation(.bound, "\(claims.readingsInMemory) readings in memory")
        }
        guard claims.givenUp == 0 || hasFailed else {
            throw Violation(.bound, "\(claims.givenUp) given up though the disk did not fail")
        }
    }
}
