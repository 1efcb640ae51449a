import Glibc

/// The number of a group of this machine, by /etc/group (group(5)); nil if it is not there.
///
/// Not getgrnam(3): that loads every module of nsswitch.conf for good, and may ask a directory
/// server over the network, for a group that packages create locally.
public func localGroup(named name: String) throws(SystemError) -> gid_t? {
    try localEntry(of: "/etc/group") { $0.count >= 3 && $0[0] == name }.flatMap { gid_t($0[2]) }
}

/// The first line of a table such as /etc/group whose fields fit, as its fields.
func localEntry(
    of path: String, where fits: ([Substring]) -> Bool
) throws(SystemError) -> [Substring]? {
    let table = try readSmallFile(path, limit: 1 << 20)
    for line in table.split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        if fits(fields) { return fields }
    }
    return nil
}
