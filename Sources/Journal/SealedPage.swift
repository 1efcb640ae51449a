import Frames

/// A page that ends with the CRC32C of all before it, as `state`, `clock` and `outlets` are made
/// of: a torn write shows.
extension ByteWriter {
    /// The page with what was written, zeros and the checksum.
    mutating func sealedPage() -> [UInt8] {
        pad(to: Page.size - 4)
        put(CRC32C.checksum(bytes))
        return bytes
    }
}

extension ByteReader {
    /// Reads the content of a page that is whole.
    ///
    /// - Throws: `Malformed` if it is none.
    init(sealedPage page: [UInt8]) throws(Malformed) {
        guard page.count == Page.size else { throw Malformed() }
        var checksum = ByteReader(page, at: Page.size - 4)
        guard try checksum.read() == CRC32C.checksum(page[..<(Page.size - 4)]) else {
            throw Malformed()
        }
        self.init(page, count: Page.size - 4)
    }
}
