import Glibc
import TestSupport
import Testing

extension LabTests {
    /// The whole binary on the kernel's simulated GPIO lines.
    @Suite(.serialized) struct GPIOCabinetTests {
        @Test func fortyBackToBackEdgesAreFortyReadings() async throws {
            let cabinet = try await LabCabinet(
                "devices: {street: {driver: gpio, points: {door: {line: door, urgent: true}}}}\n")
            try cabinet.lab.pull("door", up: false)
            let gateway = try await cabinet.start()
            _ = try await cabinet.readings.readings { $0.name == "street/door" }
            // The older of the kernel's interfaces keeps sixteen edges.
            var readings: [SenMLReadings.Reading] = []
            for round in 1...4 {
                for index in 0..<10 {
                    try cabinet.lab.pull("door", up: index.isMultiple(of: 2))
                }
                var count = readings.count
                readings += try await cabinet.readings.readings { _ in
                    count += 1
                    return count == round * 10
                }
            }
            #expect(readings.map(\.name) == Array(repeating: "street/door", count: 40))
            #expect(readings.map(\.value) == (0..<40).map { "\($0.isMultiple(of: 2))" })
            #expect(zip(readings, readings.dropFirst()).allSatisfy { $0.time < $1.time })
            #expect(try await gateway.end(SIGTERM).code == 0)
        }

        @Test func aDoorThatBouncesChangesOnce() async throws {
            let cabinet = try await LabCabinet(
                """
                devices:
                  street:
                    driver: gpio
                    interval: 1s
                    points: {contact: {line: contact, debounce: 100ms}}

                """)
            try cabinet.lab.pull("contact", up: false)
            let gateway = try await cabinet.start()
            _ = try await cabinet.readings.readings { $0.name == "street/contact" }
            for index in 0..<31 {
                try cabinet.lab.pull("contact", up: index.isMultiple(of: 2))
                usleep(600)
            }
            let readings = try await cabinet.readings.readings { $0.value == "true" }
            #expect(readings.allSatisfy { $0.name == "street/contact" })
            // What comes now are heartbeats of the new state alone.
            let after = try await cabinet.readings.readings { _ in true }
            #expect(after.map(\.value) == ["true"])
            #expect(try await gateway.end(SIGTERM).code == 0)
        }

        @Test func pulsesAreCountedThroughARestartAndAKill() async throws {
            let cabinet = try await LabCabinet(
                """
                devices:
                  meter:
                    driver: gpio
                    interval: 100ms
                    points: {energy: {line: s0, count: true}}

                """)
            func reading(_ value: Double) -> (SenMLReadings.Reading) -> Bool {
                { $0.name == "meter/energy" && Double($0.value) == value }
            }
            var gateway = try await cabinet.start(beforeAllOthers: true)
            _ = try await cabinet.readings.readings(until: reading(0))
            pulse(4000, cabinet.lab)
            _ = try await cabinet.readings.readings(until: reading(4000))
            #expect(try await gateway.end(SIGTERM).code == 0)

            gateway = try await cabinet.start(beforeAllOthers: true)
            let again = try await cabinet.readings.readings(until: reading(4000))
            #expect(again.map(\.name).contains("meter/energy/quality"))
            #expect(again.map(\.value).contains("events-lost"))
            pulse(3000, cabinet.lab)
            _ = try await cabinet.readings.readings(until: reading(7000))
            // What is older than the deadline is safe; what is newer may be lost.
            try await Task.sleep(for: .milliseconds(1500))
            pulse(500, cabinet.lab)
            _ = try await gateway.end(SIGKILL)

            gateway = try await cabinet.start(beforeAllOthers: true)
            _ = try await cabinet.readings.readings { $0.value == "events-lost" }
            let after = try await cabinet.readings.readings { $0.name == "meter/energy" }
            let known = try #require(after.last.flatMap { Double($0.value) })
            #expect((7000...7500).contains(known))
            pulse(2500, cabinet.lab)
            _ = try await cabinet.readings.readings(until: reading(known + 2500))
            #expect(try await gateway.end(SIGTERM).code == 0)
        }

        @Test func aRelayIsSafeWhenTheGatewayStopsAndWhenTheBrokerIsAway() async throws {
            let cabinet = try await LabCabinet(
                """
                devices:
                  street:
                    driver: gpio
                    points:
                      relay: {line: relay, writable: {initial: off, safe: off}}
                      lamp: {line: lamp, active-low: true, writable: {safe: on}}
                      door: {line: door}

                """)
            var gateway = try await cabinet.start()
            #expect(try await cabinet.run("write", "street/relay", "on").code == 0)
            #expect(try cabinet.lab.isHigh("relay"))
            let refused = try await cabinet.run("write", "street/door", "on")
            #expect(refused.code == 4)
            #expect(refused.errors.contains("not writable"))
            try await cabinet.broker.end()
            try await cabinet.lab.event { try !cabinet.lab.isHigh("relay") }
            try await cabinet.lab.event { try !cabinet.lab.isHigh("lamp") }
            _ = try await gateway.line(containing: "in their safe state", on: .errors)
            #expect(try await gateway.end(SIGTERM).code == 0)

            let broker = try await MosquittoBroker(in: cabinet.folder, port: cabinet.broker.port)
            let readings = SenMLReadings(
                subscriber: try await broker.subscriber(
                    to: "armadio/lab/telemetry", count: 100_000, format: "%p"), gateway: "lab")
            gateway = try await cabinet.start()
            #expect(try await cabinet.run("write", "street/relay", "on").code == 0)
            _ = try await readings.readings { $0.name == "street/relay" && $0.value == "true" }
            #expect(try await gateway.end(SIGTERM).code == 0)
            _ = try await readings.readings { $0.name == "street/relay" && $0.value == "false" }
        }

        /// Pulses of a meter, in bursts that leave the one processor of the lab to others.
        private func pulse(_ count: Int, _ lab: Lab) {
            for index in 1...count {
                do {
                    try lab.pull("s0", up: true)
                    try lab.pull("s0", up: false)
                } catch {
                    Issue.record("\(error)")
                }
                if index.isMultiple(of: 5) { usleep(1500) }
            }
        }
    }
}
