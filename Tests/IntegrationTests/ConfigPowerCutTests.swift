import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The power goes while a configuration is applied: the file is the old one or the new one, byte
/// for byte, and the gateway starts by it. (What a disk may lose that was not synced is tried by
/// ConfigurationStoreTests at every step; here real processes are killed.)
@Suite struct ConfigPowerCutTests {
    /// How often; half of the times the command goes with the gateway, as the power takes both.
    private static let rounds = 40
    /// From the words before the file is written until the answer takes about half as long.
    private static let spread: UInt64 = 100_000

    /// What a round begins and goes on with.
    private struct Round {
        var number: Int
        var delayMicroseconds: UInt64
        var isTried: Bool
        var takesCommand: Bool

        init(_ number: Int, _ random: inout SplitMix) {
            self.number = number
            delayMicroseconds = random.next() % ConfigPowerCutTests.spread
            isTried = number % 2 == 0
            takesCommand = number % 4 >= 2
        }

        var interval: String { "\(number + 1)s" }

        var words: [String] {
            ["set", "m1", "interval=\(interval)", "--apply", "--no-wait"]
                + (isTried ? ["--confirm-within", "10m"] : [])
        }
    }

    @Test func theFileIsTheOldOrTheNewOne() async throws {
        var scene = try await ConfigScene()
        var random = SplitMix(seed: 42)
        var old = scene.text
        for number in 0..<Self.rounds {
            let round = Round(number, &random)
            let new = scene.text(interval: round.interval)
            let said = try await cut(scene, round)
            let found = try scene.file
            #expect(found == old || found == new, "\(round): \(found)")
            scene.gateway = try await TestGateway(in: scene.folder)
            let file = try scene.file
            #expect(file == old || file == new, "\(round): \(file)")
            if said.contains("is on trial") { #expect(file == old, "\(round)") }
            if said.contains("is in use") { #expect(file == new, "\(round)") }
            let history = try await scene.history()
            #expect(history.trial == nil)
            #expect(history.isFileInUse == true)
            old = file
        }
        _ = try await scene.gateway.status { $0.uplinks[0].isUp && $0.devices[0].isAnswering }
        #expect(try scene.folder.contents.contains("cabinet.yaml"))
        try await scene.gateway.stop()
    }

    /// Applies, and cuts the power in the middle of it; what the command has said until then.
    private func cut(_ scene: ConfigScene, _ round: Round) async throws -> String {
        let command = try scene.command(round.words)
        try await command.start()
        _ = try await command.line(containing: "+    interval: ")
        try await Task.sleep(for: .microseconds(Int64(round.delayMicroseconds)))
        if round.takesCommand { await command.signal(SIGKILL) }
        await scene.gateway.process.signal(SIGKILL)
        _ = try await scene.gateway.process.end()
        return try await command.end().output
    }
}
