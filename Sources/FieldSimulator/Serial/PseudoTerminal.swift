import CLinux
import Glibc
import Platform

/// A pseudo-terminal: what one side writes to the node at `path` the other reads from `descriptor`,
/// and the other way round.
public final class PseudoTerminal: Sendable {
    /// This side's end. It does not block.
    public let descriptor: Int32
    /// The node that stands for a serial port.
    public let path: String
    /// Keeps the node usable while nobody has it open.
    private let held: Int32

    /// A new one, without any line discipline: bytes go through as they are.
    ///
    /// - Throws: `SystemError`.
    public init() throws(SystemError) {
        var (master, slave): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        let answer = clinux_open_terminal(&master, &slave, &name, UInt32(name.count))
        guard answer == 0 else { throw SystemError("posix_openpt", errno: -answer) }
        (descriptor, held) = (master, slave)
        path = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        close(held)
        close(descriptor)
    }

    /// Appends what has arrived.
    public func read(into bytes: inout [UInt8]) {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count > 0 { bytes += chunk[..<count] }
    }

    /// Writes bytes; those that nobody takes are lost, as on a wire.
    public func write(_ bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
