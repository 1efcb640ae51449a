import ArgumentParser
import Console
import Gateway

/// `armadio profile show`
struct ProfileShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a device profile as its file has it.",
        discussion: """
            What is printed can be saved, changed and put into /etc/armadio/profiles: a file \
            there comes before the profile of its name that the program brings along.

            Examples:
              armadio profile show eastron-sdm630
              armadio profile show eastron-sdm630 > eastron-sdm630.yaml
            """)

    @Argument(help: ArgumentHelp("The profile.", valueName: "name"), completion: Offer.profiles)
    var name: String
    @OptionGroup var profiles: ProfilesOption

    func run() throws {
        let library = profiles.library
        // `find` knows what to say about a name; a profile with problems is shown all the same.
        if case .unknown(let mend) = library.find(name) {
            complain("there is no profile `\(name)`; \(mend)")
            throw Exit.failed
        }
        guard let text = library.text(of: name) else {
            complain("the file of profile `\(name)` cannot be read as a text")
            throw Exit.failed
        }
        write(text)
    }
}
