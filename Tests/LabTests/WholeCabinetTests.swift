import Glibc
import TestSupport
import Testing

extension LabTests {
    /// Everything that a cabinet has, on one kernel: lines, chips, a Modbus meter, a broker, and the
    /// gateway as a user that is not root.
    @Suite(.serialized) struct WholeCabinetTests {
        @Test func linesChipsAndMetersReachThePlatform() async throws {
            let field = try TestProcess(armadio: ["simulate", "modbus", "--port", "0"])
            try await field.start()
            let port = try #require(
                try await field.line(containing: "127.0.0.1:").split(separator: ":").last
                    .flatMap { UInt16($0.prefix { $0.isNumber }) })
            let cabinet = try await LabCabinet(
                """
                buses:
                  plc: {modbus-tcp: {host: 127.0.0.1, port: \(port)}}
                  chips: {i2c: {path: \(Lab.adapter)}}
                devices:
                  street: {driver: gpio, points: {door: {line: door, urgent: true}}}
                  air: {driver: lm75, bus: chips, address: 0x48, interval: 500ms}
                  meter:
                    driver: register-map
                    bus: plc
                    unit-id: 1
                    interval: 500ms
                    points: {voltage: {input: 0, type: float32, unit: V}}

                """)
            try await cabinet.lab.set(0, of: 0x48, to: 0x1980)
            try cabinet.lab.pull("door", up: false)
            let gateway = try await cabinet.start()
            var missing: Set = ["street/door", "air/temp", "meter/voltage"]
            let first = try await cabinet.readings.readings {
                missing.remove($0.name)
                return missing.isEmpty
            }
            #expect(first.first { $0.name == "air/temp" }?.value == "25.5")
            #expect(first.first { $0.name == "street/door" }?.value == "false")
            let voltage = first.first { $0.name == "meter/voltage" }.flatMap { Double($0.value) }
            #expect((200...260).contains(voltage ?? 0))

            try cabinet.lab.pull("door", up: true)
            _ = try await cabinet.readings.readings {
                $0.name == "street/door" && $0.value == "true"
            }
            let read = try await cabinet.run("read", "street")
            #expect(read.output.contains(/street\/door +true +good/))
            let status = try await cabinet.run("status").output
            #expect(status.contains(/street +ok/) && status.contains(/air +ok/))
            #expect(try await gateway.end(SIGTERM).code == 0)
            _ = try await field.end(SIGTERM)
        }
    }
}
