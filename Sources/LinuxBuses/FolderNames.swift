import Glibc
import Platform

/// The names of what is in a folder, at most so many.
func names(in folder: String, limit: Int) throws(SystemError) -> [String] {
    guard let directory = opendir(folder) else { throw SystemError("opendir", folder) }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(directory) {
        let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}
