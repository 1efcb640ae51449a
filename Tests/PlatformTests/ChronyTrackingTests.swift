import Glibc
import Testing

@testable import Platform

@Suite struct ChronyTrackingTests {
    /// A port of this machine on which somebody answers a request once with what chronyd 4.3 has
    /// answered, changed as a test wants.
    private func answer(_ change: @escaping @Sendable (inout [UInt8]) -> Void) throws -> Bool {
        let server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(server) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, size) == 0 && getsockname(server, $0, &size) == 0
            }
        }
        try #require(isBound)
        let thread = ServerThread(server, change)
        defer { thread.join() }
        return ChronyTracking.ask(port: UInt16(bigEndian: place.sin_port))
    }

    @Test func chronydsWordIsUnderstood() throws {
        #expect(try answer { _ in })
        for leap: UInt8 in 0...3 {
            #expect(try answer { $0[55] = leap } == (leap < 3))
        }
    }

    @Test func whatIsNoAnswerToThisRequestIsNo() throws {
        for (index, value) in [(0, 5), (1, 1), (5, 34), (7, 6), (9, 2), (54, 1)] {
            #expect(try !answer { $0[index] = UInt8(value) }, "byte \(index)")
        }
        #expect(try !answer { $0[17] ^= 1 })
        #expect(try !answer { $0.removeLast() })
        #expect(try !answer { $0 = [] })
    }

    @Test func nobodyThereIsNo() {
        // The port of discard (RFC 863), which nobody serves.
        #expect(!ChronyTracking.ask(port: 9))
    }
}

/// Answers one datagram.
private final class ServerThread {
    private final class Work {
        let socket: Int32
        let change: @Sendable (inout [UInt8]) -> Void
        init(_ socket: Int32, _ change: @escaping @Sendable (inout [UInt8]) -> Void) {
            (self.socket, self.change) = (socket, change)
        }

        func answer() {
            var from = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutablePointer(to: &from) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    var request = [UInt8](repeating: 0, count: 256)
                    let count = recvfrom(socket, &request, request.count, 0, $0, &size)
                    guard count == 104 else { return }
                    var reply = [UInt8](repeating: 0, count: 104)
                    (reply[0], reply[1], reply[5], reply[7]) = (6, 2, 33, 5)
                    reply[16..<20] = request[8..<12]
                    change(&reply)
                    sendto(socket, reply, reply.count, 0, $0, size)
                }
            }
        }
    }

    private var thread = pthread_t()

    init(_ socket: Int32, _ change: @escaping @Sendable (inout [UInt8]) -> Void) {
        let work = Unmanaged.passRetained(Work(socket, change))
        pthread_create(
            &thread, nil,
            { context in
                context.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().answer() }
                return nil
            }, work.toOpaque())
    }

    func join() { pthread_join(thread, nil) }
}
