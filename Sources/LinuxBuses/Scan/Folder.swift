import Glibc
import Platform

/// What the scans ask of a folder, such as one of sysfs.
struct Folder {
    /// The most that is read of one file; those of sysfs have a page.
    private static let fileLimit = 4096

    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// The names in it, sorted; none if it is not there.
    var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.count == $1.utf8.count ? $0 < $1 : $0.isBefore($1) }
    }

    /// The first line of a file in it; nil if there is none.
    func text(_ name: String) -> String? {
        do throws(SystemError) {
            let text = try readSmallFile(path + "/" + name, limit: Self.fileLimit)
            return text.split(separator: "\n").first.map(String.init)
        } catch {
            // A file that is not there is what this is asked for.
            return nil
        }
    }

    /// What a name in it leads to, links followed; nil if nothing does.
    func target(_ name: String) -> String? {
        guard let resolved = realpath(path + "/" + name, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension String {
    /// `i2c-2` before `i2c-10`.
    fileprivate func isBefore(_ other: String) -> Bool {
        let (mine, others) = (split(separator: "-").last, other.split(separator: "-").last)
        guard let mine = mine.flatMap({ Int($0) }), let others = others.flatMap({ Int($0) }) else {
            return self < other
        }
        return mine < others
    }
}
