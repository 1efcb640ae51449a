import Buses
import Drivers
import LinuxBuses

/// Asks every address of an I2C bus.
struct I2CBusScan {
    /// A bus that is held lets every address time out; after so many in a row it is given up.
    private static let mostTimeouts = 3

    let bus: LinuxI2CBus
    let entry: I2CAdapterEntry
    let adapters: I2CAdapters

    func run() async -> I2CScanned {
        var scanned = I2CScanned(bus: entry.name, path: entry.path, title: entry.title)
        var timeouts = 0
        for address in I2CTransaction.addresses {
            do throws(BusError) {
                try await ask(address, &scanned)
                timeouts = 0
            } catch {
                timeouts += 1
                scanned.failure = error.message
                if error.code != .timeout || timeouts >= Self.mostTimeouts { break }
            }
        }
        return scanned
    }

    private func ask(_ address: UInt8, _ scanned: inout I2CScanned) async throws(BusError) {
        switch try await bus.probe(address) {
        case .absent: break
        case .unknown: scanned.skipped += 1
        case .answers:
            scanned.findings.append(await I2CRecognition().recognize(address, on: bus))
        case .ofTheKernel:
            let chip = entry.number.flatMap { adapters.chip(at: address, of: $0) }
            scanned.findings.append(I2CFinding(address: address, .kernel(chip)))
        }
    }
}
