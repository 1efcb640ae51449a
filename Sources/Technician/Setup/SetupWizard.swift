import Boards
import Console
import Gateway
import Settings
import Telemetry

/// Why the wizard ended without a working configuration.
public enum SetupFailure: Error, Sendable {
    /// An answer of a file is missing or not possible.
    case answers(String)
    /// What was to be configured does not work, or could not be written.
    case failed(String)
    /// It was left; what is written, in words.
    case left(String)
}

/// The wizard that ends in a working cabinet. Runs on a thread of its own: questions block.
public final class SetupWizard {
    /// The steps, in their order.
    enum Step: Int, CaseIterable {
        case board, site, buses, devices, lines, uplink, write, prove

        var title: String {
            switch self {
            case .board: "The board"
            case .site: "The gateway's name"
            case .buses: "The buses"
            case .devices: "The devices"
            case .lines: "GPIO lines"
            case .uplink: "The uplink"
            case .write: "The configuration"
            case .prove: "The proof"
            }
        }
    }

    let interview: Interview
    let environment: SetupEnvironment
    var paths: SetupPaths
    let replaces: Bool
    /// How long a gateway that runs tries the new configuration before it is taken back.
    let confirmWithin: Duration
    var draft = SetupDraft()
    /// The board's profile, once it is known.
    var board: Board?
    /// Where devices are looked for, and how.
    var places: [SetupPlace] = []
    /// Whether the file is written: from then on there is no way back.
    var isWritten = false

    /// A wizard.
    ///
    /// - Parameters:
    ///   - replaces: Whether a configuration that is there may be replaced.
    ///   - confirmWithin: How long a gateway that runs tries the new configuration.
    public init(
        _ environment: SetupEnvironment, answers: any Answering, paths: SetupPaths,
        replaces: Bool = false, confirmWithin: Duration = DeliveryProof.patience
    ) {
        (self.environment, self.paths, self.replaces) = (environment, paths, replaces)
        self.confirmWithin = confirmWithin
        interview = Interview(answers)
    }

    /// What was answered, as a file of answers without secrets.
    public var answersFile: String { interview.file }

    /// Does all steps.
    public func run() async throws(SetupFailure) {
        try refuseToOverwrite()
        if interview.source.isPerson {
            interview.show(SetupTexts.welcome)
            if replaces { suggestWhatIsThere() }
        }
        var number = 0
        while let step = Step(rawValue: number) {
            interview.show(
                SetupTexts.heading(number + 1, Step.allCases.count, step.title))
            interview.begin(step: number)
            forgetOpenPoints(from: number)
            do throws(AnswerStop) {
                try await take(step)
                number += 1
            } catch {
                switch error {
                case .back: number = isWritten ? number : self.step(before: number)
                case .again: break
                case .leave:
                    throw .left(SetupTexts.left(isWritten ? paths.configuration : nil))
                case .impossible(let reason): throw .answers(reason)
                }
            }
            if let failure { throw .failed(failure) }
        }
    }

    /// How much remained to be done when each step so far began.
    private var openBefore: [Int] = []

    /// What a step has left to be done, and those behind it, is left anew if they are taken again.
    private func forgetOpenPoints(from number: Int) {
        if openBefore.indices.contains(number) {
            draft.open.removeSubrange(openBefore[number]...)
            openBefore.removeSubrange(number...)
        }
        openBefore.append(draft.open.count)
    }

    /// A cabinet that is set up anew has most of what it had.
    private func suggestWhatIsThere() {
        guard let root = SettingsFile(path: paths.configuration).root else { return }
        interview.suggest(root["board"]?.text, for: ["board"])
        interview.suggest(root["gateway"]?.text, for: ["site"])
        let uplink = root["uplink"]
        interview.suggest(uplink?["broker"]?.text, for: ["uplink", "broker"])
        interview.suggest(uplink?["tls"]?["ca"]?.text, for: ["uplink", "ca"])
        interview.suggest(uplink?["username"]?.text, for: ["uplink", "username"])
        interview.suggest(uplink?["session"]?.text, for: ["uplink", "session"])
    }

    /// The last step before this one that has asked something: the others would only lead here again.
    private func step(before number: Int) -> Int {
        (0..<number).last { interview.hasAsked(in: $0) } ?? 0
    }

    /// Set by a step that cannot be mended by another answer.
    var failure: String?

    private func take(_ step: Step) async throws(AnswerStop) {
        switch step {
        case .board: try chooseBoard()
        case .site: try nameSite()
        case .buses: try chooseBuses()
        case .devices: try await findDevices()
        case .lines: try await chooseLines()
        case .uplink: try await findUplink()
        case .write: try writeConfiguration()
        case .prove: try await prove()
        }
    }

    // MARK: The first two steps

    private func chooseBoard() throws(AnswerStop) {
        let detected = environment.detectedBoard
        let choices = environment.boards.names.map { name in
            Question.Choice(name, title(of: name))
        }
        let question = Question(
            ["board"], SetupTexts.board(detected),
            choices: choices + [.init("none", SetupTexts.noBoard)],
            suggestion: detected ?? "none")
        let name = try interview.choose(question)
        (board, draft.board) = (nil, nil)
        if name != "none", case .found(let found) = environment.boards.find(name) {
            (board, draft.board) = (found, name)
        }
    }

    private func title(of board: String) -> String {
        if case .found(let found) = environment.boards.find(board) { found.title } else { "" }
    }

    private func nameSite() throws(AnswerStop) {
        let host = environment.hostName
        let question = Question(
            ["site"], SetupTexts.site,
            suggestion: SettingsFile.isName(host) ? host : "cabinet-1")
        draft.site = try interview.ask(question) { text in
            SettingsFile.isName(text) ? .fits(text) : .flaw(SetupTexts.siteFlaw)
        }
    }
}
