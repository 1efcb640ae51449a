import Buses
import Glibc
import Platform

/// The folder of one chip in sysfs, held open: should the chip go and another get its number, reads
/// fail instead of bringing the other's values. Every call may block.
final class SensorFolder {
    /// The longest text of a file, in bytes; sysfs has a value a file.
    private static let longestText = 256

    /// What it was when it was opened.
    private(set) var chip: SensorChip
    private let descriptor: Int32

    /// Opens a folder and looks at what is in it.
    ///
    /// - Throws: `SystemError`; the chip may have gone in the meantime.
    init(_ sensorClass: SensorClass, _ path: String) throws(SystemError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        chip = SensorChip(sensorClass, name: "")
        chip.files = try Set(names(in: path, limit: SensorChip.mostFiles))
        chip.name = try text(of: "name")
        if chip.files.contains("label") { chip.label = try text(of: "label") }
        chip.place = place(path)
    }

    deinit {
        close(descriptor)
    }

    /// The text of a file, without the blanks around it.
    func text(of file: String) throws(SystemError) -> String {
        let opened = openat(descriptor, file, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError("openat", file) }
        defer { close(opened) }
        var bytes = [UInt8](repeating: 0, count: Self.longestText)
        let count = bytes.withUnsafeMutableBytes { read(opened, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw SystemError("read", file) }
        let text = bytes[..<count].drop(while: isBlank)
        let end = text.lastIndex { !isBlank($0) }
        return String(decoding: end.map { text[...$0] } ?? [], as: UTF8.self)
    }

    /// Whether the kernel has taken the folder away.
    var isGone: Bool {
        do throws(SystemError) {
            _ = try text(of: "name")
            return false
        } catch {
            return true
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 }

    /// The name of the device that the chip is. hwmon has a link to it; a device of IIO lies in it,
    /// unless it is nobody's and lies in `devices` itself.
    private func place(_ path: String) -> String? {
        switch chip.sensorClass {
        case .hwmon:
            return linkTarget("device", at: descriptor).flatMap { lastPart($0[...]) }
        case .iio:
            let target = linkTarget(path).map { $0[...] } ?? path[...]
            guard let slash = target.lastIndex(of: "/") else { return nil }
            let parent = lastPart(target[..<slash])
            return parent == "devices" ? nil : parent
        }
    }

    private func lastPart(_ path: Substring) -> String? {
        path.split(separator: "/").last.map { String($0) }
    }
}
