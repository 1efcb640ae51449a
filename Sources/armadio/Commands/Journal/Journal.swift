import ArgumentParser
import Console
import Journal
import Platform
import Telemetry

/// `armadio journal`: what waits on the card.
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look into this cabinet's journal, or a dead one's.",
        discussion: "Only `rewind` changes something. All work while the gateway runs.",
        subcommands: [
            JournalStat.self, JournalVerify.self, JournalDump.self, JournalExport.self,
            JournalRewindCommand.self,
        ])
}

/// Which journal a command is about.
struct JournalOption: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(
        name: [.customShort("d"), .customLong("directory")],
        help: ArgumentHelp("The journal's folder, if not the configured one.", valueName: "path"))
    var path: String?

    /// The journal's folder.
    func directory() throws -> String {
        try path ?? file.load(PointTable()).journalDirectory
    }

    /// A look into the journal, or the reason why there is none and exit code 1.
    func open(_ points: PointTable = PointTable()) throws -> JournalInspection {
        let directory = try directory()
        let inspection: JournalInspection
        do {
            inspection = try JournalInspection(directory: directory, points: points)
        } catch let error as JournalError {
            complain("\(error)")
            throw Exit.failed
        } catch {
            complain(
                "\(error); name the journal's folder with --directory, and be in the group armadio")
            throw Exit.failed
        }
        guard !inspection.isEmpty else {
            complain("\(directory) holds no journal")
            throw Exit.failed
        }
        return inspection
    }
}

/// A queue, as an option names it.
extension Priority: ExpressibleByArgument {
    public init?(argument: String) {
        guard let priority = Priority.allCases.first(where: { $0.name == argument }) else {
            return nil
        }
        self = priority
    }

    public static var allValueStrings: [String] { allCases.map(\.name) }
}

/// A time as an option writes it: ISO 8601, or how long ago.
struct TimeArgument: ExpressibleByArgument {
    let time: WallTime

    init?(argument: String) {
        if let time = WallTime(argument) {
            self.time = time
            return
        }
        do throws(TextScalarError) {
            let age = try Duration(text: argument)
            time = SystemClock().anchor().wall + (.zero - age)
        } catch {
            return nil
        }
    }
}
