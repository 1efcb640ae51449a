import Buses
import Glibc
import Platform

/// Users and groups, the control socket, and who may open the devices.
struct PermissionsExam {
    /// Where udev looks for rules (udev(7)).
    static let ruleFolders = [
        "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d",
    ]
    /// Ours.
    static let ruleFile = "60-armadio.rules"

    let cabinet: CabinetFacts
    let facts: any SystemFacts
    /// Who the gateway runs as; nil if that is not known.
    let gatewayUser: UserFacts?

    private var accounts: Accounts { Accounts(facts) }

    func examine() async -> [Finding] {
        group + socket + LocalDevice.all(of: cabinet, facts).flatMap(device) + rules
    }

    // MARK: The group and the socket

    private var group: [Finding] {
        guard let number = accounts.group(named: Accounts.group) else {
            return [
                Finding(
                    .warning, "group",
                    "there is no group `\(Accounts.group)`: only root and the "
                        + "gateway's own user can use the commands",
                    mend: "install udev/armadio.sysusers.conf as /usr/lib/sysusers.d/armadio.conf "
                        + "and run systemd-sysusers")
            ]
        }
        let asker = facts.asker
        guard asker.isRoot || asker.groups.contains(number) else {
            return [
                Finding(
                    .warning, "group",
                    "\(accounts.userName(asker.id)) is not in the group `\(Accounts.group)`",
                    mend: "sudo usermod -aG \(Accounts.group) \(accounts.userName(asker.id)), then "
                        + "log in again")
            ]
        }
        return [Finding(.ok, "group", asker.isRoot ? "root" : "in the group `\(Accounts.group)`")]
    }

    private var socket: [Finding] {
        let subject = "control socket"
        let state: FileFacts
        do throws(SystemError) {
            state = try facts.file(cabinet.socket)
        } catch {
            guard error.errno != ENOENT && error.errno != ENOTDIR else { return [] }
            return [.unseen(subject, error)]
        }
        if state.mode & S_IWOTH != 0 {
            return [
                Finding(
                    .problem, subject,
                    "\(cabinet.socket) is open to every user (mode \(state.octal))",
                    mend: "chmod 660 \(cabinet.socket)")
            ]
        }
        guard let group = accounts.group(named: Accounts.group), state.group != group else {
            return [Finding(.ok, subject, "\(cabinet.socket), mode \(state.octal)")]
        }
        return [
            Finding(
                .warning, subject,
                "\(cabinet.socket) belongs to the group \(accounts.groupName(state.group)), not "
                    + "to `\(Accounts.group)`: its members cannot use it",
                mend: "restart the gateway now that the group is there")
        ]
    }

    // MARK: Devices

    private func device(_ device: LocalDevice) -> [Finding] {
        let state: FileFacts
        do throws(SystemError) {
            state = try facts.file(device.path)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else {
                return [.unseen(device.subject, error)]
            }
            return [
                Finding(
                    .problem, device.subject, "\(device.path) is not there",
                    mend: device.wayToFind(hasRules: hasRules))
            ]
        }
        guard state.mode & S_IFMT == S_IFCHR else { return [notADevice(device)] }
        return [access(to: device, state)]
    }

    /// A pseudo terminal's link leads to a device, too.
    private func notADevice(_ device: LocalDevice) -> Finding {
        Finding(
            .problem, device.subject, "\(device.path) is no device",
            mend: "remove it, and name a device: `armadio scan serial`")
    }

    private func access(to device: LocalDevice, _ state: FileFacts) -> Finding {
        let needed: FileFacts.Access = [.read, .write]
        let users = [("the gateway's user", gatewayUser), ("you", Optional(facts.asker))]
        for case (let who, let user?) in users where !state.allows(needed, to: user) {
            return Finding(
                who == "you" ? .warning : .problem, device.subject,
                "\(who) may not open \(device.path): it is of the group "
                    + "\(accounts.groupName(state.group)), mode \(state.octal)",
                mend: hasRules
                    ? "udevadm control --reload && udevadm trigger, then plug it in again"
                    : "install \(Self.ruleFile), which gives it to the group `\(Accounts.group)`")
        }
        return Finding(.ok, device.subject, "\(device.path), mode \(state.octal)")
    }

    // MARK: udev

    private var hasRules: Bool {
        Self.ruleFolders.contains { facts.exists($0 + "/" + Self.ruleFile) }
    }

    private var rules: [Finding] {
        guard !LocalDevice.all(of: cabinet, facts).isEmpty else { return [] }
        if hasRules { return [Finding(.ok, "udev", "\(Self.ruleFile) is installed")] }
        return [
            Finding(
                .warning, "udev",
                "\(Self.ruleFile) is not installed: ports change their names, "
                    + "and devices belong to other groups",
                mend: "copy udev/\(Self.ruleFile) to /etc/udev/rules.d, then udevadm control "
                    + "--reload && udevadm trigger")
        ]
    }
}
