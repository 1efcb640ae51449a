import Buses
import Glibc
import Platform
import Telemetry

/// What goes wrong with GPIO lines, in words that a technician at the cabinet can act on.
struct GPIOWords {
    /// Where the chips' devices are.
    var folder: String

    /// The chips could not be looked through.
    func notOpened(_ error: SystemError) -> BusError {
        let advice =
            switch error.errno {
            case EACCES, EPERM: "is this user in the group that may open it (armadio, gpio)?"
            default: error.reason
            }
        return BusError(
            .disconnected, errno: error.errno, "\(error.subject) cannot be opened: \(advice)")
    }

    /// Nothing has this address.
    func notFound(_ address: GPIOLine.Address, chips: Int) -> BusError {
        if chips == 0 {
            return BusError(
                .disconnected, errno: ENODEV,
                "there is no \(folder)/gpiochip*; has this board GPIO, is its driver loaded?")
        }
        return BusError(
            .disconnected, errno: ENODEV,
            "there is no GPIO line \(address) on \(chips) chips; `armadio scan gpio` lists them")
    }

    /// The chip has fewer lines.
    func noLine(_ address: GPIOLine.Address, of count: UInt32) -> BusError {
        BusError(
            .disconnected, errno: ENODEV,
            "there is no GPIO line \(address): the chip's are 0 to \(max(count, 1) - 1)")
    }

    /// More than one line has this name.
    func ambiguous(_ address: GPIOLine.Address, _ chips: [String]) -> BusError {
        BusError(
            .disconnected, errno: EEXIST,
            "the GPIO line \(address) is there more than once, on "
                + chips.joined(separator: ", ") + "; write CHIP:OFFSET")
    }

    /// The kernel does not give the line away.
    func notClaimed(_ line: GPIOLine, _ error: SystemError, holder: String) -> BusError {
        let advice =
            switch error.errno {
            case EBUSY: holder.isEmpty ? "somebody else has it" : "\(holder) has it"
            case EINVAL, EOPNOTSUPP, ENXIO:
                "the chip cannot do what is wanted of it (edges, bias, drive)"
            case EACCES, EPERM: "is this user in the group that may open it (armadio, gpio)?"
            default: error.reason
            }
        return BusError(
            .disconnected, errno: error.errno,
            "the GPIO line \(line.address) cannot be had: \(advice)")
    }

    /// A line that was there is not any more.
    func failed(_ line: GPIOLine, _ error: SystemError) -> BusError {
        BusError(
            .disconnected, errno: error.errno, "the GPIO line \(line.address): \(error.reason)")
    }
}
