import Telemetry

/// The file `state`: who this journal is, its last epoch, and the cursor. Two slots of one page,
/// written in turn, so that a torn write leaves the other. A new epoch is written to both, one
/// sync each, before the first reading of it is given out: then the loss of either slot cannot
/// bring an epoch back.
///
/// ```
///  0  8  magic "ARMSTATE"
///  8  4  version, 1
/// 12  4  epoch number, the last one given out
/// 16  8  journal id
/// 24  8  serial: which of the two slots is the newer one
/// 32 12  cursor: epoch and sequence before which everything is settled; a hint, a stale one
///        only makes readings go out again
/// 44  4  CRC32C of bytes 0 to 43
/// ```
struct JournalState: Equatable {
    var epoch: Epoch
    var serial: UInt64 = 0
    var cursor: Position

    static let fileName = "state"
    private static let magic: UInt64 = 0x4554_4154_534D_5241
    private static let version: UInt32 = 1
    private static let length = 48

    /// The slot's page.
    func encoded() -> [UInt8] {
        var out = ByteWriter(capacity: Page.size)
        out.put(JournalState.magic)
        out.put(JournalState.version)
        out.put(epoch.number)
        out.put(epoch.journal)
        out.put(serial)
        out.put(cursor)
        out.put(CRC32C.checksum(out.bytes))
        out.pad(to: Page.size)
        return out.bytes
    }

    /// The newer of the slots that are whole; nil if none is.
    static func newest(of file: any JournalFile) throws(FileError) -> JournalState? {
        var newest: JournalState?
        for slot in 0..<2 {
            let page = try file.readAll(count: length, at: slot * Page.size)
            guard let state = JournalState(page) else { continue }
            if state.serial >= newest?.serial ?? 0 { newest = state }
        }
        return newest
    }

    /// Writes the next serial to the older slot and syncs it.
    mutating func write(to file: any JournalFile) throws(FileError) {
        serial += 1
        try file.writeAll(encoded(), at: Int(serial % 2) * Page.size)
        try file.sync()
    }
}

extension JournalState {
    private init?(_ bytes: [UInt8]) {
        guard bytes.count == JournalState.length else { return nil }
        do {
            var reader = ByteReader(bytes)
            guard try reader.read() == JournalState.magic,
                try reader.read() == JournalState.version
            else { return nil }
            let number = try reader.read(UInt32.self)
            epoch = Epoch(journal: try reader.read(), number: number)
            serial = try reader.read()
            cursor = try reader.readPosition()
            guard try reader.read() == CRC32C.checksum(bytes[..<(JournalState.length - 4)]) else {
                return nil
            }
        } catch {
            return nil
        }
    }
}
