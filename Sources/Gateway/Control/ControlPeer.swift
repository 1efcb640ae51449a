import Glibc
import Platform

/// Who is at the other end of the control socket, as the kernel says (SO_PEERCRED, unix(7)).
public struct ControlPeer: Sendable, Hashable, CustomStringConvertible {
    /// The user's number.
    public var user: UInt32
    /// The group's number.
    public var group: UInt32
    /// The process's number.
    public var process: Int32

    /// A peer.
    public init(user: UInt32, group: UInt32, process: Int32) {
        self.user = user
        self.group = group
        self.process = process
    }

    /// The peer of a connected socket; nil if the kernel does not say.
    init?(of descriptor: Int32) {
        // struct ucred: pid, uid, gid.
        var fields: [UInt32] = [0, 0, 0]
        var size = socklen_t(12)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &fields, &size) == 0, size == 12
        else { return nil }
        self.init(user: fields[1], group: fields[2], process: Int32(bitPattern: fields[0]))
    }

    /// The user's name where this machine's /etc/passwd has one, else `uid 1000`.
    public var userName: String {
        do throws(SystemError) {
            return try localUser(numbered: user)?.name ?? "uid \(user)"
        } catch {
            return "uid \(user)"
        }
    }

    public var description: String { "\(userName) (process \(process))" }
}
