import Buses
import Platform

/// What the kernel has to bring along for the buses of the configuration.
struct KernelExam {
    /// Drivers of USB adapters: none of them has the RS-485 mode of the kernel (TIOCSRS485), whereas
    /// the adapters switch by themselves.
    private static let usbDrivers = [
        "ftdi_sio", "cp210x", "ch341-uart", "ch341", "pl2303", "cdc_acm",
    ]

    let cabinet: CabinetFacts
    let facts: any SystemFacts

    func examine() async -> [Finding] {
        let findings = cabinet.lines.flatMap(line)
        // Several buses need the same of the kernel.
        var seen: Set<Finding> = []
        return findings.filter { seen.insert($0).inserted }
    }

    private func line(_ line: BusLine) -> [Finding] {
        switch line {
        case .modbus(let modbus):
            guard case .serial(let port) = modbus.endpoint else { return [] }
            return serial(port, "bus \(line.name)")
        case .i2c: return [i2c]
        case .gpio: return [gpio]
        case .hwmon: return [hwmon]
        case .process: return []
        }
    }

    private var i2c: Finding {
        guard facts.exists("/sys/class/i2c-dev") else {
            return Finding(
                .problem, "i2c-dev", "the kernel's module i2c-dev is not loaded",
                mend: "modprobe i2c-dev, and for good: echo i2c-dev > "
                    + "/etc/modules-load.d/i2c-dev.conf")
        }
        return Finding(.ok, "i2c-dev", "loaded")
    }

    private var gpio: Finding {
        facts.anyNames(in: "/dev").contains { $0.hasPrefix("gpiochip") }
            ? Finding(.ok, "gpio", "the kernel has GPIO chips")
            : Finding(
                .problem, "gpio", "the kernel has no GPIO chip",
                mend: "a kernel of the board's vendor has its driver; `armadio scan gpio` shows "
                    + "what there is")
    }

    private var hwmon: Finding {
        facts.anyNames(in: "/sys/class/hwmon").isEmpty
            ? Finding(
                .problem, "hwmon", "the kernel has no sensor chips",
                mend: "load the chip's driver, such as modprobe lm75, or dtoverlay=i2c-sensor,lm75")
            : Finding(.ok, "hwmon", "the kernel has sensor chips")
    }

    // MARK: Serial ports

    private func serial(_ port: SerialPort, _ subject: String) -> [Finding] {
        let name = self.name(of: port.path)
        return [console(name, port, subject), direction(name, port, subject)].compactMap(\.self)
    }

    /// The kernel's name of a port, which may be named by a link.
    private func name(of path: String) -> String {
        let real: String
        do { real = try facts.resolved(path) } catch { real = path }
        return String(real.split(separator: "/").last ?? "")
    }

    /// The kernel's own messages on a line confuse every device on it.
    private func console(_ name: String, _ port: SerialPort, _ subject: String) -> Finding? {
        let consoles = (facts.anyText(of: "/proc/consoles") ?? "").split(separator: "\n")
            .compactMap { $0.split(separator: " ").first }
        guard consoles.contains(where: { $0 == name }) else { return nil }
        return Finding(
            .problem, subject, "\(port.path) is the system's console, which writes on the line",
            mend: "take `console=\(name)` (or serial0) out of the kernel's command line, disable "
                + "serial-getty@\(name), and restart")
    }

    private func direction(_ name: String, _ port: SerialPort, _ subject: String) -> Finding? {
        guard port.direction == .kernel else { return nil }
        let link: String
        do { link = try facts.resolved("/sys/class/tty/\(name)/device/driver") } catch {
            return Finding(
                .note, subject, "whether \(port.path) has the kernel's RS-485 mode is not known",
                mend: "it is tried when the port is opened: `armadio status` tells")
        }
        let driver = String(link.split(separator: "/").last ?? "")
        guard Self.usbDrivers.contains(driver) else {
            return Finding(.ok, subject, "RS-485 direction by the driver \(driver)")
        }
        return Finding(
            .problem, subject,
            "`rs485: kernel`, and the driver \(driver) of \(port.path) has no RS-485 mode",
            mend: "write `rs485: none`: adapters at USB switch by themselves")
    }
}
