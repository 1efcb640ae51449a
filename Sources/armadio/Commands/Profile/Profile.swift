import ArgumentParser

/// `armadio profile`: which devices are known?
struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show, begin and check device profiles.",
        discussion: """
            A profile lists a device's registers, so that the configuration need not: \
            `meter-1: {profile: eastron-sdm630, bus: rs485-1, unit-id: 3}`.
            """,
        subcommands: [ProfileList.self, ProfileShow.self, ProfileNew.self, ProfileCheck.self])
}
