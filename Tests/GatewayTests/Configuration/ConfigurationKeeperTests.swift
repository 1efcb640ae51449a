import Platform
import Settings
import Telemetry
import Testing

@testable import Gateway

/// A new configuration is tried, and comes back out by itself.
@Suite struct ConfigurationKeeperTests {
    private static func text(
        _ devices: String..., uplink: String = "", rest: String = ""
    ) -> String {
        """
        gateway: c
        uplink: {broker: "mqtt://127.0.0.1:1", configuration: true\(uplink)}
        buses: {plc: {modbus-tcp: {host: 127.0.0.1}}}
        \(rest)
        devices:
        \(devices.map { "  \($0): {driver: register-map, bus: plc, unit-id: 1, points: {a: {holding: 1}}}\n" }.joined())
        """
    }

    private static let old = text("m1")
    private static let new = text("m1", "m2")

    private func proposal(
        _ text: String = new, id: String = "a", within: Duration? = nil
    ) -> ConfigurationProposal {
        ConfigurationProposal(
            text: Array(text.utf8), id: id, confirmWithin: within, origin: "platform",
            uplink: "uplink")
    }

    @Test func appliedAndConfirmedStays() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        let applied = await keeper.apply(proposal())
        #expect(applied.state == .applied)
        #expect(applied.confirmWithin == .seconds(300))
        #expect(cabinet.file == Self.new)
        let confirmed = await keeper.confirm(id: "a")
        #expect(confirmed.state == .confirmed)
        await cabinet.wait(.seconds(301))
        #expect(await keeper.confirm(id: "a").state == .confirmed)
        #expect(cabinet.reloads == [["m1", "m2"]])
        #expect(cabinet.told.map(\.state) == [.applied, .confirmed, .confirmed])
        let history = await keeper.history
        #expect(history.map(\.origin) == ["by hand", "platform"])
        #expect(history.last?.time == "2026-01-01T00:00:00Z")
        #expect(history.last?.hash == SHA256.hex(of: Array(Self.new.utf8)))
    }

    @Test func notConfirmedComesBack() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        await keeper.apply(proposal(within: .seconds(60)))
        await cabinet.wait(.seconds(60))
        await cabinet.passTime(untilTold: 2)
        let outcome = try #require(cabinet.told.last)
        #expect(outcome.state == .takenBack)
        #expect(outcome.reason == "not confirmed within 1m")
        #expect(cabinet.file == Self.old)
        // It has its turn behind the reload.
        #expect(await keeper.confirm(id: "a").state == .takenBack)
        #expect(cabinet.reloads == [["m1", "m2"], ["m1"]])
    }

    /// A confirmation alone is not enough: the uplink has to be up too, and why it is not is told.
    @Test func confirmedWithoutItsUplinkComesBack() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        cabinet.cutWithNextReload("connection refused")
        await keeper.apply(proposal(within: .seconds(10)))
        #expect(await keeper.confirm(id: "a").state == .applied)
        await cabinet.passTime(untilTold: 2)
        let outcome = try #require(cabinet.told.last)
        #expect(outcome.state == .takenBack)
        #expect(outcome.reason == "uplink is down: connection refused")
        #expect(cabinet.file == Self.old)
    }

    /// Confirmation and link may come in either order.
    @Test func confirmedBeforeItsUplinkIsUpStays() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        cabinet.cutWithNextReload("connecting")
        await keeper.apply(proposal(within: .seconds(3600)))
        #expect(await keeper.confirm(id: "a").state == .applied)
        cabinet.setUplink(isUp: true)
        let up = cabinet.clock.now()
        await cabinet.passTime(untilTold: 2)
        #expect(cabinet.clock.now() - up <= ConfigurationKeeper.step)
        #expect(cabinet.told.last?.state == .confirmed)
        #expect(cabinet.file == Self.new)
    }

    /// An uplink that was down before is not waited for, nor one that is configured no more.
    @Test func uplinksThatWereDownAreNotWaitedFor() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        cabinet.setUplink(isUp: false)
        cabinet.setUplink("gone", isUp: true)
        await keeper.apply(proposal())
        #expect(await keeper.confirm(id: "a").state == .confirmed)
    }

    /// A message that the broker keeps comes again with every link.
    @Test func anIdIsTriedOnce() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        #expect(await keeper.apply(proposal(Self.old)).state == .unchanged)
        await keeper.apply(proposal(within: .seconds(10)))
        #expect(await keeper.apply(proposal()).state == .applied)
        await cabinet.wait(.seconds(10))
        await cabinet.passTime(untilTold: 4)
        let again = await keeper.apply(proposal())
        #expect(again.state == .refused)
        #expect(
            again.reason
                == "it was tried before and taken back: not confirmed within 10s; to try again, send another id"
        )
        #expect(cabinet.file == Self.old)
        let other = await keeper.apply(proposal(Self.text("m3")))
        #expect(other.reason == "another configuration had this id; an id is used once")
        #expect(await keeper.apply(proposal(id: "b")).state == .applied)
        #expect(await keeper.confirm(id: "b").state == .confirmed)
        #expect(await keeper.apply(proposal(id: "b")).state == .unchanged)
        // The next process knows it too.
        let next = try cabinet.keeper()
        #expect(await next.apply(proposal(Self.text("m3"), id: "b")).state == .refused)
        #expect(cabinet.reloads == [["m1", "m2"], ["m1"], ["m1", "m2"]])
    }

    @Test func oneTrialAtATime() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        await keeper.apply(proposal())
        let second = await keeper.apply(proposal(Self.text("m3"), id: "b"))
        #expect(second.state == .refused)
        #expect(second.reason.hasPrefix("`a` is being tried"))
        #expect(await keeper.confirm(id: "b").state == .refused)
        #expect(await keeper.confirm(id: "a").state == .confirmed)
    }

    @Test func problemsAreToldWithTheirPlaces() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        let wrong = Self.new.replacing("bus: plc, unit-id: 1", with: "bus: pcl, unit-id: 1")
        let outcome = await keeper.apply(proposal(wrong))
        #expect(outcome.state == .refused)
        #expect(outcome.problems.map(\.what) == ["there is no bus `pcl`", "there is no bus `pcl`"])
        #expect(outcome.problems.first?.location?.position == TextPosition(line: 6, column: 35))
        #expect(cabinet.file == Self.old)
        #expect(await keeper.history.isEmpty)
        let broken = await keeper.apply(proposal("gateway: [", id: "b"))
        #expect(broken.problems.first?.location?.position.line == 1)
        #expect(cabinet.reloads.isEmpty)
    }

    @Test(arguments: [Duration.seconds(4), .seconds(3601), .zero])
    func timeOutOfRangeIsRefused(_ within: Duration) async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let outcome = await (try cabinet.keeper()).apply(proposal(within: within))
        #expect(outcome.state == .refused)
        #expect(outcome.reason.hasPrefix("confirm-within is"))
    }

    /// Without the right in the file on the cabinet nothing is done; nor can it be given from afar.
    @Test func rightsComeFromTheCabinet() async throws {
        let cabinet = try ScriptedCabinet(Self.old.replacing(", configuration: true", with: ""))
        let keeper = try cabinet.keeper()
        #expect(await keeper.apply(proposal()).problems.count == 1)
        let other = try ScriptedCabinet(Self.old)
        let allowed = Self.new.replacing(
            "configuration: true", with: "configuration: {allow: [exec]}")
        let outcome = await (try other.keeper()).apply(proposal(allowed))
        #expect(outcome.state == .refused)
        #expect(outcome.problems.first?.path == ["uplink", "configuration"])
    }

    // MARK: A disk that takes nothing

    /// The gateway runs by the old one all the same, and the file is put back when the disk lets it.
    @Test func takenBackThoughTheDiskTakesNothing() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        await keeper.apply(proposal(within: .seconds(10)))
        cabinet.disk.isFailing = true
        await cabinet.passTime(untilTold: 2)
        #expect(cabinet.told.last?.state == .takenBack)
        #expect(cabinet.told.last?.reason.contains("could not be put back yet") == true)
        while cabinet.reloads.count < 2 { await Task.yield() }
        #expect(cabinet.reloads == [["m1", "m2"], ["m1"]])
        #expect(cabinet.file == Self.new)
        #expect(await keeper.confirm(id: "a").state != .confirmed)
        #expect(await keeper.reloadByHand().isEmpty)
        #expect(await keeper.apply(proposal(Self.text("m3"), id: "b")).state == .refused)
        cabinet.disk.isFailing = false
        await cabinet.wait(ConfigurationKeeper.retry)
        while cabinet.file != Self.old { await Task.yield() }
        #expect(cabinet.reloads.count == 2)
    }

    @Test func aStartWithADiskThatTakesNothing() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        await (try cabinet.keeper()).apply(proposal())
        cabinet.disk.isFailing = true
        var store = cabinet.store
        let found = store.recover()
        let recovery = try #require(found)
        #expect(recovery.text == Array(Self.old.utf8))
        let next = try cabinet.keeper(by: recovery.text)
        await next.tell(recovery)
        #expect(cabinet.told.last?.state == .takenBack)
        #expect(cabinet.file == Self.new)
        cabinet.disk.isFailing = false
        await cabinet.wait(ConfigurationKeeper.retry)
        while cabinet.file != Self.old { await Task.yield() }
    }

    /// A trial that cannot be made durable is none.
    @Test func nothingIsTriedOnADiskThatTakesNothing() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        cabinet.disk.isFailing = true
        let outcome = await keeper.apply(proposal())
        #expect(outcome.state == .refused)
        #expect(outcome.reason.contains("Read-only file system"))
        #expect(cabinet.reloads.isEmpty)
        #expect(cabinet.file == Self.old)
        cabinet.disk.isFailing = false
        #expect(await keeper.apply(proposal()).state == .applied)
    }

    // MARK: By hand

    @Test func aChangeByHandEndsATrial() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        await keeper.apply(proposal(within: .seconds(10)))
        try cabinet.folder.write("cabinet.yaml", Self.text("m9"))
        #expect(await keeper.reloadByHand().isEmpty)
        #expect(cabinet.told.map(\.state) == [.applied, .replaced])
        await cabinet.wait(.seconds(10))
        #expect(await keeper.confirm(id: "a").state == .replaced)
        #expect(cabinet.file == Self.text("m9"))
        #expect(cabinet.reloads == [["m1", "m2"], ["m9"]])
    }

    /// A reload of what is tried is no confirmation, and a file with problems ends nothing.
    @Test func aReloadDoesNotConfirm() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        await keeper.apply(proposal(within: .seconds(10)))
        #expect(await keeper.reloadByHand().isEmpty)
        try cabinet.folder.write("cabinet.yaml", "gateway: [")
        #expect(await keeper.reloadByHand().count == 1)
        await cabinet.passTime(untilTold: 2)
        #expect(cabinet.told.last?.state == .takenBack)
        #expect(cabinet.file == Self.old)
        #expect(await keeper.history.map(\.outcome) == [.used, .takenBack, .unused])
    }

    /// What somebody is working on is not overwritten from afar.
    @Test func anEditedFileIsLeftAlone() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        let keeper = try cabinet.keeper()
        try cabinet.folder.write("cabinet.yaml", Self.text("m9"))
        let outcome = await keeper.apply(proposal())
        #expect(
            outcome.reason
                == "the file on the cabinet was changed by hand and is not in use yet")
        #expect(cabinet.file == Self.text("m9"))
        #expect(await keeper.reloadByHand().isEmpty)
        #expect(cabinet.told.last?.reason == "the file was changed by hand")
        #expect(await keeper.apply(proposal()).state == .applied)
    }

    /// The file keeps its mode, and a link to it stays one.
    @Test func theFileStaysWhatItIs() async throws {
        let cabinet = try ScriptedCabinet(Self.old)
        try await cabinet.folder.run(
            "chmod 604 cabinet.yaml; mv cabinet.yaml real.yaml; ln -s real.yaml cabinet.yaml")
        let keeper = try cabinet.keeper()
        #expect(await keeper.apply(proposal()).state == .applied)
        try await cabinet.folder.run(
            "test -L cabinet.yaml; test $(stat -c %a real.yaml) = 604; test -d real.yaml.history")
        #expect(cabinet.file == Self.new)
    }
}
