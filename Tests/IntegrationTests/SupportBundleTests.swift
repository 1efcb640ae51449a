import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A bundle of a cabinet full of secrets, unpacked by the real tar.
@Suite struct SupportBundleTests {
    private static let secrets = [
        "Planted-Password-1", "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "planted-url-2",
        "planted-environment-3", "planted-argument-4", "planted-comment-5", "MHcCAQEEPlantedKey6",
        "planted-profile-7",
    ]

    private struct Summary: Decodable {
        var bytes: Int
        var files: [String]
        var cut: [String]
        var missing: [String]
        var secretsRemoved: Int
        var secretsUnknown: [String]
    }

    /// A cabinet with secrets in all places, and a journalctl whose log has them too.
    private func cabinet(_ extra: String = "") async throws -> TestFolder {
        let folder = try TestFolder()
        try folder.write("mqtt", Self.secrets[0] + "\n")
        try folder.write("psk", Self.secrets[1] + "\n")
        try folder.write(
            "key.pem",
            "-----BEGIN EC PRIVATE KEY-----\n\(Self.secrets[6])\n-----END EC PRIVATE KEY-----\n")
        try folder.write(
            "profiles/own.yaml",
            "profile: own\ntitle: mqtt://me:\(Self.secrets[7])@host\npoints: {a: {coil: 0}}\n")
        try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042   # the password was \(Self.secrets[5])
            uplink:
              broker: mqtts://127.0.0.1:1
              username: cabinet
              password: {file: \(folder.path)/mqtt}
              tls: {key: \(folder.path)/key.pem, psk: {identity: c, key: {file: \(folder.path)/psk}}}
            journal: {path: \(folder.path)/journal}
            control: {socket: \(folder.path)/control.sock}
            devices:
              meter: {profile: own, bus: plc, unit-id: 1}
              program:
                driver: exec
                command: [prog, --token, \(Self.secrets[4]), "http://me:\(Self.secrets[2])@host/"]
                environment: {API: \(Self.secrets[3])}
            \(extra)
            """)
        let lines = Self.secrets.map { "echo 'armadio[7]: refused: \($0)'" }
        try await program("journalctl", lines.joined(separator: "\n"), in: folder)
        return folder
    }

    /// A program of the system's, played by a script. Another process writes it: a child that a test
    /// beside this one starts meanwhile would have it open too, and it could not be run (ETXTBSY).
    private func program(_ name: String, _ script: String, in folder: TestFolder) async throws {
        try folder.write("bin/\(name).text", "#!/bin/sh\n\(script)\n")
        try await folder.run("install -m 755 bin/\(name).text bin/\(name)")
    }

    private func bundle(_ folder: TestFolder) async throws -> TestProcess.Outcome {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return try await TestProcess([
            "env", "PATH=\(folder.path)/bin:\(path)", try TestProcess.armadio, "support-bundle",
            "-c", folder.path("cabinet.yaml"), "--profiles", folder.path("profiles"),
            "-o", folder.path("bundle.tar.gz"), "--json",
        ]).run()
    }

    /// All that is in the bundle, names and contents, as one text.
    private func unpacked(_ folder: TestFolder) async throws -> String {
        let archive = folder.path("bundle.tar.gz")
        let list = try await TestProcess(["tar", "-tvzf", archive]).run()
        #expect(list.code == 0 && list.errors == "")
        let all = try await TestProcess(["tar", "-xzOf", archive]).run()
        #expect(all.code == 0 && all.errors == "")
        return list.output + all.output
    }

    @Test func noPlantedSecretIsInTheBundle() async throws {
        let folder = try await cabinet()
        let outcome = try await bundle(folder)
        #expect(outcome.code == 0 && outcome.errors == "")
        let summary = try decode(Summary.self, from: outcome.output)
        #expect(summary.secretsRemoved >= Self.secrets.count && summary.secretsUnknown.isEmpty)
        let text = try await unpacked(folder)
        for secret in Self.secrets { #expect(!text.contains(secret), "\(secret)") }
        for part in [
            "gateway: cabinet-0042", "username: cabinet", "armadio-support/profiles/own.yaml",
            "armadio-support/log/service", "refused: REMOVED", "armadio-support/system/os-release",
            "gateway/status.json: no gateway answers",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test func aConfigurationThatIsNoYAMLGivesItsSecretsUpNeither() async throws {
        let folder = try await cabinet("  oops: [")
        let outcome = try await bundle(folder)
        #expect(outcome.code == 0)
        let text = try await unpacked(folder)
        #expect(text.contains("armadio-support/configuration/problems.txt"))
        // The profile that it uses is not known, and so not in it.
        for secret in Self.secrets.dropLast() { #expect(!text.contains(secret), "\(secret)") }
    }

    @Test func aRunningGatewayIsInIt() async throws {
        let folder = try TestFolder()
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(to: folder, broker: broker.port)
        let gateway = try await TestGateway(in: folder)
        let archive = folder.path("bundle.tar.gz")
        let outcome = try await armadio(
            "support-bundle", "-c", gateway.configuration, "-o", archive)
        #expect(outcome.code == 0 && outcome.output.contains("bundle.tar.gz: "))
        let text = try await unpacked(folder)
        #expect(text.contains(#""gateway" : "cabinet-0042""#))
        var status = stat()
        #expect(stat(archive, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(access(archive + ".new", F_OK) != 0)
    }

    @Test func hugeLogsAreCutAndTheBundleKeepsWithinItsSize() async throws {
        let folder = try await cabinet()
        for name in ["journalctl", "dmesg", "lsusb"] {
            try await program(name, "head -c 3000000 /dev/urandom | base64", in: folder)
        }
        let summary = try decode(Summary.self, from: try await bundle(folder).output)
        #expect(summary.bytes <= 5 << 20 && summary.files.contains("log/service"))
        #expect(summary.cut.sorted() == ["log/kernel", "log/service", "system/usb"])
        var status = stat()
        #expect(stat(folder.path("bundle.tar.gz"), &status) == 0)
        #expect(Int(status.st_size) == summary.bytes)
    }

    @Test func aSecretThatCannotBeReadIsSaid() async throws {
        let folder = try await cabinet()
        #expect(unlink(folder.path("psk")) == 0)
        let summary = try decode(Summary.self, from: try await bundle(folder).output)
        #expect(summary.secretsUnknown == [folder.path("psk")])
    }

    @Test func aFileThatCannotBeWrittenIsSaid() async throws {
        let folder = try await cabinet()
        let outcome = try await armadio(
            "support-bundle", "-c", folder.path("cabinet.yaml"), "-o",
            folder.path("no/such/bundle.tar.gz"))
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("name another file with --output"))
    }
}
