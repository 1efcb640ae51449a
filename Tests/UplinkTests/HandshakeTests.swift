import Glibc
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// That handshakes which fail for days cost nothing that stays. Each in a process of its own,
/// whose descriptors, memory and processor time nobody else uses.
@Suite(.timeLimit(.minutes(5))) struct HandshakeTests {
    @Test func aThousandFailedHandshakesLeaveNothing() async throws {
        let outcome = await #expect(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) {
            let folder = try TestFolder()
            let server = try await Handshakes.server(in: folder)
            var settings = BrokerSettings.local(server.port)
            settings.tls = BrokerSettings.TLS(authorities: .path(folder.path("theirs.pem")))
            let connection = await Handshakes.hasty(settings)
            // What is kept for the first ones is kept for good.
            try await Handshakes.fail(200, on: connection)
            let before = try Usage()
            try await Handshakes.fail(1000, on: connection)
            let cost = try Usage() - before
            print("1,000 failed handshakes: \(cost)")
            // The try that is under way has a socket, a pair of them and a file.
            try #require(abs(cost.descriptors) <= 4, "\(cost)")
            try #require(cost.memory < 4 << 20, "\(cost)")
            try #require(cost.processor < .seconds(30), "\(cost)")
            #expect(connection.statistics.failedTries >= 1200)
        }
        if let outcome {
            print(String(decoding: outcome.standardOutputContent, as: UTF8.self))
        }
    }

    /// A peer that takes the connection and says nothing is waited for, and not asked again and
    /// again.
    @Test func aHandshakeThatHangsTakesNoTime() async {
        await #expect(processExitsWith: .success) {
            let peer = try ScriptedBroker()
            var settings = BrokerSettings.local(peer.port)
            settings.tls = BrokerSettings.TLS()
            settings.connectTimeout = .seconds(3)
            let connection = await MQTTConnection.started(settings)
            _ = try await peer.accept()
            let before = try Usage()
            try #require(try await connection.nextFailure().failure.code == .timeout)
            let cost = try Usage() - before
            try #require(cost.processor < .milliseconds(500), "\(cost)")
        }
    }
}

private enum Handshakes {
    /// A server with a certificate, and an authority that has not signed it. OpenSSL's: Debian's
    /// mosquitto leaves one ClientHello in some hundred unanswered when they come that fast.
    static func server(in folder: TestFolder) async throws -> TLSServer {
        try await folder.run(
            """
            for name in ours theirs; do
              openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                -subj /CN=$name -addext subjectAltName=IP:127.0.0.1 -keyout $name.key \
                -out $name.pem
            done
            """)
        return try await TLSServer(folder, "ours", [], isQuiet: true)
    }

    /// A connection that waits for milliseconds where a gateway waits for minutes.
    static func hasty(_ settings: BrokerSettings) async -> MQTTConnection {
        let connection = MQTTConnection(settings: settings, will: { _ in nil })
        await connection.hurry(to: .milliseconds(2))
        await connection.start()
        return connection
    }

    static func fail(_ count: Int, on connection: MQTTConnection) async throws {
        for _ in 0..<count {
            let failure = try await connection.nextFailure().failure
            try #require(failure.code == .tls, "\(failure)")
        }
    }
}

/// What this process has and has used.
private struct Usage: CustomStringConvertible {
    var descriptors: Int
    /// Resident, in bytes.
    var memory: Int
    var processor: Duration

    init() throws {
        descriptors = try #require(Usage.openDescriptors)
        let pages = try readSmallFile("/proc/self/statm").split(separator: " ")
        memory = try #require(Int(pages[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        processor = .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private init(descriptors: Int, memory: Int, processor: Duration) {
        (self.descriptors, self.memory, self.processor) = (descriptors, memory, processor)
    }

    static func - (late: Usage, early: Usage) -> Usage {
        Usage(
            descriptors: late.descriptors - early.descriptors, memory: late.memory - early.memory,
            processor: late.processor - early.processor)
    }

    private static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    var description: String {
        "\(descriptors) descriptors, \(memory >> 10) KiB, \(processor) of processor time"
    }
}
