import ArgumentParser
import Console
import Glibc
import Platform

/// `armadio man`: for packages; people read the pages.
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Write the man pages, one for each command.",
        discussion: """
            The pages are made from the definitions of the commands. A package puts them into \
            /usr/share/man/man1.

            Example: armadio man --output man1
            """,
        shouldDisplay: false)

    @Option(
        help: ArgumentHelp("Where the pages are put; made if need be.", valueName: "folder"),
        completion: .directory)
    var output: String

    func run() throws {
        let root = CommandTree()
        guard mkdir(output, 0o755) == 0 || errno == EEXIST else {
            complain("\(SystemError("mkdir", output))")
            throw Exit.failed
        }
        let pages = root.all.map { ManualPage(command: $0, root: root) }
        do throws(SystemError) {
            for page in pages {
                try replaceSmallFile(
                    output + "/" + page.file, with: Array(page.source.utf8), mode: 0o644)
            }
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        say("\(output): \(pages.count) pages")
    }
}
