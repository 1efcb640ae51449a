import Buses
import Drivers
import Gateway
import LinuxBuses
import Platform
import Settings
import Technician

/// Asks the Modbus devices of a configuration who they are: by function 43/14 and by SunSpec. A
/// running gateway is asked for each bus and gets it back.
struct DeviceIdentities {
    /// How long an answer is waited for.
    private static let timeout = Duration.milliseconds(500)

    let file: ConfigurationOption
    /// The Modbus buses.
    let lines: [ModbusLine]

    /// Fills in what devices say; what could not be asked is a finding.
    func fill(_ devices: inout [CommissioningRecord.Device]) async -> [Finding] {
        var findings: [Finding] = []
        for line in lines {
            let places = devices.indices.filter { devices[$0].bus == line.name }
            let units = places.compactMap { UInt8(devices[$0].address) }
            guard !units.isEmpty else { continue }
            do {
                let found = try await ask(units, on: line)
                for place in places {
                    guard let unit = UInt8(devices[place].address),
                        let device = found.first(where: { $0.unit == unit })
                    else { continue }
                    devices[place].identification = device.title
                    devices[place].serial = device.sunSpecIdentity?.serial
                }
            } catch {
                findings.append(
                    Finding(
                        .note, "bus \(line.name)", "its devices were not asked who they are",
                        mend: "make the report again while nothing else uses the bus"))
            }
        }
        return findings
    }

    private func ask(_ units: [UInt8], on line: ModbusLine) async throws -> [ScannedDevice] {
        let target = FieldTarget(line: line)
        return try await target.withTheLine(file) {
            let plan = ScanPlan(
                endpoints: [line.endpoint], units: Array(Set(units)).sorted(),
                timeout: Self.timeout)
            let buses = LinuxBusProvider()
            let scan = LineScan(plan: plan, profiles: [], clock: SystemClock()) { _ in
                buses.modbus(line)
            }
            return await scan.run { _ in }.devices
        }
    }
}
