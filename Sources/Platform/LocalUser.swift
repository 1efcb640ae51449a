import Glibc

/// A user of this machine.
public struct LocalUser: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its number.
    public var user: uid_t
    /// The number of its group.
    public var group: gid_t

    /// The fields of a line of /etc/passwd (passwd(5)); nil if it is none.
    init?(_ fields: [Substring]) {
        guard fields.count >= 4, let user = uid_t(fields[2]), let group = gid_t(fields[3]) else {
            return nil
        }
        (name, self.user, self.group) = (String(fields[0]), user, group)
    }
}

/// A user by name; nil if there is none. Not getpwnam(3), for the reasons of `localGroup`.
public func localUser(named name: String) throws(SystemError) -> LocalUser? {
    try localUser { $0.name == name }
}

/// A user by number; nil if there is none.
public func localUser(numbered number: uid_t) throws(SystemError) -> LocalUser? {
    try localUser { $0.user == number }
}

private func localUser(where matches: (LocalUser) -> Bool) throws(SystemError) -> LocalUser? {
    let fields = try localEntry(of: "/etc/passwd") { LocalUser($0).map(matches) ?? false }
    return fields.flatMap(LocalUser.init)
}
