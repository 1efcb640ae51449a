import Glibc

/// A user of this machine, by /etc/passwd (passwd(5)); nil if it is not there. Not getpwnam(3), for
/// the reasons that `localGroup` has.
public func localUser(named name: String) throws(SystemError) -> (user: uid_t, group: gid_t)? {
    let table = try readSmallFile("/etc/passwd", limit: 1 << 20)
    for line in table.split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0] == name, let user = uid_t(fields[2]),
            let group = gid_t(fields[3])
        else { continue }
        return (user, group)
    }
    return nil
}
