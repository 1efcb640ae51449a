import Buses

/// Asks every address of an I2C bus, and what answers what it may be.
public struct I2CBusScan: Sendable {
    /// Asks whether anything is at an address.
    public typealias Probe = @Sendable (UInt8) async throws(BusError) -> I2CPresence

    /// A bus that is held lets every address time out; after so many in a row it is given up.
    static let mostTimeouts = 3

    private let bus: any I2CBus
    private let probe: Probe
    /// The name by which a driver of the kernel has the chip at an address.
    private let kernelChip: @Sendable (UInt8) -> String?

    /// A scan of this bus.
    public init(
        bus: any I2CBus, probe: @escaping Probe,
        kernelChip: @escaping @Sendable (UInt8) -> String?
    ) {
        (self.bus, self.probe, self.kernelChip) = (bus, probe, kernelChip)
    }

    /// Adds what there is to what is known of the bus. A failure ends it with what was found.
    public func run(_ known: I2CScanned) async -> I2CScanned {
        var scanned = known
        var timeouts = 0
        for address in I2CTransaction.addresses {
            do throws(BusError) {
                try await ask(address, &scanned)
                timeouts = 0
            } catch {
                timeouts += 1
                if error.code != .timeout || timeouts >= Self.mostTimeouts {
                    scanned.failure = error.message
                    break
                }
            }
        }
        return scanned
    }

    private func ask(_ address: UInt8, _ scanned: inout I2CScanned) async throws(BusError) {
        switch try await probe(address) {
        case .absent: break
        case .unknown: scanned.skipped += 1
        case .answers:
            scanned.findings.append(await I2CRecognition().recognize(address, on: bus))
        case .ofTheKernel:
            scanned.findings.append(
                I2CFinding(address: address, .kernel(kernelChip(address))))
        }
    }
}
