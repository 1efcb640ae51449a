import CLinux
import Glibc

/// A client's end of a socket, as a server sees it: no call waits, and a client that is gone raises
/// no signal.
enum ClientSocket {
    /// What a client has sent.
    enum Received {
        case bytes([UInt8])
        /// Nothing for now.
        case nothing
        /// It will send no more.
        case end
        case broken
    }

    /// The next client of a listening socket; nil if it has gone again.
    static func accept(from listener: Int32) -> Int32? {
        let descriptor = clinux_accept(listener)
        return descriptor >= 0 ? descriptor : nil
    }

    /// What has come, 4,096 bytes of it at most.
    static func receive(from descriptor: Int32) -> Received {
        let limit = 4096
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, limit, 0)
            failure = received < 0 ? errno : nil
            count = max(received, 0)
        }
        guard let failure else { return bytes.isEmpty ? .end : .bytes(bytes) }
        return failure == EAGAIN || failure == EINTR ? .nothing : .broken
    }

    /// Sends what the socket takes now. Answers how many bytes that were; nil if the client is gone.
    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int? {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { break }
            guard count > 0 else { return nil }
            rest.removeFirst(count)
        }
        return bytes.count - rest.count
    }
}
