/// A moment at which the power may go: what is on the medium, and what may be there or not.
struct CrashPoint {
    /// How many operations of the disk's log were done.
    let operations: Int
    /// What the process saw, and another process sees should this one alone be killed.
    let view: DiskImage
    let medium: DiskImage
    let pending: [DiskChange]
    /// What a file may show that grew without its data.
    let stale: [UInt8]

    /// What a crash decides, each independently of the others.
    func questions() -> [CrashQuestion] {
        var questions: [CrashQuestion] = []
        var sized: Set<DiskImage.Inode> = []
        for (index, change) in pending.enumerated() {
            switch change.action {
            case .write(_, _, _, let changed) where changed.isEmpty: continue
            case .write(_, _, _, let changed):
                questions.append(.write(index, SectorChoice.all(of: changed.count)))
            case .resize(let inode, _):
                if sized.insert(inode).inserted { questions.append(.size(inode, sizes(of: inode))) }
            case .names, .directory: questions.append(.names(index))
            }
        }
        return questions
    }

    /// The sizes that a file may be left with: the durable one first, the last one next.
    private func sizes(of inode: DiskImage.Inode) -> [CrashQuestion.Size] {
        let base = medium.contents[inode]?.count ?? 0
        let sizes = pending.compactMap { change in
            if case .resize(inode, let size) = change.action { size } else { nil }
        }
        var choices = [CrashQuestion.Size(kept: 0, size: base, fill: .zeros)]
        for kept in (1...sizes.count).reversed() {
            let size = sizes[kept - 1]
            let fills = size > base ? [.zeros, .garbage, .stale(stale)] : [Fill.zeros]
            choices += fills.map { CrashQuestion.Size(kept: kept, size: size, fill: $0) }
        }
        return choices
    }

    /// What is on the medium after the crash, given an answer to each question.
    func image(_ questions: [CrashQuestion], _ answers: [Int]) -> DiskImage {
        var image = medium
        var sizes: [DiskImage.Inode: CrashQuestion.Size] = [:]
        var kept: [Int: SectorChoice?] = [:]
        for (question, answer) in zip(questions, answers) {
            switch question {
            case .write(let index, let choices): kept[index] = choices[answer]
            case .size(let inode, let choices): sizes[inode] = choices[answer]
            case .names(let index): if answer == 1 { kept[index] = .some(nil) }
            }
        }
        var resizes: [DiskImage.Inode: Int] = [:]
        for (index, change) in pending.enumerated() {
            switch change.action {
            case .resize(let inode, let size):
                resizes[inode, default: 0] += 1
                let isKept = resizes[inode, default: 0] <= sizes[inode]?.kept ?? 0
                let isCut = size < image.contents[inode]?.count ?? 0
                if isKept && isCut { image.resize(inode, to: size) }
            case .write(let inode, _, _, _):
                guard let choice = kept[index] ?? nil else { continue }
                image.apply(change, sectors: choice, fill: sizes[inode]?.fill ?? .zeros)
            case .names, .directory: if kept[index] != nil { image.apply(change) }
            }
        }
        for (inode, size) in sizes { image.resize(inode, to: size.size, fill: size.fill) }
        image.dropUnreachable()
        return image
    }
}

/// One thing that a crash decides. The first answer is "lost", the second is "kept".
enum CrashQuestion {
    struct Size {
        /// How many of the file's changes of size are kept.
        var kept: Int
        var size: Int
        var fill: Fill
    }

    /// Which sectors of a pending write are kept.
    case write(Int, [SectorChoice])
    /// What size a file has, and what stands where it grew without data.
    case size(DiskImage.Inode, [Size])
    /// Whether a pending change of names is kept.
    case names(Int)

    var answerCount: Int {
        switch self {
        case .write(_, let choices): choices.count
        case .size(_, let sizes): sizes.count
        case .names: 2
        }
    }

    /// The answer in words, for the reader of a failure.
    func describe(_ answer: Int, of point: CrashPoint) -> String {
        switch self {
        case .write(let index, let choices):
            point.pending[index].operation.description + ": " + choices[answer].description
        case .names(let index):
            point.pending[index].operation.description + (answer == 1 ? ": kept" : ": lost")
        case .size(let inode, let sizes):
            "size of file \(inode): \(sizes[answer].size)"
                + (answer > 1 ? ", grown into \(sizes[answer].fill.name)" : "")
        }
    }
}

extension Fill {
    var name: String {
        switch self {
        case .zeros: "zeros"
        case .garbage: "garbage"
        case .stale: "a removed file's bytes"
        }
    }
}

/// Which of a write's changed sectors a crash leaves.
enum SectorChoice: CustomStringConvertible {
    case none
    case all
    case first(Int)
    case allButFirst(Int)
    case mask(UInt64)

    /// Up to so many changed sectors every combination is a choice of its own.
    private static let exhaustiveSectors = 4
    /// Of more sectors so many places to tear are tried, spread evenly, and so many mixtures.
    private static let cuts = 5
    private static let mixtures: [UInt64] = [
        0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA, 0x9249_2492_4924_9249,
    ]

    static func all(of count: Int) -> [SectorChoice] {
        guard count > exhaustiveSectors else {
            let whole = UInt64(1) << UInt64(count) - 1
            return [.none, .all] + (1..<max(whole, 1)).map { .mask($0) }
        }
        let places = Set((1...cuts).map { max($0 * count / (cuts + 1), 1) }).union([count - 1])
        return [.none, .all] + places.sorted().flatMap { [.first($0), .allButFirst($0)] }
            + mixtures.map { .mask($0) }
    }

    func keeps(_ index: Int) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .first(let count): index < count
        case .allButFirst(let count): index >= count
        case .mask(let mask): mask >> UInt64(index % 64) & 1 == 1
        }
    }

    var description: String {
        switch self {
        case .none: "lost"
        case .all: "kept"
        case .first(let count): "the first \(count) changed sectors kept"
        case .allButFirst(let count): "all but the first \(count) changed sectors kept"
        case .mask(let mask): "changed sectors kept by mask \(String(mask, radix: 2))"
        }
    }
}

extension DiskImage {
    /// Takes up those sectors of a write that a crash leaves.
    fileprivate mutating func apply(_ change: DiskChange, sectors: SectorChoice, fill: Fill) {
        guard case .write(let inode, let offset, let bytes, let changed) = change.action else {
            return
        }
        if case .all = sectors { return write(bytes, to: inode, at: offset, fill: fill) }
        let start = bytes.startIndex - offset
        for (index, sector) in changed.enumerated() where sectors.keeps(index) {
            let from = max(sector * DiskImage.sector, offset)
            let to = min((sector + 1) * DiskImage.sector, offset + bytes.count)
            write(bytes[start + from..<start + to], to: inode, at: from, fill: fill)
        }
    }
}
