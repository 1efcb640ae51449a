import Telemetry

/// Turns every bit of a journal of 1 MB in turn. It always starts; what is lost is one commit at
/// most, and named; nothing comes back changed.
public struct BitFlipProof {
    public private(set) var report = ProofReport("bitflips")
    private let stride: Int
    private let offset: Int

    /// Turns one bit in so many, beginning with the one that `offset` names.
    public init(oneIn stride: Int, from offset: Int = 0) {
        self.stride = stride
        self.offset = offset
    }

    public mutating func run(seed: UInt64, note: (String) -> Void = { _ in }) -> ProofFailure? {
        do throws(Violation) {
            let journal = try FlippedJournal(seed: seed)
            report.add("bytes", journal.bytes)
            report.add("commits", journal.commits)
            for bit in Swift.stride(from: offset, to: journal.bytes * 8, by: stride) {
                let flip = journal.flip(bit)
                note("seed \(seed), bit \(bit): \(flip)")
                do throws(Violation) {
                    report.add("commits lost and named", try journal.lost(by: flip))
                } catch {
                    return ProofFailure(
                        violation: error, story: "seed \(seed), bit \(bit): \(flip)")
                }
                report.states += 1
            }
        } catch {
            return ProofFailure(violation: error, story: "the journal could not be made")
        }
        return report.missing(["commits lost and named"]).map {
            ProofFailure(violation: Violation(.untested, $0), story: "\(report)")
        }
    }
}

/// One bit of one file.
struct BitFlip: CustomStringConvertible {
    var path: String
    var byte: Int
    var bit: Int

    var description: String { "bit \(bit) of byte \(byte) of \(path)" }
}

/// A journal as a power cut leaves it, and what is known of it.
final class FlippedJournal {
    private let workload: Workload
    private var ledger: Ledger
    private let files: [(path: String, bytes: Int)]
    private var image: DiskImage

    /// The size of a segment: four make 1 MB.
    private static let segmentBytes = 256 << 10
    private static let segments = 4
    /// So many readings that about as much was given up as is there.
    private static let evictions = 400

    /// Commits of very different sizes, urgent ones among them, until there are all segments and
    /// the oldest were used again.
    init(seed: UInt64) throws(Violation) {
        var workload = Workload(seed: seed, maximumSegments: FlippedJournal.segments, steps: [])
        workload.segmentBytes = FlippedJournal.segmentBytes
        self.workload = workload
        let disk = SimulatedDisk()
        let player = Player(workload, disk: disk)
        var random = SeededRandom(seed: seed)
        while disk.segmentCount < FlippedJournal.segments
            || player.evicted < FlippedJournal.evictions
        {
            try player.play(FlippedJournal.commit(&random))
        }
        // Of a run that wrote nothing else, the file `state` alone knows the epochs.
        try player.play(.kill)
        try player.open()
        image = disk.medium
        ledger = player.ledger.frozen(at: disk.log.count)
        files = image.names.keys.sorted().map { [image] in ($0, image.bytes(of: $0)?.count ?? 0) }
        try noteEvictions()
    }

    /// What is a gap before any bit is turned.
    private func noteEvictions() throws(Violation) {
        let player = Player(workload, disk: SimulatedDisk(image), ledger: ledger)
        try player.open()
        for (epoch, marks) in try player.inspect().marks {
            for (sequence, mark) in marks.enumerated() where mark == .gap(.journalFull) {
                ledger.evict(epoch, sequence)
            }
        }
    }

    private static func commit(_ random: inout SeededRandom) -> [Step] {
        let count = [1, 1, 3, 12].randomElement(using: &random) ?? 1
        let textBytes = [0, 100, 3000, 3000, 7000, 20_000].randomElement(using: &random) ?? 0
        return [
            .append(count: count, textBytes: textBytes, isUrgent: random.isOne(in: 8)),
            .wait(seconds: 10),
        ]
    }

    /// The size of all files.
    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

    /// How many commits it holds.
    var commits: Int { Set(ledger.entries.values.joined().map(\.commit)).count }

    /// The bit with a number, counted through all files.
    func flip(_ bit: Int) -> BitFlip {
        var byte = bit / 8
        for file in files {
            if byte < file.bytes { return BitFlip(path: file.path, byte: byte, bit: bit % 8) }
            byte -= file.bytes
        }
        return BitFlip(path: "", byte: 0, bit: 0)
    }

    /// Starts with a bit turned; answers how many commits are lost, which is one at most.
    func lost(by flip: BitFlip) throws(Violation) -> Int {
        turn(flip)
        defer { turn(flip) }
        let player = Player(workload, disk: SimulatedDisk(image), ledger: ledger)
        try player.open()
        let pass = try player.inspect(toleratesDamage: true)
        guard pass.damagedCommits.count <= 1 else {
            throw Violation(.lost, "\(pass.damagedCommits.count) commits by one bit")
        }
        return pass.damagedCommits.count
    }

    private func turn(_ flip: BitFlip) {
        guard let inode = image.names[flip.path] else { return }
        image.contents[inode]?[flip.byte] ^= 1 << UInt8(flip.bit)
    }
}

extension SimulatedDisk {
    fileprivate var segmentCount: Int { view.names.keys.count { $0.hasSuffix(".segment") } }
}
