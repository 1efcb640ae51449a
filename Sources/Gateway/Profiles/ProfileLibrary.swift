import Drivers
import Glibc
import Settings
import Telemetry

/// The device profiles there are: those of the binary, and the files of a folder, which come first.
///
/// A file is read when a profile of its name is asked for, so that a broken one harms no device
/// but those that name it.
public struct ProfileLibrary: Sendable {
    /// Where a cabinet's own profiles are.
    public static let usualFolder = "/etc/armadio/profiles"

    /// The folder with the cabinet's own profiles, which need not exist.
    public let folder: String

    /// The profiles with those of a folder.
    public init(folder: String = usualFolder) {
        self.folder = folder
    }

    /// Where a profile comes from.
    public enum Origin: Sendable, Hashable {
        case shipped
        case file(String)
    }

    /// The names of all profiles in their order, whether they are fit for use or not.
    public var names: [String] {
        Set(ShippedProfiles.all.map(\.name) + SettingsFolder.names(in: folder)).sorted()
    }

    /// Where the profile of a name comes from; nil if there is none.
    public func origin(of name: String) -> Origin? {
        let path = path(of: name)
        if access(path, F_OK) == 0 { return .file(path) }
        return ShippedProfiles.bytes(of: name) == nil ? nil : .shipped
    }

    /// Looks a profile up and checks it.
    public func find(_ name: String) -> ProfileLookup {
        // A name with a slash would be a way out of the folder.
        guard let origin = SettingsFile.isName(name) ? origin(of: name) : nil else {
            return .unknown(
                mend: Spelling.suggestion(for: name, among: names)
                    ?? "`armadio profile list` shows them all; your own are in \(folder)")
        }
        switch origin {
        case .file(let path): return Self.check(path, named: name)
        case .shipped:
            let file = SettingsFile(
                bytes: ShippedProfiles.bytes(of: name) ?? [], name: "profile \(name)")
            return Self.check(file, named: name)
        }
    }

    /// The text of a profile's file; nil if it cannot be read.
    public func text(of name: String) -> String? {
        switch origin(of: name) {
        case .shipped: ShippedProfiles.bytes(of: name).map { String(decoding: $0, as: UTF8.self) }
        case .file(let path): SettingsFile.text(path: path, limit: DeviceProfile.fileBytes)
        case nil: nil
        }
    }

    /// The marks by which a scan knows devices, of all profiles that are fit for use.
    public var fingerprints: [RegisterFingerprint] {
        names.compactMap { name in
            guard case .found(let profile) = find(name) else { return nil }
            return RegisterFingerprint(
                profile: name, marks: profile.settings.identify.map(RegisterFingerprint.Mark.init))
        }
    }

    /// Checks the profile in a file.
    ///
    /// - Parameter name: What the profile has to be called; any name unless given.
    public static func check(_ path: String, named name: String? = nil) -> ProfileLookup {
        let file = SettingsFile(
            path: path, limit: DeviceProfile.fileBytes, beginning: "profile: \(name ?? "NAME")")
        return check(file, named: name)
    }

    private static func check(_ file: SettingsFile, named name: String?) -> ProfileLookup {
        let profile = DeviceProfile(file, named: name)
        if let profile {
            _ = DriverKind.registerMap.plan(
                NodeOptions(node: profile.device, file: file, board: nil))
        }
        guard let profile, file.problems.isEmpty else { return .broken(file.problems) }
        return .found(profile)
    }

    private func path(of name: String) -> String { "\(folder)/\(name).yaml" }
}

extension RegisterFingerprint.Mark {
    fileprivate init(_ mark: ProfileSettings.Mark) {
        self.init(
            table: mark.holding == nil ? .input : .holding,
            address: mark.holding ?? mark.input ?? 0,
            values: mark.equals.map { [$0] } ?? mark.oneOf ?? [])
    }
}
