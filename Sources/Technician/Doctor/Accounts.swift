import Glibc
import Platform

/// The users and groups of the machine, by /etc/passwd and /etc/group. Not getpwnam(3): that may ask
/// a directory server over the network.
struct Accounts {
    /// The group that may open devices and the control socket.
    static let group = "armadio"
    /// The user that the service runs as.
    static let user = "armadio"

    private let users: [[Substring]]
    private let groups: [[Substring]]

    init(_ facts: any SystemFacts) {
        users = Self.rows(facts.anyText(of: "/etc/passwd"))
        groups = Self.rows(facts.anyText(of: "/etc/group"))
    }

    private static func rows(_ text: String?) -> [[Substring]] {
        (text ?? "").split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }.filter { $0.count >= 4 }
    }

    /// The number of a group; nil if there is none of this name.
    func group(named name: String) -> gid_t? {
        groups.first { $0[0] == name }.flatMap { gid_t($0[2]) }
    }

    /// The name of a group, or its number.
    func groupName(_ number: gid_t) -> String {
        groups.first { gid_t($0[2]) == number }.map { String($0[0]) } ?? "\(number)"
    }

    /// The name of a user, or its number.
    func userName(_ number: uid_t) -> String {
        users.first { uid_t($0[2]) == number }.map { String($0[0]) } ?? "\(number)"
    }

    /// A user by its name; nil if there is none.
    func user(named name: String) -> UserFacts? {
        users.first { $0[0] == name }.flatMap { uid_t($0[2]) }.map { user($0) }
    }

    /// A user with all its groups.
    func user(_ number: uid_t) -> UserFacts {
        guard let row = users.first(where: { uid_t($0[2]) == number }) else {
            return UserFacts(id: number, groups: [])
        }
        let others = groups.filter { $0[3].split(separator: ",").contains(row[0]) }
            .compactMap { gid_t($0[2]) }
        return UserFacts(id: number, groups: Set(others + [gid_t(row[3])].compactMap(\.self)))
    }
}
