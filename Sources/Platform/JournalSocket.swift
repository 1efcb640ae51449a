import Glibc
import Synchronization

/// The socket of systemd's journal, in its native protocol
/// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram an entry, of fields `NAME=value`.
public final class JournalSocket: Sendable {
    /// Where journald listens.
    public static let usualPath = "/run/systemd/journal/socket"
    /// The longest value of a field, in bytes; the rest is left out. With `fieldLimit` an entry
    /// stays below the 212,992 bytes that a datagram may have, so that none is refused for its size.
    public static let valueLimit = 8192
    /// The most fields of an entry; further ones are left out.
    public static let fieldLimit = 24

    private let path: String
    /// Opened anew after a failure: journald may have been started again.
    private let descriptor = Mutex<Int32>(-1)

    /// The journal at this path. It is opened by the first entry.
    public init(path: String = JournalSocket.usualPath) {
        self.path = path
    }

    deinit {
        descriptor.withLock { if $0 >= 0 { close($0) } }
    }

    /// Hands an entry to the journal. Never waits.
    ///
    /// - Throws: `SystemError`; EAGAIN if journald does not read what it is sent.
    public func send(_ fields: [(name: String, value: String)]) throws(SystemError) {
        let bytes = Self.encode(fields)
        let error: SystemError? = descriptor.withLock { descriptor in
            do throws(SystemError) {
                if descriptor < 0 { descriptor = try datagramSocket(to: path) }
                try sendDatagram(
                    bytes, on: descriptor, to: path, flags: Int32(MSG_DONTWAIT))
                return nil
            } catch {
                if error.errno != EAGAIN, descriptor >= 0 {
                    close(descriptor)
                    descriptor = -1
                }
                return error
            }
        }
        if let error { throw error }
    }

    /// Whether a descriptor leads to the journal: `$JOURNAL_STREAM` has the device and the inode
    /// of what systemd made standard output or error (systemd.exec(5)).
    public static func isReached(by descriptor: Int32, stream: String?) -> Bool {
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// An entry's bytes: a value with a line break goes by its length, 64 bits little-endian.
    static func encode(_ fields: [(name: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields.prefix(fieldLimit) {
            let value = Array(field.value.utf8.prefix(valueLimit))
            bytes += Array(field.name.utf8)
            if value.contains(UInt8(ascii: "\n")) {
                bytes.append(UInt8(ascii: "\n"))
                withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += value + [UInt8(ascii: "\n")]
        }
        return bytes
    }
}
