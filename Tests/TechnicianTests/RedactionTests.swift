import Settings
import Testing

@testable import Technician

/// Secrets do not get out.
@Suite struct RedactionTests {
    private func clean(_ text: String, knowing secrets: String...) -> String {
        var redactor = Redactor()
        for secret in secrets { redactor.add(Array(secret.utf8)) }
        return String(decoding: redactor.clean(Array(text.utf8)), as: UTF8.self)
    }

    @Test(arguments: [
        "refused: hunter2-lake", "HUNTER2-LAKE", #"{"p":"hunter2-lake"}"#, "xhunter2-lakex",
        "68756e746572322d6c616b65", "Basic YWRtaW46aHVudGVyMi1sYWtl", "aHVudGVyMi1sYWtl",
    ])
    func aKnownSecretIsRemovedInEveryForm(_ text: String) {
        let clean = clean(text, knowing: "hunter2-lake\n")
        #expect(clean.contains(Redactor.mark))
        for form in ["hunter2", "HUNTER2", "68756e", "VudGVyMi1sYW"] {
            #expect(!clean.contains(form), "\(clean)")
        }
    }

    @Test func aSecretWithOddCharactersIsRemovedFromJSONAndURLs() {
        let secret = #"p/a"s\s wörd"#
        #expect(clean(#"{"a":"p/a\"s\\s wörd"}"#, knowing: secret) == #"{"a":"REMOVED"}"#)
        #expect(clean(#"a=p%2Fa%22s%5Cs%20w%C3%B6rd&b"#, knowing: secret) == "a=REMOVED&b")
    }

    @Test func aShortSecretIsRemovedAsAWordAndTheTextStaysAText() {
        #expect(clean("abc: abcdef abc", knowing: "abc") == "REMOVED: abcdef REMOVED")
        #expect(clean("a b c", knowing: "a") == "a b c")
    }

    @Test(arguments: [
        ("password=hunter2", "password=REMOVED"),
        ("mqtt_password: 'hunter2', x", "mqtt_password: 'REMOVED', x"),
        (#"{"token" : "hunter2"}"#, #"{"token" : "REMOVED"}"#),
        ("prog --api-key hunter2 -v", "prog --api-key REMOVED -v"),
        ("[prog, --token, hunter2]", "[prog, --token, REMOVED]"),
        ("Authorization: Bearer hunter2", "Authorization: REMOVED"),
        ("mqtt://me:hunter2@host:1883/x", "mqtt://REMOVED@host:1883/x"),
        ("mqtt://me:hun@ter2@host", "mqtt://REMOVED@host"),
    ])
    func whatLooksLikeASecretIsRemoved(_ text: String, _ expected: String) {
        #expect(clean(text) == expected)
    }

    @Test(arguments: [
        "file /etc/armadio/secrets/mqtt may be read by every user", "the password is wrong",
        "password: {file: /etc/armadio/secrets/mqtt}", "mqtt://host:1883",
        "tls: {psk: {identity: a",
        "user@host", "# the key of the door",
    ])
    func whatIsNoSecretStays(_ text: String) {
        #expect(clean(text) == text)
    }

    @Test func aPrivateKeyIsRemovedWhereverItStands() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabcd\n-----END EC PRIVATE KEY-----"
        #expect(clean("a \(key)\nb") == "a REMOVED\nb")
        #expect(clean("a \(key.replacing("\n", with: "\\n")) c\nb") == "a REMOVED\nb")
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
        #expect(clean(certificate, knowing: key) == certificate)
        // A line of the key alone, as a log may have it.
        #expect(clean("x MHcCAQEEabcdefgh y", knowing: "MHcCAQEEabcdefgh") == "x REMOVED y")
    }

    private func configuration(_ text: String) -> (clean: String, secrets: ConfigurationSecrets) {
        let secrets = ConfigurationSecrets(SettingsFile(text: text, name: "cabinet.yaml"))
        return (secrets.clean(text), secrets)
    }

    @Test func secretsOfTheConfigurationAreFoundByTheirPath() {
        let (clean, secrets) = configuration(
            """
            gateway: a   # old password was hunter1
            uplink:
              password: "hunter2"
              tls: {key: /nowhere/key.pem, psk: {identity: me, key: {file: /etc/psk}}}
            x-anchor: &a hunter3
            devices:
              a:
                command: [prog]
                environment: {A: hunter4, B: "hunter5"}
                token: *a
                points: {key: {coil: 0}}
              b: {password: {credential: mqtt}}
            """)
        for number in 1...5 { #expect(!clean.contains("hunter\(number)")) }
        #expect(secrets.values.contains("hunter3"))
        #expect(secrets.files == ["/etc/psk"] && secrets.credentials == ["mqtt"])
        #expect(clean.contains("identity: me") && clean.contains("{file: /etc/psk}"))
        #expect(clean.contains("points: {key: {coil: 0}}") && clean.contains("gateway: a"))
    }

    @Test func aConfigurationThatIsNoYAMLLosesItsSecretsToo() {
        let clean = BrokenConfiguration.clean(
            """
            gateway: a
            uplink: [
              password:
                hunter1
              username: me
              key: hunter2
              tls: {password: hunter3, x
                environment:
                  A: hunter4
              broker: x
            """)
        #expect(!clean.contains("hunter"))
        #expect(clean.contains("gateway: a") && clean.contains("username: me"))
        #expect(clean.contains("broker: x"))
    }
}
