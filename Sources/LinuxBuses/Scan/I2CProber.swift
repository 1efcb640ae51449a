import Buses
import Glibc
import Platform
import Telemetry

/// What a scan has found at an address of an I2C bus.
public struct FoundChip: Sendable, Hashable {
    /// Its 7-bit address.
    public var address: UInt8
    /// The name of the kernel's device that has it; nil if none has.
    public var kernelName: String?
}

/// Looks for chips on I2C buses, by safe means alone. Every call blocks, so it has a thread of its own.
public actor I2CProber {
    private static let timeout = Duration.milliseconds(100)

    private let executor = ThreadExecutor(name: "i2c-scan")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Where sysfs lists the devices of buses.
    private let devices: Folder

    /// A prober of this machine, or of one whose sysfs is elsewhere.
    public init(sysfs: String = "/sys") {
        devices = Folder(sysfs + "/bus/i2c/devices")
    }

    /// The paths of the adapters that programs may use.
    public func adapters(in folder: String = "/dev") -> [String] {
        Folder(folder).names.filter { $0.hasPrefix("i2c-") && Int($0.dropFirst(4)) != nil }
            .map { folder + "/" + $0 }
    }

    /// Asks every address of a bus.
    ///
    /// - Throws: `BusError` if the adapter cannot be opened, or has no safe way to ask.
    public func chips(on path: String) throws(BusError) -> [FoundChip] {
        let words = I2CWords(line: I2CLine(name: path, path: path, timeout: Self.timeout))
        let adapter: I2CAdapter
        do throws(SystemError) {
            adapter = try I2CAdapter(path, timeout: Self.timeout, retries: 1)
        } catch {
            throw words.notOpened(error)
        }
        var found: [FoundChip] = []
        for address in I2CTransaction.addresses {
            do throws(SystemError) {
                guard let isThere = try adapter.isThere(address) else {
                    throw SystemError("I2C_SMBUS", errno: EOPNOTSUPP)
                }
                if isThere { found.append(FoundChip(address: address)) }
            } catch {
                guard error.errno == EBUSY else {
                    throw words.failed(error, I2CTransaction(address: address))
                }
                found.append(
                    FoundChip(address: address, kernelName: kernelName(address, on: path)))
            }
        }
        return found
    }

    /// `/sys/bus/i2c/devices/1-0048/name`.
    private func kernelName(_ address: UInt8, on path: String) -> String {
        let bus = path.split(separator: "-").last ?? ""
        let digits = String(address, radix: 16)
        let name = "\(bus)-" + String(repeating: "0", count: 4 - digits.count) + digits
        return Folder(devices.path + "/" + name).text("name") ?? "?"
    }
}
