import Boards
import Settings
import TestSupport
import Testing

/// The udev rules: well-formed, never open to all, and of one mind with the boards.
@Suite struct UdevTests {
    private static let path = TestProcess.packageFolder + "/udev/60-armadio.rules"

    private func text() throws -> String { try #require(SettingsFile.text(path: Self.path)) }

    @Test func areWellFormed() throws {
        #expect(try UdevRules(text()).rules.count > 15)
    }

    /// The check sees what it is there for.
    @Test(arguments: [
        (#"KERNEL=="a" GROUP:="b""#, #"line 1: ` GROUP:="b"` follows without `, `"#),
        (#"KERNEL="a", GROUP:="b""#, "line 1: `KERNEL` with `=`"),
        (#"# x"# + "\n" + #"GROPU:="b""#, "line 2: `GROPU` with `:=`"),
        (#"ATTRS=="b", MODE="0660""#, "line 1: `ATTRS` and its attribute"),
        (#"KERNEL=="a", MODE="0660"#, #"line 1: `MODE="0660` is no term"#),
        (#"LABEL="x""# + "\n" + #"GOTO="x""#, "line 2: `x` is no label below"),
    ]) func aMistakeIsSeen(text: String, mistake: String) {
        #expect {
            try UdevRules(text)
        } throws: {
            "\($0)" == mistake
        }
    }

    /// Who may open what is said in one place, finally, and is never everybody.
    @Test func nothingIsOpenToAll() throws {
        let rules = try UdevRules(text()).rules.map(\.terms)
        for rule in rules where rule.contains(where: { ["GROUP", "MODE"].contains($0.key) }) {
            #expect(rule.contains(.init(key: "GROUP", sign: ":=", value: "armadio")))
            #expect(rule.contains(.init(key: "MODE", sign: ":=", value: "0660")))
        }
        for subsystem in ["gpio", "i2c-dev", "watchdog"] {
            let match = UdevRules.Term(key: "SUBSYSTEM", sign: "==", value: subsystem)
            #expect(rules.contains { $0.contains(match) && $0.contains { $0.key == "GROUP" } })
        }
    }

    /// The rules give a name to each port that a board has, and to no other.
    @Test func portsAreThoseOfTheBoards() throws {
        let links = try UdevRules(text()).rules.flatMap(\.terms).filter { $0.key == "SYMLINK" }
        let named = links.map(\.value).filter { !$0.hasPrefix("armadio/usb-") }
        let ports = try BoardTests.names.flatMap { try BoardTests.board($0).serial.entries }
        // BeagleBone's port is named by the kernel's number.
        let kinds = Set(ports.map { "armadio/" + $0.name }).map { name in
            named.contains(name) ? name : name.replacing(/[0-9]+$/, with: "%n")
        }
        #expect(Set(kinds) == Set(named))
    }

    /// Runs `udevadm test` on a device that every machine has, with these rules and this device
    /// tree, in mounts of its own: the machine's /dev and /run stay as they are.
    private func udevadm(_ rules: String, compatible: String = "") async throws -> String {
        let folder = try TestFolder()
        try folder.write("compatible", compatible)
        let tree = "/sys/firmware/devicetree/base/compatible"
        try folder.write(
            "rules/60-armadio.rules", rules.replacing(tree, with: folder.path("compatible")))
        try folder.write("group", "root:x:0:\narmadio:x:0:\n")
        let script = """
            set -e
            cd '\(folder.path)'
            touch null
            mkdir -p /etc/udev/rules.d
            mount --bind rules /etc/udev/rules.d
            mount --bind group /etc/group
            mount --bind /dev/null null
            mount -t tmpfs none /run
            mount -t tmpfs none /dev
            touch /dev/null
            mount --bind null /dev/null
            udevadm test /sys/class/tty/tty
            """
        let process = TestProcess(["unshare", "--map-root-user", "--mount", "sh", "-c", script])
        let outcome = try await process.run()
        try #require(outcome.code == 0, "\(outcome)")
        return outcome.output + outcome.errors
    }

    /// systemd-udevd's own reader has nothing to say about the rules, and has about wrong ones.
    @Test func udevTakesThem() async throws {
        let said = try await udevadm(text())
        #expect(said.contains("/60-armadio.rules\n"))
        #expect(!said.contains("60-armadio.rules:"), "\(said)")
        let wrong = try await udevadm("KERNEL==\"tty\", GROPU:=\"armadio\"\n")
        #expect(wrong.contains("60-armadio.rules:1"))
    }

    /// The rule of a port at work, on a terminal in place of the UART.
    @Test(arguments: [
        ("ti,am335x-bone-black\0ti,am33xx\0", true), ("ti,am335x-bone\0ti,am33xx\0", false),
    ]) func aPortGetsItsName(compatible: String, isThere: Bool) async throws {
        let rules = try text().replacing("ttyS1|ttyS4", with: "tty")
        #expect(try rules != text())
        let said = try await udevadm(rules, compatible: compatible)
        #expect(said.contains("DEVLINKS=/dev/armadio/serial-") == isThere, "\(said)")
    }
}
