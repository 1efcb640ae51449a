import Glibc

/// What a symbolic link says (readlinkat(2)); nil if there is none.
///
/// - Parameter folder: An open folder that a relative path begins at, if not the working one.
public func linkTarget(_ path: String, at folder: Int32 = AT_FDCWD) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(folder, path, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
