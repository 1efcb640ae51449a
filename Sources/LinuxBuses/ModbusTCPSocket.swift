import Glibc
import Platform

/// One open Modbus TCP connection: takes what has arrived and finds the frames in it, never
/// blocks. A frame is the MBAP header of seven bytes and up to 253 of the protocol
/// (Modbus Messaging on TCP/IP Implementation Guide V1.0b, section 3.1).
///
/// The header says how long a frame is, so there is nothing here that would need libmodbus, whose
/// calls wait for each answer with a thread.
final class ModbusTCPSocket {
    /// The longest frame, in bytes.
    static let longestFrame = 260
    /// Bytes up to and with the length.
    private static let lengthEnd = 6

    /// Open as long as this object lives.
    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: longestFrame)
    private var count = 0
    /// More has come than one answer: what follows cannot be trusted.
    private var hasStrayBytes = false

    /// Takes over a connected socket that does not block.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Whether nothing has arrived since the last answer: neither stray bytes, which would be
    /// taken for the next answer, nor the end of the connection.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        return !hasStrayBytes && recv(descriptor, &byte, 1, flags) < 0 && errno == EAGAIN
    }

    /// Sends a frame.
    ///
    /// - Throws: `SystemError`; ECONNRESET too if the other side has stopped reading, since a
    ///   request is far smaller than a socket's buffer.
    func send(_ frame: [UInt8]) throws(SystemError) {
        count = 0
        let sent = Glibc.send(descriptor, frame, frame.count, Int32(MSG_NOSIGNAL))
        guard sent >= 0 else { throw SystemError("send") }
        guard sent == frame.count else { throw SystemError("send", errno: ECONNRESET) }
    }

    /// Takes what has arrived. Returns the frame once it is whole.
    ///
    /// - Throws: `SystemError`: ECONNRESET if the other side has closed, EBADMSG for bytes that
    ///   are no frame, or what recv(2) says.
    func receive() throws(SystemError) -> ArraySlice<UInt8>? {
        let got = buffer.withUnsafeMutableBytes { bytes in
            recv(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count, 0)
        }
        guard got != 0 else { throw SystemError("recv", errno: ECONNRESET) }
        guard got > 0 else {
            if errno == EAGAIN || errno == EINTR { return nil }
            throw SystemError("recv")
        }
        count += got
        guard count >= Self.lengthEnd else { return nil }
        let length = Self.lengthEnd + (Int(buffer[4]) << 8 | Int(buffer[5]))
        guard (Self.lengthEnd + 2...Self.longestFrame).contains(length) else {
            throw SystemError("recv", errno: EBADMSG)
        }
        guard count >= length else { return nil }
        hasStrayBytes = count > length
        return buffer[..<length]
    }
}
