import Buses
import Glibc
import Platform

/// What goes wrong with chips of the kernel, in words that a technician at the cabinet can act on.
struct SensorWords {
    /// The most chips that a message lists.
    private static let mostListed = 20

    /// The bus's name.
    var name: String

    /// A class could not be looked through.
    func notOpened(_ error: SystemError) -> BusError {
        BusError(
            .disconnected, errno: error.errno,
            "\(name): \(error.subject) cannot be opened: \(error.reason)")
    }

    /// No chip has this address.
    func notFound(_ address: SensorAddress, _ chips: [SensorChip]) -> BusError {
        let there =
            chips.isEmpty
            ? "the kernel has none at all; is the chip's driver loaded, is it in the device tree?"
            : "there are: " + list(chips.map(\.description))
        return BusError(
            .disconnected, errno: ENODEV, "\(name): there is no chip \(address.words); \(there)")
    }

    /// Several chips have it.
    func ambiguous(_ address: SensorAddress, _ chips: [SensorChip]) -> BusError {
        let places = list(chips.map { $0.place ?? $0.label ?? "?" })
        return BusError(
            .disconnected, errno: EEXIST,
            "\(name): \(chips.count) chips are \(address.words); "
                + "add `at:` with the place of one: \(places)")
    }

    /// A chip that was there is not any more.
    func gone(_ chip: SensorAddress) -> BusError {
        BusError(.disconnected, errno: ENODEV, "\(name): \(chip.words) is not there any more")
    }

    /// A file could not be read.
    func failed(_ file: String, of chip: SensorAddress, _ error: SystemError) -> BusError {
        let subject = "\(name): \(chip.words), \(file): "
        switch error.errno {
        case ETIMEDOUT, EAGAIN, ENXIO, EREMOTEIO:
            return BusError(
                .timeout, errno: error.errno,
                subject + "the chip does not answer; is it wired and powered?")
        case EBUSY:
            return BusError(
                .system, errno: error.errno,
                subject + "another program reads the chip through its buffer")
        case EACCES, EPERM:
            return BusError(
                .system, errno: error.errno, subject + "this user may not read the file")
        default: return BusError(.system, errno: error.errno, subject + error.reason)
        }
    }

    private func list(_ names: [String]) -> String {
        let listed = names.prefix(Self.mostListed).joined(separator: ", ")
        return names.count > Self.mostListed ? listed + ", ..." : listed
    }
}

extension SensorAddress {
    fileprivate var words: String {
        let kind = sensorClass == .iio ? "IIO " : ""
        return kind + "`\(name)`" + (place.map { " at `\($0)`" } ?? "")
    }
}
