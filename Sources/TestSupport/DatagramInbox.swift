import Glibc

/// A datagram socket of a test's own, in the place of the service manager's or of the journal's.
public final class DatagramInbox {
    /// A path, or `@` and an abstract name.
    public let address: String
    private let descriptor: Int32

    /// Listens on an address; nil if it cannot be had.
    public init?(_ address: String) {
        self.address = address
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(address.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(2 + bytes.count + (bytes.first == 0 ? 0 : 1))
        let result = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        if result != 0 { return nil }
    }

    deinit { close(descriptor) }

    /// The next datagram; nil if none has come.
    public func next() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : Array(bytes[..<count])
    }

    /// The texts of all datagrams that have come.
    public func texts() -> [String] {
        var texts: [String] = []
        while let bytes = next() { texts.append(String(decoding: bytes, as: UTF8.self)) }
        return texts
    }
}
