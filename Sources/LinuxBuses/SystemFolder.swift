import Glibc
import Platform

/// Small files, links and folders as the kernel shows them below /sys and /proc. What is not there,
/// or may not be read, is nil or empty: things come and go while they are looked at.
struct SystemFolder {
    /// What is read of a file at most; an attribute of sysfs has a page (Linux kernel,
    /// Documentation/filesystems/sysfs.rst).
    private static let mostBytes = 4096
    /// How many entries of a folder are looked at; Linux has 32,768 processes unless told else.
    static let mostEntries = 65_536

    /// Where the folders `sys`, `dev` and `proc` are: nothing for the system's own.
    let root: String

    /// The names in a folder, in order; nil if it cannot be read.
    func names(in folder: String) -> [String]? {
        guard let directory = opendir(root + folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < Self.mostEntries, let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// A file's first line, printable, without blanks around it; nil if there is none, or it is empty.
    func line(of file: String) -> String? {
        let descriptor = open(root + file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.mostBytes)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let line = bytes[..<count].prefix { $0 != 0x0A && $0 != 0 }
        let text = line.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self).printable
    }

    /// What a link says; nil if there is none.
    func link(_ path: String) -> String? { linkTarget(root + path) }

    /// The last part of where a link leads.
    func linkedName(_ path: String) -> String? {
        link(path)?.split(separator: "/").last.map(String.init)
    }

    /// Where a path leads when all links are followed, below the root.
    func resolved(_ path: String) -> String? {
        guard let real = realpath(root + path, nil), let base = realpath(root + "/", nil) else {
            return nil
        }
        defer {
            free(real)
            free(base)
        }
        let (full, prefix) = (String(cString: real), String(cString: base))
        if prefix == "/" { return full }
        return full.hasPrefix(prefix) ? String(full.dropFirst(prefix.count)) : nil
    }
}

extension String {
    /// The text without control characters (C0, DEL and C1 of ISO 6429), which a device or a
    /// program may have put into its name to disturb a terminal.
    var printable: String {
        String(
            unicodeScalars.map { scalar in
                let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                return isControl ? "?" : Character(scalar)
            })
    }
}
