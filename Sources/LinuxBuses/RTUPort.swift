import Buses
import CLinux
import Glibc
import Platform

/// An open serial port, or a connection to a serial server. Never blocks.
final class RTUPort {
    /// Open as long as this object lives.
    let descriptor: Int32
    /// The port; nil for a connection.
    private let serial: SerialPort?
    /// Whether the port is this program's alone.
    private var isOwned = false

    /// Whether this program has to switch the line's direction.
    var isSwitchedByRTS: Bool { serial?.direction == .rts }

    /// Takes over a connected socket that does not block.
    init(connection descriptor: Int32) {
        self.descriptor = descriptor
        serial = nil
    }

    /// Opens a serial port for this program alone.
    ///
    /// - Throws: `SystemError` with the call `open`, or `rs485` where the direction cannot be
    ///   switched as wished.
    init(_ port: SerialPort) throws(SystemError) {
        let flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC
        descriptor = open(port.path, flags)
        guard descriptor >= 0 else { throw SystemError("open", port.path) }
        serial = port
        try check("open", clinux_set_up_serial(descriptor, Int32(port.baud), parity, stopBits))
        isOwned = true
        switch port.direction {
        case .automatic: break
        case .kernel: try check("rs485", clinux_enable_rs485(descriptor))
        case .rts: try check("rs485", clinux_set_rts(descriptor, 0))
        }
    }

    private var stopBits: Int32 { Int32(serial?.stopBits ?? 1) }
    private var parity: CChar {
        let letter: UInt8 =
            switch serial?.parity {
            case .even: UInt8(ascii: "E")
            case .odd: UInt8(ascii: "O")
            case .none?, nil: UInt8(ascii: "N")
            }
        return CChar(bitPattern: letter)
    }

    deinit {
        guard descriptor >= 0 else { return }
        if isOwned { clinux_let_go_serial(descriptor) }
        close(descriptor)
    }

    private func check(_ call: String, _ answer: Int32) throws(SystemError) {
        guard answer < 0 else { return }
        throw SystemError(call, serial?.path ?? "", errno: -answer)
    }

    /// Gives a whole frame to the system.
    ///
    /// - Throws: `SystemError`; EAGAIN if what was sent before is still there, though a frame is far
    ///   smaller than the system's buffer.
    func write(_ frame: [UInt8]) throws(SystemError) {
        if isSwitchedByRTS { try check("rs485", clinux_set_rts(descriptor, 1)) }
        let written =
            serial == nil
            ? send(descriptor, frame, frame.count, Int32(MSG_NOSIGNAL))
            : Glibc.write(descriptor, frame, frame.count)
        guard written >= 0 else { throw SystemError("write") }
        guard written == frame.count else { throw SystemError("write", errno: EAGAIN) }
    }

    /// Whether the last bit has left the port, as far as its driver can tell.
    var isSent: Bool { clinux_is_sent(descriptor) != 0 }

    /// Switches the line back to receiving.
    func listen() throws(SystemError) {
        try check("rs485", clinux_set_rts(descriptor, 0))
    }

    /// Appends what has arrived, as long as `bytes` is not longer than `limit`. Returns how many
    /// bytes that were.
    ///
    /// - Throws: `SystemError`; ENODEV if the port or the connection is gone.
    func read(into bytes: inout [UInt8], limit: Int) throws(SystemError) -> Int {
        let room = limit - bytes.count
        guard room > 0 else { return 0 }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: room))
        let got = bytes.withUnsafeMutableBytes { buffer in
            Glibc.read(descriptor, buffer.baseAddress.map { $0 + start }, room)
        }
        let failure = errno
        bytes.removeLast(room - max(got, 0))
        if got > 0 { return got }
        if got < 0, failure == EAGAIN || failure == EINTR { return 0 }
        throw SystemError("read", serial?.path ?? "", errno: got == 0 ? ENODEV : failure)
    }
}
