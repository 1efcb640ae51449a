import ArgumentParser

/// `armadio profile`: what is known of devices.
struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show, begin, check and import device profiles.",
        discussion: """
            A profile lists a device's registers, so that the configuration need not: \
            `meter-1: {profile: eastron-sdm630, bus: rs485-1, unit-id: 3}`.
            """,
        subcommands: [
            ProfileList.self, ProfileShow.self, ProfileNew.self, ProfileCheck.self,
            ProfileImport.self,
        ])
}
