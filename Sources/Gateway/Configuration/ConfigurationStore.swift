import Glibc
import JSON
import Journal
import Platform
import Settings

/// The configuration file, and beside it in `FILE.history/` what was in its place before:
///
///     cabinet.yaml                the configuration
///     cabinet.yaml.history/
///         state.json              the versions with who, when and hash; the trial, if one is on
///         41.yaml, 42.yaml ...    their texts, the last 20
///
/// It lies beside the file, not beside the journal, because what is tried may say another place
/// for the journal, and because a rename needs one file system.
///
/// A trial is durable before the file is changed: texts, then `state.json` with the trial, then the
/// file. It ends in the other order: the file as it was, then `state.json` without the trial; or,
/// confirmed, only `state.json`. Each file is replaced whole: written beside, synced, renamed, its
/// folder synced. So after a kill or a power cut at any moment the file is the old or the new one,
/// and a trial that is found in `state.json` was not confirmed: `recover` ends it. It does not
/// count the time that was left: it cannot know how long the machine was down, and what was tried
/// may be why. While the trial is on, its gateway holds the folder: a second one, started by
/// mistake, takes nothing back.
///
/// Blocks.
public struct ConfigurationStore {
    /// How many versions are kept.
    public static let historyLimit = 20
    /// The largest `state.json`, in bytes: its versions' texts are cut at `textLimit`.
    static let stateLimit = 256 << 10
    /// The longest origin, id and reason, in characters.
    static let textLimit = 300

    /// The file as it was named.
    public let name: String
    /// The file, without links.
    let path: String
    let folder: String
    private let files: DurableFiles
    /// What is known of the versions.
    private(set) var state = ConfigurationState()
    /// Held while this program has something on trial.
    private var trialHold: FolderLock?
    /// Why that could not be read; nil if it could, or there is none.
    public private(set) var damage: String?

    /// What a start has found.
    public struct Recovery: Sendable {
        /// The trial that was on.
        public var version: ConfigurationVersion
        /// The text to go by if the file could not be put back; nil to go by the file.
        public var text: [UInt8]?
        /// Why the file could not be put back.
        public var failure: String?
    }

    /// Why something could not be done.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The history of this configuration file on the machine's disk.
    public init(path: String) {
        self.init(
            path: path,
            files: DurableFiles(
                disk: PosixFileSystem(), adopt: DurableFiles.adoptOwner, hold: FolderLock.hold,
                isHeld: FolderLock.isHeld))
    }

    init(path: String, files: DurableFiles) {
        name = path
        self.path = Self.withoutLinks(path)
        folder = self.path + ".history"
        self.files = files
        do {
            guard let bytes = try files.read(folder + "/state.json", limit: Self.stateLimit) else {
                return
            }
            state = try JSONDecoder().decode(ConfigurationState.self, from: bytes)
        } catch {
            damage = "\(folder)/state.json: \(error)"
        }
    }

    /// The versions, the oldest first.
    public var history: [ConfigurationVersion] { state.versions }

    /// The file's text; nil if there is none.
    func current() throws(Failure) -> [UInt8]? {
        try files.read(path, limit: SettingsLimits.fileBytes)
    }

    /// The text of a version, if it is there and is what it was.
    func text(of version: ConfigurationVersion) throws(Failure) -> [UInt8]? {
        guard
            let text = try files.read(
                "\(folder)/\(version.number).yaml", limit: SettingsLimits.fileBytes)
        else { return nil }
        return SHA256.hex(of: text) == version.hash ? text : nil
    }

    // MARK: A trial

