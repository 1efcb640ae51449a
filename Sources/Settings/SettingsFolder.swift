import Glibc

/// A folder of YAML files that are found by their names.
public enum SettingsFolder {
    /// The most files of a folder that are looked at.
    public static let mostFiles = 256

    /// The names of the files, without `.yaml`; empty if the folder cannot be read.
    public static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < mostFiles, let entry = readdir(directory) {
            let file = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard file.hasSuffix(".yaml") else { continue }
            let name = String(file.dropLast(5))
            if SettingsFile.isName(name) { names.append(name) }
        }
        return names
    }
}
