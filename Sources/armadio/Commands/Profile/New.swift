import ArgumentParser
import Console
import Drivers
import Gateway
import Settings

/// `armadio profile new`
struct ProfileNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Print a device profile to begin with.",
        discussion: """
            Prints a profile that passes `armadio profile check`, with every key explained, for \
            you to fill in from the device's manual. Saves nothing.

            Examples:
              armadio profile new acme-pump-7
              armadio profile new acme-pump-7 > acme-pump-7.yaml
            """)

    @Argument(help: ArgumentHelp("What the profile is to be called.", valueName: "name"))
    var name: String

    func validate() throws {
        guard SettingsFile.isName(name) else {
            throw ValidationError(
                "a profile's name is 1 to 64 of A-Z a-z 0-9 - : . _ and begins with a letter or "
                    + "digit, such as acme-pump-7")
        }
    }

    func run() throws {
        // A file of one's own is no obstacle: the shell may just have made it, for the output.
        if ShippedProfiles.bytes(of: name) != nil {
            complain("there is a profile `\(name)` already; `armadio profile show \(name)`")
            throw Exit.failed
        }
        write(Self.template(name))
    }

    private static func template(_ name: String) -> String {
        """
        # A device profile. Save it as \(name).yaml in \(ProfileLibrary.usualFolder),
        # then `armadio profile check` it.
        profile: \(name)
        title: what the device is
        maker: who makes it
        models: []
        # Where the registers are documented.
        source: "document, revision, section"
        # How the device's port is set when it leaves the factory.
        serial: {baud: 9600, parity: none}
        # The most registers the device gives in one answer, 1 to 125.
        max-registers: 125
        # Registers that tell the device from others; a scan looks at them.
        # identify: [{holding: 0x000B, equals: 340}, {input: 0, one-of: [1, 2]}]
        # Each point: holding, input, coil or discrete with its address as sent on the wire,
        # counted from 0. interval: fast (1 s), normal (10 s), slow (1 m), once (1 h), or such as 5s.
        points:
          voltage: {input: 0x0000, type: float32, unit: V, interval: normal}
          power: {holding: 10, type: int32, order: CDAB, scale: 0.1, unit: W, interval: fast}
          alarm: {discrete: 3, states: {0: none, 1: alarm}, interval: fast, urgent: true}
          # relay: {coil: 0, writable: true}

        """
    }
}