    /// Begins to try a text in place of the one that is in use.
    ///
    /// - Parameters:
    ///   - old: What stands in the file.
    ///   - version: What is known of the new one; its number is given here.
    mutating func begin(
        _ text: [UInt8], _ version: ConfigurationVersion, insteadOf old: [UInt8],
        withinSeconds: Double
    ) throws(Failure) -> ConfigurationVersion {
        let lock = try files.lock(path)
        defer { lock?.release() }
        let known = state
        if let present = try current(), ![old, text].contains(present), !isKept(present) {
            throw Failure(description: "\(name) was changed meanwhile")
        }
        do throws(Failure) {
            try files.makeFolder(folder)
            trialHold = try files.hold(folder)
            var next = state
            let before = try keep(old, in: &next)
            var version = version
            version.number = before + 1
            try keep(text, version, in: &next)
            next.trial = ConfigurationState.Trial(
                number: version.number, before: before, withinSeconds: withinSeconds)
            try save(next)
            tidy()
            try files.replace(path, with: text, like: path)
            return version
        } catch {
            // The file is as it was, or what was tried: it may have been the last sync that failed.
            let failure = error
            guard state.trial != nil else {
                state = known
                trialHold = nil
                throw failure
            }
            try putBack(old, .takenBack, "\(failure)")
            throw failure
        }
    }

    /// The trial has ended well.
    mutating func confirm() throws(Failure) {
        try end(.confirmed, "")
    }

    /// The trial has ended because somebody has changed the file.
    mutating func replaced() throws(Failure) {
        try end(.replaced, "changed by hand meanwhile")
    }

    /// Puts back what was before. What somebody has written into the file meanwhile is kept as a
    /// version.
    mutating func takeBack(to old: [UInt8], because reason: String) throws(Failure) {
        let lock = try files.lock(path)
        defer { lock?.release() }
        let known = state.trial.flatMap { state.version($0.number)?.hash }
        let present = try current()
        if let present, SHA256.hex(of: present) != known, present != old {
            try keepAside(present, because: reason)
        }
        try putBack(old, .takenBack, reason)
    }

    /// Keeps as a version what stands in the file and was not in use, before it is replaced; its
    /// number.
    mutating func setAside(_ present: [UInt8], because reason: String) throws(Failure) -> Int {
        let lock = try files.lock(path)
        defer { lock?.release() }
        return try keepAside(present, because: reason)
    }

    @discardableResult
    private mutating func keepAside(
        _ present: [UInt8], because reason: String
    ) throws(Failure) -> Int {
        try files.makeFolder(folder)
        var next = state
        let version = ConfigurationVersion(
            number: nextNumber, hash: SHA256.hex(of: present), id: "", origin: Self.hand,
            time: nil, outcome: .unused, reason: String(reason.prefix(Self.textLimit)))
        try keep(present, version, in: &next)
        try save(next)
        return version.number
    }

    /// Writes the text in use into the file again, in place of one that is kept.
    func restore(_ text: [UInt8]) throws(Failure) {
        let lock = try files.lock(path)
        defer { lock?.release() }
        if let present = try current(), !isKept(present) {
            throw Failure(description: "\(name) was changed meanwhile")
        }
        try files.replace(path, with: text, like: path)
    }

    /// Whether a text can be had again from the history.
    private func isKept(_ text: [UInt8]) -> Bool {
        let hash = SHA256.hex(of: text)
        return state.versions.contains { $0.hash == hash }
    }

    private mutating func putBack(
        _ old: [UInt8], _ outcome: ConfigurationVersion.Outcome, _ reason: String
    ) throws(Failure) {
        try files.replace(path, with: old, like: path)
        try end(outcome, reason)
    }

    private mutating func end(
        _ outcome: ConfigurationVersion.Outcome, _ reason: String
    ) throws(Failure) {
        guard let trial = state.trial else { return }
        var next = state
        next.trial = nil
        next.end(trial.number, outcome, String(reason.prefix(Self.textLimit)))
        try save(next)
        trialHold = nil
    }

    // MARK: By hand

    /// Replaces the file's text by an edited one; its owner, mode and links stay.
    ///
    /// - Parameter old: What was read before the edit; if the file has another text by now, it stays.
    public func replaceFile(with text: [UInt8], insteadOf old: [UInt8]) throws(Failure) {
        var status = stat()
        if stat(path, &status) == 0, geteuid() != 0, status.st_uid != geteuid() {
            throw Failure(
                description: "\(name) belongs to another user, who would lose it; do it as that "
                    + "user, or with sudo")
        }
        let lock = try files.lock(path)
        defer { lock?.release() }
        guard try current() == old else {
            throw Failure(
                description: "\(name) was changed meanwhile and nothing was written; do it again")
        }
        try files.replace(path, with: text, like: path)
    }

