import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `armadio config`: the file brought into use by a running gateway, tried, and taken back.
@Suite struct ConfigCommandTests {
    private static let (still, changing) = (ReloadTests.still, ReloadTests.changing)

    // MARK: Applied

    /// The server of the bus that has not changed has seen one connection in the end.
    @Test func applyRestartsOnlyWhatHasChanged() async throws {
        let folder = try TestFolder()
        let (still, other) = (
            try await startServer("pymodbus-server"), try await startServer("pymodbus-server")
        )
        let broker = try await MosquittoBroker(in: folder)
        let platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": still.port, "drive": other.port],
            devices: Self.still + Self.changing)
        let gateway = try await TestGateway(in: folder)
        _ = try await platform.messages { try has(8, for: "changing/b", in: $0) }
        let path = gateway.configuration
        #expect(
            try await armadio("config", "diff", "-c", path).output == "\(path) is in use\n")
        #expect(try await armadio("set", "changing/b", "holding=80", "-c", path).code == 0)
        let diff = try await armadio("config", "diff", "-c", path)
        #expect(diff.output.hasPrefix("--- in use\n+++ \(path)\n@@ "))
        #expect(diff.output.contains("\n-    {driver: register-map, bus: drive"))
        #expect(diff.output.contains("points: {b: {holding: 80}}}\n"))
        let applied = try await armadio("config", "apply", "-c", path)
        #expect(applied.code == 0)
        #expect(applied.errors == "")
        #expect(applied.output.hasPrefix("version 2 is in use\n"))
        #expect(applied.output.hasSuffix("uplink is up; 2 of 2 devices answer\n"))
        try await gateway.log("unchanged: 1 of the buses")
        _ = try await platform.messages { try has(80, for: "changing/b", in: $0) }
        _ = try await platform.messages { try has(7, for: "still/a", in: $0) }
        #expect(
            try await armadio("config", "diff", "-c", path).output == "\(path) is in use\n")
        try await gateway.stop()
        #expect(try await connections(of: still.process) == 1)
        #expect(try await connections(of: other.process) == 2)
    }

    private func has(_ value: Double, for point: String, in message: Message) throws -> Bool {
        try message.readings.contains {
            $0.name == "\(TestGateway.name)/\(point)" && $0.record.v == value
        }
    }

    private func connections(of server: TestProcess) async throws -> Int {
        let output = try await server.end(SIGTERM).output
        return output.split(separator: "\n").count { $0 == "a client has come" }
    }

    /// A file with problems is not sent: all of them are said, and the gateway goes on.
    @Test func aFileWithProblemsIsNotApplied() async throws {
        let scene = try await ConfigScene()
        let wrong = scene.text.replacing("bus: plc", with: "bus: pcl")
        try scene.folder.write("cabinet.yaml", wrong)
        for verb in ["apply", "check"] {
            let outcome = try await scene.run("config", verb)
            #expect(outcome.code == 2)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("\(scene.path):"))
            #expect(outcome.errors.hasSuffix(": there is no bus `pcl`; did you mean `plc`?\n"))
        }
        #expect(try await scene.history().versions.isEmpty)
        try await scene.gateway.stop()
    }

    /// Another file than the one that the gateway runs by is not what it is asked to use.
    @Test func anotherFileIsNotApplied() async throws {
        let scene = try await ConfigScene()
        let other = try scene.folder.write("other.yaml", scene.text(interval: "7s"))
        let outcome = try await armadio("config", "apply", "-c", other)
        #expect(outcome.code == 1)
        #expect(
            outcome.errors
                == "armadio: nothing was changed: \(scene.path), by which the gateway runs, has "
                + "another text: it was changed meanwhile, or another file is meant\n")
        try await scene.gateway.stop()
    }

    // MARK: Tried

    /// One waits at the terminal, another confirms: both hear of it, and a restart changes nothing.
    @Test func aConfirmedTrialStays() async throws {
        var scene = try await ConfigScene()
        try await scene.set(interval: "200ms")
        let apply = try scene.command(["config", "apply", "--confirm-within", "10m"])
        try await apply.start()
        _ = try await apply.line(containing: "uplink is up; 1 of 1 devices answer; on trial, ")
        let trial = try #require(try await scene.history().trial)
        #expect(trial.number == 2)
        #expect(!trial.isConfirmed)
        #expect((1...600).contains(trial.secondsLeft))
        #expect(
            try await scene.run("config", "history").output.contains(
                "\n2 is on trial: taken back in "))
        // Meanwhile nothing else is tried, and what was written stays written.
        let second = try await scene.run("set", "m1", "interval=300ms", "--apply")
        #expect(second.code == 1)
        #expect(
            second.errors
                == "armadio: nothing was changed: version 2 is on trial: `armadio config confirm` "
                + "keeps it, `armadio config rollback` takes it back\n")
        let confirm = try await scene.run("config", "confirm")
        #expect(confirm.code == 0)
        #expect(confirm.output.hasPrefix("version 2 is in use\n"))
        let outcome = try await apply.end()
        #expect(outcome.code == 0)
        #expect(
            outcome.output.hasPrefix(
                "version 2 is on trial; taken back unless `armadio config confirm` keeps it within "
                    + "10 min\n"))
        #expect(outcome.output.hasSuffix("confirmed: version 2 is in use\n"))
        #expect(try scene.file == scene.text(interval: "300ms"))
        #expect(try await scene.history().isFileInUse == false)
        #expect(try await scene.run("config", "apply").code == 0)
        try await scene.gateway.stop()
        scene.gateway = try await TestGateway(in: scene.folder)
        #expect(try await scene.history().isFileInUse == true)
        #expect(try scene.file == scene.text(interval: "300ms"))
        try await scene.gateway.stop()
    }

    /// Somebody starts a gateway beside the one that tries: it ends, and the trial goes on.
    @Test func aSecondGatewayTakesNothingBack() async throws {
        let scene = try await ConfigScene()
        let trial = try await scene.run(
            "set", "m1", "interval=200ms", "--apply", "--confirm-within", "10m", "--no-wait")
        #expect(trial.code == 0)
        let second = try await scene.run("run")
        #expect(second.code == 1)
        #expect(second.errors.contains("another process has it open"), "\(second.errors)")
        #expect(try scene.file == scene.text(interval: "200ms"))
        #expect(try await scene.run("config", "confirm").code == 0)
        try await scene.gateway.stop()
        let next = try await TestGateway(in: scene.folder)
        #expect(try scene.file == scene.text(interval: "200ms"))
        #expect(try await scene.history().versions.map(\.outcome) == ["used", "confirmed"])
        try await next.stop()
    }

    @Test func whatIsNotConfirmedComesBack() async throws {
        let scene = try await ConfigScene()
        let outcome = try await scene.run(
            "set", "m1", "interval=200ms", "--apply", "--confirm-within", "5s")
        #expect(outcome.code == 1)
        #expect(outcome.errors == "")
        #expect(
            outcome.output.hasSuffix(
                """
                taken back: not confirmed within 5s
                what was in use before is in use again, and in \(scene.path); the text that was \
                tried stays version 2: `armadio config diff 2`

                """))
        #expect(try scene.file == scene.text)
        let diff = try await scene.run("config", "diff", "2")
        #expect(diff.output.contains("\n-    interval: 200ms\n+    interval: 100ms\n"))
        let late = try await scene.run("config", "confirm")
        #expect(late.code == 1)
        #expect(late.errors == "armadio: nothing was changed: no configuration is on trial\n")
        let versions = try await scene.history().versions
        #expect(versions.map(\.outcome) == ["used", "taken back"])
        #expect(versions[1].reason == "not confirmed within 5s")
        try await scene.gateway.stop()
    }

    /// A broker at which nobody listens: by itself the cabinet comes back to the one that it had,
    /// in the file too, and no reading is missing at the platform.
    @Test func aCutUplinkComesBackByItselfAndNothingIsLost() async throws {
        let scene = try await ConfigScene()
        let outcome = try await scene.run(
            "set", "uplink", "broker=mqtt://127.0.0.1:1", "--apply", "--confirm-within", "5s")
        #expect(outcome.code == 1)
        #expect(
            outcome.output.contains(
                "\ntaken back: not confirmed within 5s; uplink is down: "), "\(outcome.output)")
        #expect(outcome.output.contains("nothing listens there"), "\(outcome.output)")
        #expect(try scene.file == scene.text)
        let status = try await scene.gateway.status { $0.uplinks[0].isUp }
        // What happened before, during and after the cut: every reading that was taken arrives. An
        // event may overtake the others.
        var missing = Set(0..<status.journal.readings + 5)
        _ = try await scene.platform.messages { message in
            missing.subtract(try #require(message.sequence))
            return missing.isEmpty
        }
        try await scene.gateway.stop()
    }

    /// Confirmed, but the uplink does not come back: it is taken back all the same.
    @Test func aConfirmedCutComesBackToo() async throws {
        let scene = try await ConfigScene()
        let apply = try scene.command([
            "set", "uplink", "broker=mqtt://127.0.0.1:1", "--apply", "--confirm-within", "20s",
        ])
        try await apply.start()
        _ = try await apply.line(containing: "is on trial")
        let confirm = try await scene.run("config", "confirm")
        #expect(confirm.code == 1)
        #expect(confirm.output.contains("\ntaken back: uplink is down: "), "\(confirm.output)")
        #expect(try await apply.end().code == 1)
        #expect(try scene.file == scene.text)
        _ = try await scene.gateway.status { $0.uplinks[0].isUp }
        try await scene.gateway.stop()
    }

    // MARK: Earlier versions

    @Test func earlierVersionsComeBack() async throws {
        let scene = try await ConfigScene()
        let none = try await scene.run("config", "rollback")
        #expect(none.code == 1)
        #expect(
            none.errors == "armadio: nothing was changed: no other configuration was in use "
                + "before; `armadio config history` lists them\n")
        for interval in ["200ms", "300ms"] {
            #expect(try await scene.run("set", "m1", "interval=\(interval)", "--apply").code == 0)
        }
        let back = try await scene.run("config", "rollback")
        #expect(back.code == 0)
        #expect(back.output.hasPrefix("version 4 is in use\n"))
        #expect(try scene.file == scene.text(interval: "200ms"))
        // What was written and never used is kept.
        try await scene.set(interval: "400ms")
        let first = try await scene.run("config", "rollback", "1")
        #expect(first.code == 0)
        #expect(
            first.output.hasPrefix("version 7 is in use: what stood in the file is version 5\n"))
        #expect(try scene.file == scene.text)
        #expect(
            try await scene.run("config", "diff", "5").output.contains("\n-    interval: 400ms\n"))
        let wrong = try await scene.run("config", "rollback", "99")
        #expect(wrong.code == 1)
        #expect(wrong.errors.contains("there is no version 99"))
        // During a trial it is the trial that ends.
        try await scene.set(interval: "500ms")
        #expect(
            try await scene.run("config", "apply", "--confirm-within", "10m", "--no-wait").code
                == 0)
        let taken = try await scene.run("config", "rollback")
        #expect(taken.code == 0)
        #expect(
            taken.output.hasPrefix("taken back: rolled back by \(try userName()) at the cabinet;"))
        #expect(try scene.file == scene.text)
        try await scene.gateway.stop()
    }

    private func userName() throws -> String {
        String(cString: try #require(getpwuid(geteuid())).pointee.pw_name)
    }

    /// Who, and what became of it; the last 20.
    @Test func historyTellsWhoAndWhatAndForgets() async throws {
        let scene = try await ConfigScene()
        for number in 1...22 {
            let outcome = try await scene.run(
                "set", "m1", "interval=\(number)s", "--apply", "--no-wait")
            #expect(outcome.code == 0)
        }
        let history = try await scene.history()
        #expect(history.versions.map(\.number) == Array(4...23))
        #expect(history.inUse == 23)
        let who = "\(try userName()) at the cabinet"
        #expect(history.versions.allSatisfy { $0.origin == who && $0.outcome == "confirmed" })
        let lines = try await scene.run("config", "history").output.split(separator: "\n")
        #expect(lines.count == 21)
        #expect(lines[0].hasPrefix("NUMBER"))
        #expect(lines[20].contains("in use"))
        try await scene.gateway.stop()
    }

    /// The kernel says who it was, not the command.
    @Test(.enabled(if: geteuid() == 0, "only root becomes somebody else"))
    func anotherUserIsNamed() async throws {
        let scene = try await ConfigScene()
        try await scene.set(interval: "200ms")
        try await scene.folder.run("chmod 750 .; chmod 640 cabinet.yaml")
        let program = [
            "setpriv", "--reuid=daemon", "--regid=root", "--clear-groups", "env", "USER=root",
            try TestProcess.armadio,
        ]
        let outcome = try await TestProcess(program + ["config", "apply", "-c", scene.path]).run()
        #expect(outcome.code == 0, "\(outcome)")
        let version = try #require(try await scene.history().versions.last)
        #expect(version.origin == "daemon at the cabinet")
        // He may not write the file, and so cannot change the configuration.
        let refused = try await TestProcess(
            program + ["set", "m1", "interval=300ms", "-c", scene.path]
        ).run()
        #expect(refused.code == 1)
        #expect(refused.errors.contains("belongs to another user"))
        #expect(try scene.file == scene.text(interval: "200ms"))
        try await scene.gateway.stop()
    }

    // MARK: At a terminal

    @Test(arguments: ["yes", "no"]) func anAnswerEndsTheTrial(_ answer: String) async throws {
        let scene = try await ConfigScene()
        try await scene.set(interval: "200ms")
        let terminal = try scene.terminal("config", "apply", "--confirm-within", "10m")
        var seen = try await terminal.output {
            $0.contains("on trial, ") && $0.hasSuffix("left\r\n")
        }
        try await terminal.type("perhaps")
        seen = try await terminal.output(since: seen) {
            $0.contains("`perhaps`? type `yes` to keep it, `no` to take it back now\r\n")
        }
        try await terminal.type(answer)
        let end = answer == "yes" ? "confirmed: version 2 is in use" : "taken back: rolled back by"
        try await terminal.output(since: seen) { $0.contains(end) }
        #expect(await terminal.end() == (answer == "yes" ? 0 : 1))
        #expect(try scene.file == scene.text(interval: answer == "yes" ? "200ms" : "100ms"))
        #expect(try await scene.history().trial == nil)
        #expect(try await scene.history().isFileInUse == true)
        try await scene.gateway.stop()
    }

    @Test func ctrlCLeavesTheTrialRunning() async throws {
        let scene = try await ConfigScene()
        try await scene.set(interval: "200ms")
        let terminal = try scene.terminal("config", "apply", "--confirm-within", "10m")
        let seen = try await terminal.output {
            $0.contains("on trial, ") && $0.hasSuffix("left\r\n")
        }
        try await terminal.press("\u{3}")
        try await terminal.output(since: seen) {
            $0.contains("the trial goes on: in ")
                && $0.contains("it is taken back unless `armadio config confirm` keeps it")
        }
        #expect(await terminal.end() == 130)
        #expect(await terminal.isCooked)
        #expect(try await scene.history().trial?.number == 2)
        #expect(try scene.file == scene.text(interval: "200ms"))
        #expect(try await scene.run("config", "confirm").code == 0)
        try await scene.gateway.stop()
    }

    // MARK: For programs

    private struct End: Decodable {
        var outcome: String?
        var state: String?
        var reason: String
        var number: Int?
    }

    @Test func answersAreJSONToo() async throws {
        let scene = try await ConfigScene()
        try await scene.set(interval: "200ms")
        let applied = try await scene.run("config", "apply", "--json")
        let end = try decode(End.self, from: applied.output)
        #expect(end.outcome == "in use")
        #expect(end.number == 2)
        try await scene.set(interval: "300ms")
        let trial = try await scene.run(
            "config", "apply", "--json", "--no-wait", "--confirm-within", "10m")
        #expect(try decode(End.self, from: trial.output).state == "applied")
        let again = try await scene.run("config", "apply", "--json")
        #expect(again.code == 1)
        #expect(try decode(End.self, from: again.output).state == "refused")
        #expect(try await scene.run("config", "confirm").code == 0)
        try await scene.gateway.stop()
    }

    @Test(arguments: ["apply", "confirm", "rollback", "diff"])
    func withoutAGatewayItSaysSo(_ verb: String) async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let path = folder.path("cabinet.yaml")
        let outcome = try await armadio("config", verb, "-c", path)
        #expect(outcome.code == 3)
        #expect(outcome.output == "")
        let socket = folder.path("control.sock")
        var expected =
            "armadio: no gateway answers on \(socket) (No such file or directory); start it with "
            + "`armadio run`\n"
        if verb == "apply" {
            expected += "armadio: \(path) is in use when one starts\n"
        }
        #expect(outcome.errors == expected)
        #expect(try folder.contents == ["cabinet.yaml"])
    }

    /// The history lies beside the file.
    @Test func historyIsReadWithoutAGateway() async throws {
        let scene = try await ConfigScene()
        #expect(try await scene.run("set", "m1", "interval=1s", "--apply").code == 0)
        try await scene.gateway.stop()
        let outcome = try await scene.run("config", "history")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("\(try userName()) at the cabinet"))
        #expect(outcome.output.contains("confirmed"))
    }
}
