/// How SenML is written.
public struct SenMLOptions: Hashable, Sendable {
    /// RFC 8428 has three representations; these are two of them.
    public enum Encoding: String, Sendable, CaseIterable {
        /// Text (section 5).
        case json
        /// Binary with numbers for names (section 6).
        case cbor
    }

    /// How a message is made shorter as a whole.
    public enum Compression: String, Sendable, CaseIterable {
        /// It is not.
        case none
        /// One zstd frame (RFC 8878) with the length of its content.
        case zstd
        /// One zlib stream (RFC 1950), which HTTP calls deflate.
        case deflate
    }

    /// How a pack is written.
    public var encoding: Encoding
    /// How it is made shorter.
    public var compression: Compression

    /// JSON as it is unless said otherwise.
    public init(encoding: Encoding = .json, compression: Compression = .none) {
        self.encoding = encoding
        self.compression = compression
    }

    /// The media type (RFC 8428 sections 12.3.1 and 12.3.2) and, for a message that was made
    /// shorter, how: `application/senml+cbor; encoding=zstd`.
    func contentType(isCompressed: Bool) -> String {
        let type = "application/senml+" + encoding.rawValue
        return isCompressed ? type + "; encoding=" + compression.rawValue : type
    }
}
