import FoundationEssentials
import Glibc
import TestSupport
import Testing

extension LabTests {
    /// The last gasp with the kernel's edges, the whole binary and a real disk.
    @Suite(.serialized) struct PowerFailCabinetTests {
        private static let configuration = """
            power-fail: {line: mains-fail, return-after: 1s}
            devices:
              street:
                driver: gpio
                interval: 100ms
                points: {door: {line: door}, energy: {line: s0, count: true}}
              air: {driver: lm75, bus: chips, address: 0x48, interval: 100ms}
            buses:
              chips: {i2c: {path: \(Lab.adapter)}}

            """

        private struct Status: Decodable {
            struct Journal: Decodable {
                var readings: UInt64
                var inMemory: Int
            }
            var journal: Journal
        }

        private struct Stat: Decodable {
            struct Queue: Decodable { var unsent: UInt64 }
            var queues: [Queue]
        }

        private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }

        /// Without a broker, and with an hour until readings would be written: the edge has all of
        /// them on the disk, and a kill costs none.
        @Test func whatWasReadSurvivesAKill() async throws {
            let cabinet = try await LabCabinet(Self.configuration, commitAfter: "1h")
            try cabinet.lab.pull("mains-fail", up: false)
            try await cabinet.broker.end()
            let gateway = try await cabinet.start()
            var before: Status.Journal
            repeat {
                let text = try await cabinet.run("status", "--json").output
                before = try decode(Status.self, text).journal
            } while before.inMemory < 30
            try cabinet.lab.pull("mains-fail", up: true)
            let word = try await gateway.line(containing: "ms after the line told", on: .errors)
            print("lab: \(word)")
            _ = try await gateway.line(containing: "polling has ended", on: .errors)
            // The contact's heartbeats go on, and are written as they come.
            _ = try await gateway.end(SIGKILL)
            let text = try await cabinet.run("journal", "stat", "--json").output
            let unsent = try decode(Stat.self, text).queues.reduce(0) { $0 + $1.unsent }
            #expect(unsent >= before.readings)
        }

        /// The word of the retained status stays, also when the power takes the gateway away: there is
        /// no will behind it. When the mains are back, all goes on.
        @Test func platformsAreToldWhyAndThatItIsOver() async throws {
            let cabinet = try await LabCabinet(Self.configuration)
            try cabinet.lab.pull("mains-fail", up: false)
            var gateway = try await cabinet.start()
            _ = try await cabinet.readings.readings { $0.name == "air/temp" }
            let words = try await cabinet.broker.subscriber(
                to: "armadio/lab/status", count: 100, format: "%p")
            _ = try await words.line(containing: "\"online\"")
            try cabinet.lab.pull("mains-fail", up: true)
            #expect(
                try await words.line(containing: "offline")
                    == #"{"status":"offline","reason":"power-fail"}"#)
            try cabinet.lab.pull("mains-fail", up: false)
            _ = try await words.line(containing: "\"online\"")
            _ = try await gateway.line(containing: "everything starts again", on: .errors)
            _ = try await cabinet.readings.readings { $0.name == "air/temp" }

            try cabinet.lab.pull("mains-fail", up: true)
            _ = try await words.line(containing: "power-fail")
            _ = try await gateway.line(containing: "polling has ended", on: .errors)
            _ = try await gateway.end(SIGKILL)
            #expect(
                try await cabinet.broker.retained("armadio/lab/status").contains("power-fail"))
            try cabinet.lab.pull("mains-fail", up: false)
            gateway = try await cabinet.start()
            _ = try await words.line(containing: "\"online\"")
            #expect(try await gateway.end(SIGTERM).code == 0)
        }
    }
}
