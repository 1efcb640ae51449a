import Glibc

/// Replaces a small file so that after a power cut it is the old one or the new one: written beside,
/// synced, renamed. Blocks.
///
/// - Throws: `SystemError` of what failed; the old file is untouched then.
public func replaceSmallFile(_ path: String, with text: String) throws(SystemError) {
    try replaceSmallFile(path, with: Array(text.utf8), mode: 0o640)
}

/// The same with bytes and the permissions that the file is to have, whatever it had.
///
/// - Parameter owner: Who is to have it, if not this process's user; only root can say so.
public func replaceSmallFile(
    _ path: String, with bytes: [UInt8], mode: mode_t, owner: LocalUser? = nil
) throws(SystemError) {
    let fresh = path + ".new"
    // Another user's, left by a power cut, could not be written to.
    unlink(fresh)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(fresh, flags, mode)
    guard descriptor >= 0 else { throw SystemError("open", fresh) }
    let failure =
        give(descriptor, to: owner) ?? (fchmod(descriptor, mode) == 0 ? nil : errno)
        ?? write(bytes, to: descriptor) ?? sync(descriptor)
    close(descriptor)
    if let failure {
        unlink(fresh)
        throw SystemError("write", fresh, errno: failure)
    }
    guard rename(fresh, path) == 0 else { throw SystemError("rename", path) }
}

/// The error number, or nil.
private func give(_ descriptor: Int32, to owner: LocalUser?) -> Int32? {
    guard let owner else { return nil }
    return fchown(descriptor, owner.user, owner.group) == 0 ? nil : errno
}

private func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return errno }
        rest.removeFirst(count)
    }
    return nil
}

private func sync(_ descriptor: Int32) -> Int32? {
    fsync(descriptor) == 0 ? nil : errno
}
