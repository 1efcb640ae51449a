import Glibc

/// The number of a group of this machine, by /etc/group (group(5)); nil if it is not there.
///
/// Not getgrnam(3): that loads every module of nsswitch.conf for good, and may ask a directory
/// server over the network, for a group that packages create locally.
public func localGroup(named name: String) throws(SystemError) -> gid_t? {
    let table = try readSmallFile("/etc/group", limit: 1 << 20)
    for line in table.split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        if fields.count >= 3, fields[0] == name { return gid_t(fields[2]) }
    }
    return nil
}
