import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `armadio demo` before a person's eyes.
@Suite struct DemoTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private func startDemo() throws -> TestTerminal {
        try TestTerminal(["env", "TMPDIR=\(folder.path)", try TestProcess.armadio, "demo"])
    }

    /// Waits for a screen that is there to its last line, and fits.
    @discardableResult
    private func screen(
        of demo: TestTerminal, where fits: @Sendable (String) -> Bool
    ) async throws -> String {
        try await demo.screen { $0.contains("q: end") && fits($0) }
    }

    /// The number before a word on the screen's line that begins with a heading.
    private func number(
        before word: String, in line: String, of screen: String
    ) -> Int? {
        let line = screen.split(whereSeparator: \.isNewline).first { $0.hasPrefix(line) }
        let head = line?.split(separator: " " + word).first
        return head?.split(separator: " ").last.flatMap { Int($0) }
    }

    /// The processes of a session, with their command lines.
    private func processes(of session: pid_t) throws -> [(pid: pid_t, command: String)] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid in
            guard let number = pid_t(pid),
                let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let command = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline"))
            else { return nil }
            // State, parent, group, session (proc(5)).
            let fields = stat.split(separator: ") ").last?.split(separator: " ") ?? []
            guard fields.count > 3, fields[0] != "Z", fields[3] == "\(session)" else { return nil }
            return (number, String(decoding: command, as: UTF8.self).replacing("\0", with: " "))
        }
    }

    /// The broker away: the journal fills and the platform gets nothing. The broker back: the
    /// journal drains, and nothing is missing. What was on its way when the broker went may come
    /// again.
    @Test func keyStopsTheBrokerAndNothingIsMissingInTheEnd() async throws {
        let demo = try startDemo()
        let shown = try await screen(of: demo) {
            $0.contains("broker    running") && $0.contains("gateway   link up")
                && $0.contains("demo/meter-3/energy: ")
        }
        #expect(shown.contains(/demo\/meter-1\/voltage-l1: 2[0-9][0-9]\.[0-9][0-9] V/))
        #expect(shown.contains("b: stop the broker   q: end"))
        let session = await demo.session
        let running = try processes(of: session)
        for part in [
            "armadio demo", "simulate modbus", "mosquitto -c", "mosquitto_sub", "run --config",
        ] {
            #expect(running.contains { $0.command.contains(part) }, "\(part) does not run")
        }
        try await demo.press("b")
        let full = try await screen(of: demo) {
            $0.contains("broker    STOPPED") && $0.contains("link down")
                && number(before: "on disk", in: "gateway", of: $0) ?? 0 > 0
        }
        #expect(full.contains("b: start the broker   q: end"))
        let received = try #require(number(before: "readings", in: "platform", of: full))
        try await demo.press("b")
        try await screen(of: demo) {
            $0.contains("broker    running") && $0.contains("gateway   link up")
                && $0.contains("journal: 0 in memory, 0 on disk")
                && number(before: "readings", in: "platform", of: $0) ?? 0 > received
                && $0.contains(", 0 missing, ")
        }
        try await demo.press("q")
        #expect(await demo.end() == 0)
        #expect(
            await demo.text.contains(
                /The platform has [0-9]+ readings in [0-9]+ messages, 0 missing, [0-9]+ repeated\./)
        )
        #expect(await demo.isCooked)
        #expect(try processes(of: session).isEmpty)
        #expect(try folder.contents == [])
    }

    /// How a person may leave without pressing q.
    enum Leaving: CaseIterable {
        case controlC, closedWindow
    }

    @Test(arguments: Leaving.allCases)
    func nothingIsLeftHoweverItIsLeft(_ leaving: Leaving) async throws {
        let demo = try startDemo()
        try await screen(of: demo) { $0.contains("gateway   link up") }
        let session = await demo.session
        switch leaving {
        case .controlC: try await demo.press("\u{3}")
        case .closedWindow: await demo.hangUp()
        }
        #expect(await demo.end() == 0)
        #expect(try processes(of: session).isEmpty)
        #expect(try folder.contents == [])
    }

    @Test func saysWhichPartHasEnded() async throws {
        let demo = try startDemo()
        try await screen(of: demo) { $0.contains("gateway   link up") }
        let session = await demo.session
        let broker = try #require(
            try processes(of: session).first { $0.command.contains("mosquitto -c") })
        kill(broker.pid, SIGKILL)
        #expect(await demo.end() == 1)
        #expect(await demo.text.contains("armadio: the demo's broker has ended"))
        #expect(await demo.isCooked)
        #expect(try processes(of: session).isEmpty)
        #expect(try folder.contents == [])
    }

    @Test func saysWhatToInstall() async throws {
        let demo = TestProcess([
            "env", "PATH=/nowhere", "TMPDIR=\(folder.path)", try TestProcess.armadio, "demo",
        ])
        let outcome = try await demo.run()
        #expect(outcome.code == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors == "armadio: the demo needs mosquitto: sudo apt-get install mosquitto "
                + "mosquitto-clients\n")
        #expect(try folder.contents == [])
    }
}
