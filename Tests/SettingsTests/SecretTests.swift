import Glibc
import Settings
import Testing

@Suite struct SecretTests {
    /// Calls `body` with a file of this content and mode in a folder of its own.
    private func withFile(
        _ content: String, mode: mode_t = 0o600, _ body: (String) throws -> Void
    ) throws {
        var template = Array("/tmp/armadio-secret-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        let path = folder + "/secret"
        defer {
            unlink(path)
            rmdir(folder)
        }
        let file = try #require(fopen(path, "w"))
        fputs(content, file)
        fclose(file)
        chmod(path, mode)
        try body(path)
    }

    private func problem(_ source: SecretSource) -> String {
        do {
            return "no problem, \(try source.read().count) bytes"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [("s3cret \n", "s3cret "), ("s3cret\r\n", "s3cret"), ("a\n\n", "a\n")])
    func lineBreakAtTheEndIsNotPartOfIt(_ content: String, _ secret: String) throws {
        try withFile(content) { path in
            let bytes = try SecretSource.file(path: path).read()
            #expect(bytes == Array(secret.utf8))
        }
    }

    @Test func fileThatEverybodyMayReadIsRefused() throws {
        try withFile("s3cret", mode: 0o644) { path in
            #expect(
                problem(.file(path: path))
                    == "file \(path) may be read by every user; chmod o-rwx \(path)")
        }
        try withFile("s3cret", mode: 0o640) { path in
            #expect(problem(.file(path: path)) == "no problem, 6 bytes")
        }
    }

    @Test func missingEmptyLargeAndOddFilesAreRefused() throws {
        #expect(
            problem(.file(path: "/nowhere/secret"))
                == "file /nowhere/secret does not exist; check the name")
        #expect(problem(.file(path: "/tmp")) == "file /tmp is not a file; name a file")
        #expect(problem(.file(path: "/dev/zero")) == "file /dev/zero is not a file; name a file")
        try withFile("\n") { path in
            #expect(
                problem(.file(path: path)) == "file \(path) is empty; write the secret into it")
        }
        try withFile(String(repeating: "x", count: SecretSource.limitBytes + 1)) { path in
            #expect(problem(.file(path: path)).contains("has more than 64 KiB"))
        }
    }

    @Test func credentialWithoutSystemdSaysWhatToDo() {
        #expect(
            problem(.credential(name: "mqtt-password"))
                == "credential mqtt-password is not there: systemd has passed no credentials; "
                + "add LoadCredential=mqtt-password:FILE to the service, or use {file: ...}")
    }

    @Test func secretWrittenOutIsNotRepeated() {
        let text = "gateway: g\nuplink:\n  broker: mqtt://joe:hunter2@b\n  password: hunter2\n"
        let problems = SettingsFile(text: text, name: "f")
        _ = problems.read()
        #expect(problems.problems.count == 2)
        #expect(problems.problems.allSatisfy { !$0.description.contains("hunter2") })
    }

    @Test func unreadableConfigurationIsAProblemWithItsName() {
        let file = SettingsFile(path: "/nowhere/cabinet.yaml")
        #expect(
            file.problems.map(\.description) == [
                "/nowhere/cabinet.yaml:1:1: the file does not exist; check the name"
            ])
    }
}
