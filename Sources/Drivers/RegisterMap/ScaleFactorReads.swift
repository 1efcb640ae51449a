import Telemetry

/// The scale factors that are read along with the points, and the points that wait for theirs.
///
/// A point with a scale factor needs two places, which one answer may hold or two. Its factor is
/// planned like a point of its own, with a channel number behind those of the points; points with
/// the same factor share one. When a poll has asked for all of its blocks, what waits is decoded.
struct ScaleFactorReads {
    private struct Place: Hashable {
        var table: RegisterTable
        var address: UInt16
    }

    /// A point that was read, and its registers. At most one for each point.
    private struct Waiting {
        var channel: Int
        var words: [UInt16]
        var instant: Instant
    }

    /// The channel number of the first factor.
    private let first: Int
    /// The address of each factor.
    private let addresses: [UInt16]
    /// For each point the index of its factor.
    private let factors: [Int?]
    /// What this poll has read of each factor: its register, or why there is none.
    private var outcomes: [Result<UInt16, Missing>]
    private var waiting: [Waiting] = []

    private struct Missing: Error {
        var quality: Quality
    }

    init(_ registers: [RegisterMapDriver.Register]) {
        var numbers: [Place: Int] = [:]
        var addresses: [UInt16] = []
        factors = registers.map { register in
            guard let address = register.scaleFactor else { return nil }
            let place = Place(table: register.table, address: address)
            if let known = numbers[place] { return known }
            numbers[place] = addresses.count
            addresses.append(address)
            return addresses.count - 1
        }
        first = registers.count
        self.addresses = addresses
        outcomes = Array(
            repeating: .failure(Missing(quality: .notAvailable)), count: addresses.count)
    }

    /// The factors that these points need.
    func members(for points: [Int]) -> [RegisterBlock.Member] {
        Set(points.compactMap { factors[$0] }).sorted().map { index in
            RegisterBlock.Member(channel: first + index, start: Int(addresses[index]), length: 1)
        }
    }

    /// Keeps what was read if it is a factor, or a point that has one; false if it is neither.
    mutating func keep(
        _ member: RegisterBlock.Member, _ words: [UInt16], from start: Int, at instant: Instant
    ) -> Bool {
        if member.channel >= first {
            outcomes[member.channel - first] = .success(words[start])
            return true
        }
        guard factors[member.channel] != nil else { return false }
        waiting.append(
            Waiting(
                channel: member.channel, words: Array(words[start..<start + member.length]),
                instant: instant))
        return true
    }

    /// Takes note that a factor was not read; false if the channel is none.
    mutating func fail(_ channel: Int, _ quality: Quality) -> Bool {
        guard channel >= first else { return false }
        outcomes[channel - first] = .failure(Missing(quality: quality))
        return true
    }

    /// Hands on the points that have waited: the factor's quality if it was not read.
    mutating func settle(
        _ registers: [RegisterMapDriver.Register], into sink: any SampleSink
    ) {
        for point in waiting {
            guard let factor = factors[point.channel] else { continue }
            let (value, quality): (Value?, Quality) =
                switch outcomes[factor] {
                case .success(let word):
                    registers[point.channel].codec.decode(point.words, from: 0, factor: word)
                case .failure(let missing): (nil, missing.quality)
                }
            sink.take(
                Sample(
                    channel: point.channel, value: value, quality: quality, instant: point.instant))
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

extension RegisterMapDriver.Register {
    /// Why the point can only be read, beside what its codec says.
    var oneWay: String? { scaleFactor == nil ? nil : "points with a scale factor" }
}
