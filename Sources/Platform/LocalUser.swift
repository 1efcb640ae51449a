import Glibc

/// The name of a user of this machine, by /etc/passwd (passwd(5)); nil if it is not there. Not
/// getpwuid(3), for the reasons of `localGroup`.
public func localUser(numbered number: uid_t) throws(SystemError) -> String? {
    let table = try readSmallFile("/etc/passwd", limit: 1 << 20)
    for line in table.split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        if fields.count >= 3, uid_t(fields[2]) == number { return String(fields[0]) }
    }
    return nil
}