    /// The text of a version by its number; nil if there is none, or it is damaged.
    public func text(of number: Int) throws(Failure) -> [UInt8]? {
        guard let version = state.version(number) else { return nil }
        return try text(of: version)
    }

    // MARK: A start

    /// Ends a trial that was on when the gateway ended, however it did; nil if there was none, or
    /// if the gateway runs and will end it. A file that is neither the tried one nor the one before
    /// is somebody's work and stays.
    public mutating func recover() -> Recovery? {
        guard let trial = state.trial, let tried = state.version(trial.number),
            !files.isHeld(folder)
        else { return nil }
        let reason = Self.unconfirmed
        var old: [UInt8]?
        var failure: String?
        do throws(Failure) {
            let lock = try files.lock(path)
            defer { lock?.release() }
            let present = try current().map { SHA256.hex(of: $0) }
            let before = state.version(trial.before)
            old = try before.flatMap { (version) throws(Failure) in try text(of: version) }
            if present == before?.hash {
                try end(.takenBack, reason)
                old = nil
            } else if let present, present != tried.hash {
                try replaced()
                old = nil
            } else if let text = old {
                try putBack(text, .takenBack, reason)
            } else {
                try end(.kept, "what was before it is damaged")
            }
        } catch {
            failure = error.description
        }
        guard let version = state.version(trial.number) else { return nil }
        return Recovery(version: version, text: failure == nil ? nil : old, failure: failure)
    }

    // MARK: Versions

    /// Why a start takes back.
    static let unconfirmed = "the gateway ended before it was confirmed"

    /// Who is meant by a version that nobody sent.
    static let hand = "by hand"

    /// The number that a trial gets which begins now.
    func number(insteadOf old: [UInt8]) -> Int {
        nextNumber + (state.versions.last?.hash == SHA256.hex(of: old) ? 0 : 1)
    }

    private var nextNumber: Int { (state.versions.last?.number ?? 0) + 1 }

    /// Sees to it that a text which is in use is the last version; its number.
    private func keep(_ text: [UInt8], in state: inout ConfigurationState) throws(Failure) -> Int {
        let hash = SHA256.hex(of: text)
        if let last = state.versions.last, last.hash == hash, try self.text(of: last) != nil {
            return last.number
        }
        // It may be known from before, and stays whose it was.
        let known = state.versions.last { $0.hash == hash && $0.outcome != .unused }
        let version = ConfigurationVersion(
            number: nextNumber, hash: hash, id: "", origin: known?.origin ?? Self.hand,
            time: known?.time, outcome: .used, reason: "")
        try keep(text, version, in: &state)
        return version.number
    }

    private func keep(
        _ text: [UInt8], _ version: ConfigurationVersion, in state: inout ConfigurationState
    ) throws(Failure) {
        try files.replace("\(folder)/\(version.number).yaml", with: text)
        var version = version
        version.id = String(version.id.prefix(Self.textLimit))
        version.origin = String(version.origin.prefix(Self.textLimit))
        state.versions.append(version)
        state.versions.removeFirst(max(0, state.versions.count - Self.historyLimit))
    }

    /// Removes texts that the state does not name; one that cannot be removed costs its room.
    private func tidy() {
        let known = Set(state.versions.map { "\($0.number).yaml" })
        do {
            for name in try files.disk.list(folder)
            where name != "state.json" && !known.contains(name) {
                try files.disk.remove(folder + "/" + name)
            }
        } catch {
            return
        }
    }

    private mutating func save(_ next: ConfigurationState) throws(Failure) {
        let bytes: [UInt8]
        do {
            bytes = try JSONEncoder(isPretty: true).encode(next)
        } catch {
            throw Failure(description: "\(error)")
        }
        try files.replace(folder + "/state.json", with: bytes)
        state = next
    }

    /// A link to the file stays one: what it leads to is replaced.
    private static func withoutLinks(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
