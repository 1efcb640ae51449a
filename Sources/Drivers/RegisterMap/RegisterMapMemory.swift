/// The holes that a device was found to have, kept as long as its register map is the same.
struct RegisterMapMemory: Sendable {
    private let memory: any DriverMemory
    /// Tells one register map from another.
    private let fingerprint: String

    /// What is kept for the device with these registers.
    init(memory: any DriverMemory, registers: [RegisterMapDriver.Register]) {
        self.memory = memory
        fingerprint = Self.fingerprint(registers)
    }

    /// What was found before; none for another register map.
    var holes: RegisterHoles {
        let parts = memory.load()?.split(separator: "|", omittingEmptySubsequences: false)
        guard let parts, parts.count == 2, parts[0] == fingerprint else { return RegisterHoles() }
        return RegisterHoles(text: String(parts[1])) ?? RegisterHoles()
    }

    /// Keeps them.
    func keep(_ holes: RegisterHoles) {
        let text = fingerprint + "|" + holes.text
        if text.utf8.count <= DriverMemoryLimits.bytes { memory.save(text) }
    }

    /// FNV-1a over what is read, in 64 bits: a chance in 2^64 to mistake one map for another.
    private static func fingerprint(_ registers: [RegisterMapDriver.Register]) -> String {
        let places = registers.map { "\($0.table):\($0.address):\($0.codec.registers)" }.sorted()
        let hash = places.joined(separator: ",").utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
