import Buses

/// Registers that tell a device from others, as a profile names them.
public struct RegisterFingerprint: Sendable {
    /// One register and what it shows.
    public struct Mark: Sendable {
        /// Holding or input registers.
        public var table: RegisterTable
        /// The register's address.
        public var address: UInt16
        /// The values of which it shows one.
        public var values: [UInt16]

        /// A mark.
        public init(table: RegisterTable, address: UInt16, values: [UInt16]) {
            (self.table, self.address, self.values) = (table, address, values)
        }
    }

    /// The profile's name.
    public var profile: String
    /// All of them have to fit.
    public var marks: [Mark]

    /// The marks of a profile.
    public init(profile: String, marks: [Mark]) {
        (self.profile, self.marks) = (profile, marks)
    }
}

/// Knows devices by their profiles' fingerprints. A register that several profiles look at is read
/// once; a device that does not answer in time is not asked further.
public struct FingerprintRecognizer: ProfileRecognizer {
    private let fingerprints: [RegisterFingerprint]

    /// A recognizer of these profiles; of several that fit, the one with the most marks.
    public init(_ fingerprints: [RegisterFingerprint]) {
        self.fingerprints = fingerprints.filter { !$0.marks.isEmpty }
            .sorted { ($1.marks.count, $0.profile) < ($0.marks.count, $1.profile) }
    }

    public func profile(
        of unit: UInt8, on bus: any ModbusBus, timeout: Duration
    ) async -> String? {
        var reader = MarkReader(bus: bus, unit: unit, timeout: timeout)
        for fingerprint in fingerprints {
            var fits = true
            for mark in fingerprint.marks where fits {
                let word = await reader.word(mark.table, mark.address)
                fits = word.map(mark.values.contains) ?? false
            }
            if fits { return fingerprint.profile }
        }
        return nil
    }
}

/// Reads single registers, each once.
private struct MarkReader {
    private struct Place: Hashable {
        var table: RegisterTable
        var address: UInt16
    }

    let bus: any ModbusBus
    let unit: UInt8
    let timeout: Duration
    private var known: [Place: UInt16?] = [:]
    /// Whether it left a request without an answer.
    private var isMute = false

    init(bus: any ModbusBus, unit: UInt8, timeout: Duration) {
        (self.bus, self.unit, self.timeout) = (bus, unit, timeout)
    }

    /// What a register shows; nil if the device has none there.
    mutating func word(_ table: RegisterTable, _ address: UInt16) async -> UInt16? {
        let place = Place(table: table, address: address)
        if let word = known[place] { return word }
        let word = isMute ? nil : await read(place)
        known[place] = .some(word)
        return word
    }

    private mutating func read(_ place: Place) async -> UInt16? {
        let block = RegisterBlock(
            table: place.table, start: Int(place.address), length: 1, members: [])
        let request = ModbusRequest(unit: unit, block.operation, responseTimeout: timeout)
        do throws(BusError) {
            guard case .registers(let words) = try await bus.transfer(request) else { return nil }
            return words.first
        } catch {
            isMute = error.code == .timeout || error.code == .disconnected
            return nil
        }
    }
}
