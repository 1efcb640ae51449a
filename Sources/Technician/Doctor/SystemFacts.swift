import Glibc
import Platform
import Telemetry

/// What an examination asks of the machine. Behind a protocol, so that each rule is tried on
/// machines that nobody has at hand. Calls may block: they run on an examination's own thread.
public protocol SystemFacts: Sendable {
    /// The bytes of a file of at most `limit` bytes.
    func bytes(of path: String, limit: Int) throws(SystemError) -> [UInt8]
    /// The names in a folder, sorted.
    func names(in folder: String) throws(SystemError) -> [String]
    /// Whose a file is, and who may do what with it; links are followed.
    func file(_ path: String) throws(SystemError) -> FileFacts
    /// Where a path leads when all links are followed.
    func resolved(_ path: String) throws(SystemError) -> String
    /// How much room a file system has.
    func space(at path: String) throws(SystemError) -> SpaceFacts
    /// Who asks.
    var asker: UserFacts { get }
    /// What the clocks show, and what they are worth.
    var clock: ClockAnchor { get }
    /// How many processors there are.
    var processors: Int { get }
    /// The kernel's release, such as `6.12.34+rpt-rpi-v8`.
    var kernel: String { get }
}

/// A user, as the kernel knows it.
public struct UserFacts: Hashable, Sendable {
    /// Its number; 0 is root.
    public var id: uid_t
    /// The numbers of its groups.
    public var groups: Set<gid_t>

    /// A user.
    public init(id: uid_t, groups: Set<gid_t>) {
        (self.id, self.groups) = (id, groups)
    }

    /// Whether no permission bits hold it.
    public var isRoot: Bool { id == 0 }
}

/// Whose a file is, and its mode.
public struct FileFacts: Hashable, Sendable {
    /// What can be done with a file.
    public struct Access: OptionSet, Hashable, Sendable {
        /// The bits as they stand for others in a mode (inode(7)).
        public let rawValue: mode_t

        public init(rawValue: mode_t) { self.rawValue = rawValue }

        /// It can be read.
        public static let read = Access(rawValue: 4)
        /// It can be written.
        public static let write = Access(rawValue: 2)
        /// A folder can be passed through.
        public static let search = Access(rawValue: 1)
    }

    /// Its kind and permission bits.
    public var mode: mode_t
    /// Its owner.
    public var owner: uid_t
    /// Its group.
    public var group: gid_t

    /// A file.
    public init(mode: mode_t, owner: uid_t, group: gid_t) {
        (self.mode, self.owner, self.group) = (mode, owner, group)
    }

    /// Whether this user may, by the permission bits.
    public func allows(_ access: Access, to user: UserFacts) -> Bool {
        if user.isRoot { return true }
        let shift: mode_t = user.id == owner ? 6 : user.groups.contains(group) ? 3 : 0
        return Access(rawValue: mode >> shift).isSuperset(of: access)
    }

    /// The permission bits as chmod(1) takes them: `640`.
    public var octal: String {
        let digits = String(mode & 0o777, radix: 8)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }
}

/// How much room a file system has.
public struct SpaceFacts: Hashable, Sendable {
    /// Bytes that an ordinary user may still fill.
    public var freeBytes: UInt64
    /// Its size.
    public var bytes: UInt64
    /// How many more files it takes, and how many in all; 0 where it does not count them.
    public var freeFiles: UInt64
    public var files: UInt64

    /// Some room.
    public init(freeBytes: UInt64, bytes: UInt64, freeFiles: UInt64, files: UInt64) {
        (self.freeBytes, self.bytes) = (freeBytes, bytes)
        (self.freeFiles, self.files) = (freeFiles, files)
    }
}

extension SystemFacts {
    /// What is read of one of the system's files at most.
    private var textLimit: Int { 1 << 20 }

    /// A text file's contents.
    func text(of path: String) throws(SystemError) -> String {
        String(decoding: try bytes(of: path, limit: textLimit), as: UTF8.self)
    }

    /// A text file's contents; nil if it is not there or cannot be read. For what is a matter of the
    /// board, where not being there is an answer.
    func anyText(of path: String) -> String? {
        do { return try text(of: path) } catch { return nil }
    }

    /// The first line of a file of the kernel's; nil if there is none.
    func line(of path: String) -> String? {
        guard let line = anyText(of: path)?.split(separator: "\n").first else { return nil }
        let words = line.split(separator: " ").joined(separator: " ")
        return words.isEmpty ? nil : words
    }

    /// The names in a folder; none if it is not there.
    func anyNames(in folder: String) -> [String] {
        do { return try names(in: folder) } catch { return [] }
    }

    /// Whether something is there, or hidden.
    func exists(_ path: String) -> Bool {
        do {
            _ = try file(path)
            return true
        } catch {
            return error.errno != ENOENT && error.errno != ENOTDIR
        }
    }
}

extension Finding {
    /// What could not be looked at, and with which rights it could.
    static func unseen(_ subject: String, _ error: SystemError) -> Finding {
        let isForbidden = error.errno == EACCES || error.errno == EPERM
        return Finding(
            .note, subject, "could not be looked at: \(error)",
            mend: isForbidden ? "`sudo armadio doctor` may" : nil)
    }
}
