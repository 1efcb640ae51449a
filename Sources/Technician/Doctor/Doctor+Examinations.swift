import Gateway
import Platform

/// What the examinations are made of.
public struct DoctorCase: Sendable {
    /// The configuration.
    public var cabinet: CabinetFacts
    /// What the running gateway says; nil if none answers.
    public var status: StatusReport?
    /// Why the gateway did not answer, where one may run all the same.
    public var silence: String?
    /// Versions and board.
    public var versions: ProgramVersions
    /// Whether a message is published on each uplink.
    public var isPublishing = false
    /// The machine.
    public var facts: any SystemFacts = LinuxFacts()
    /// The network.
    public var probe: any NetworkProbe = LiveNetworkProbe()

    /// A cabinet on this machine.
    public init(cabinet: CabinetFacts, status: StatusReport?, versions: ProgramVersions) {
        (self.cabinet, self.status, self.versions) = (cabinet, status, versions)
    }

    /// What there is to look at in these areas.
    public func examinations(of areas: Set<DoctorArea>) -> [Examination] {
        let all = [configuration, permissions, kernel, buses, clock, disk] + network + [system]
        return all.filter { areas.contains($0.area) }
    }

    /// The owner of the control socket, while a gateway runs; else the service's user, if there is
    /// one.
    var gatewayUser: UserFacts? {
        let accounts = Accounts(facts)
        var user: UserFacts?
        do throws(SystemError) {
            user = accounts.user(try facts.file(cabinet.socket).owner)
        } catch {
            user = accounts.user(named: Accounts.user)
        }
        // A service may be given the group without being its member.
        if let group = accounts.group(named: Accounts.group) { user?.groups.insert(group) }
        return user
    }

    private var configuration: Examination {
        Examination(.configuration) { [self] in
            let exam = ConfigurationExam(cabinet: cabinet, facts: facts, gatewayUser: gatewayUser)
            return await exam.examine()
        }
    }

    private var permissions: Examination {
        Examination(.permissions) { [self] in
            let exam = PermissionsExam(cabinet: cabinet, facts: facts, gatewayUser: gatewayUser)
            return await exam.examine()
        }
    }

    private var kernel: Examination {
        Examination(.kernel) { [self] in await KernelExam(cabinet: cabinet, facts: facts).examine()
        }
    }

    private var buses: Examination {
        Examination(.buses) { [self] in await BusesExam(status: status, cabinet: cabinet).examine()
        }
    }

    private var clock: Examination {
        Examination(.clock) { [self] in await ClockExam(status: status, facts: facts).examine() }
    }

    private var disk: Examination {
        Examination(.disk) { [self] in
            await DiskExam(cabinet: cabinet, status: status, facts: facts).examine()
        }
    }

    private var network: [Examination] {
        cabinet.uplinks.map { uplink in
            Examination(
                .network, name: uplink.subject, patience: LiveNetworkProbe.patience
            ) { [self] in
                let link = status?.uplinks.first { $0.name == uplink.name }
                let exam = NetworkExam(
                    uplink: uplink, gateway: cabinet.gateway, status: link, facts: facts,
                    probe: probe, isPublishing: isPublishing)
                return await exam.examine()
            }
        }
    }

    private var system: Examination {
        Examination(.system) { [self] in
            let exam = SystemExam(
                versions: versions, status: status, silence: silence, cabinet: cabinet,
                facts: facts)
            return await exam.examine()
        }
    }
}
