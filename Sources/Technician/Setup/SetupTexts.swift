import Console
import Drivers

/// All that the wizard says and asks, in one place.
enum SetupTexts {
    static let keys = """
        Enter: what stands in [ ]   b: back a step   r: repeat the step   q: leave
        ?: this, and the question once more
        """
    static let welcome = """
        This sets the cabinet up, in eight steps, and writes nothing before the seventh.
        \(keys)
        """
    static func left(_ written: String?) -> String {
        guard let written else { return "left; nothing was written" }
        return "left; \(written) is written. " + proof(written)
    }
    static let answersHead = "# Answers for `armadio setup --answers FILE`."
    static let configurationHead = """
        # The configuration of this cabinet, written by `armadio setup`.
        # `armadio check` checks it; the README says what else can stand here.
        """
    static let orderComment = "the order of words, as it was found at the device"

    static func heading(_ number: Int, _ of: Int, _ title: String) -> String {
        "\n== \(number)/\(of) \(title)"
    }

    // MARK: Answers

    static func possible(_ words: String) -> String { "possible: \(words)" }

    static func missing(_ file: String, _ question: Question) -> String {
        "\(file): `\(question.name)` is missing: \(question.text)"
            + (question.possible.isEmpty ? "" : "; possible: \(question.possible)")
    }

    static func noText(_ file: String, _ question: Question) -> String {
        "\(file): `\(question.name)` is not an answer: write it as \(question.name): WORD"
    }

    static func askedAgain(_ file: String, _ question: Question, _ count: Int) -> String {
        "\(file): `\(question.name)` is asked once more than the file has answers (\(count)): "
            + "\(question.text) Write a list, such as [no, yes]"
    }

    static func missingSecret(_ file: String, _ question: Question) -> String {
        "\(file): `\(question.name)` must be {file: PATH} or {env: NAME}; the secret itself does not "
            + "belong into the file"
    }

    static func noVariable(_ file: String, _ question: Question, _ name: String) -> String {
        "\(file): `\(question.name)`: the environment has no \(name)"
    }

    // MARK: Board and name

    static func board(_ detected: String?) -> String {
        detected.map { "This is a board that is known: \($0). Which board is it?" }
            ?? "This board is not known by its device tree. Which board is it?"
    }

    static let noBoard = "no board's names for lines, buses and ports"
    static let site = "What is the gateway called? 1 to 64 of A-Z a-z 0-9 - : . _"
    static let siteFlaw =
        "it begins with a letter or digit, and has A-Z a-z 0-9 - : . _ alone, 64 at most"

    // MARK: Buses

    static let buses =
        "Where are devices connected? One or more, with commas between; host[:port] for Modbus TCP"
    static let busesOther = "a serial port's path, host[:port], all, none"
    static let units = """
        Which unit ids are asked? quick: 1-10, 100, 247 and 255; all; or such as 1-20,100
        """
    static let unitsOther = "quick, all, 1-20,100"

    static func noPlace(_ text: String) -> String {
        "`\(text)` is neither a port nor host[:port]; write /dev/ttyUSB0 or 192.168.1.20:502"
    }

    static let unitsFlaw = "write quick, all, or unit ids such as 1-20,100"

    // MARK: Devices

    static func scanning(_ place: String) -> String { "\nlooking for devices at \(place) ..." }

    static func progress(_ progress: ScanProgress) -> String {
        let left = timeSpan(Double(progress.left.nanoseconds) / 1e9)
        return "  \(progress.endpoint.words), unit \(progress.unit): asked \(progress.asked) of "
            + "\(progress.all), found \(progress.found), \(left) left"
    }

    static func found(_ device: ScannedDevice) -> String {
        let name = device.title ?? device.sunSpec.map { _ in "a SunSpec device" } ?? "a device"
        return "  unit \(device.unit): \(name), \(device.endpoint.words)"
    }

    static func nothing(_ place: String) -> String {
        "  nothing answers at \(place): is it powered, are A and B the right way round, is it the "
            + "right port?"
    }

    static func broken(_ reason: String) -> String { "  \(reason)" }
    static func empty(_ place: String) -> String { "Go on without a device at \(place)?" }
    static let withoutIt = "go on without it"
    static let lookAgain = "look once more"

    static func unexpected(_ names: [String]) -> String {
        "the answers name devices that have not been found: " + names.joined(separator: ", ")
    }

    static func profile(_ device: String, _ title: String?) -> String {
        "\(device)\(title.map { " (\($0))" } ?? ""): which profile has its registers?"
    }

    static let asFound = "as it was recognised"
    static let noProfile = "one register alone, until somebody lists the others"
    static let skip = "leave this device out"
    static let listProfiles = "show all profiles"
    static let profileOther = "a profile's name"
    static func noSuchProfile(_ name: String, _ mend: String?) -> String {
        "there is no profile `\(name)`; \(mend ?? "`list` shows them")"
    }

    static func deviceName(_ device: String) -> String { "What is \(device) called?" }
    static let nameFlaw = "a name has A-Z a-z 0-9 - : . _ alone, and begins with a letter or digit"
    static func taken(_ name: String) -> String { "there is a device `\(name)` already" }

    static func values(_ device: String) -> String { "\n\(device) says now:" }
    static let right = "Is this right?"
    static let implausible = "  ! marks what such a sensor hardly shows"
    static let orders = "\nThe same registers in each order of words:"
    static let order = "Which order is right?"
    static let asProfile = "leave the order, choose another profile"
    static func likely(_ order: String) -> String { "the likeliest: \(order)" }

    static func unreadable(_ reason: String) -> String { "  it cannot be read: \(reason)" }
    static func skipped(_ device: String) -> String { "\(device) was left out" }
    static func rawDevice(_ device: String, _ target: String, _ unit: UInt8) -> String {
        "\(device) has no profile: `armadio decode \(target) \(unit) 0-19` shows its registers"
    }

    static func unproven(_ device: String) -> String {
        "\(device): nobody has said that its values are right"
    }

    static func rightWithoutValue(_ name: String, _ failure: String?) -> String {
        "`\(name): yes` is not possible: the device gives no value"
            + (failure.map { ": " + $0 } ?? "")
    }

    static func driver(_ chip: String) -> String { "\(chip): which chip is it?" }

    // MARK: Lines

    static let lines = "Which GPIO lines are wired? Names with commas between, or none"
    static let linesOther = "none"
    static func noLine(_ name: String, _ mend: String?) -> String {
        "there is no free line `\(name)`; \(mend ?? "`armadio scan gpio` shows them")"
    }

    static func contact(_ line: String) -> String { "\(line): how is the contact wired?" }
    static let toGround = "closes to ground: pull-up, low is active"
    static let toSupply = "closes to the supply: pull-down, high is active"
    static let plain = "as the board has it, high is active"
    static func lineName(_ line: String) -> String { "What is the point at \(line) called?" }
    static func move(_ name: String) -> String {
        "  Open or close it now (\(name)); waiting up to 30 s for the change, Enter goes on ..."
    }
    static let noChange = "  no change was seen"

    // MARK: Uplink

    static let broker = "Where is the broker? mqtt://HOST[:PORT], with TLS mqtts://HOST[:PORT]"
    static let authority =
        "Which file has the authority that signed the broker's certificate? system: the system's own"
    static func authorityFlaw(_ path: String, _ reason: String) -> String {
        "\(path): \(reason); write system, or the path of a PEM file"
    }
    static let noCertificate = "there is no certificate in it (-----BEGIN CERTIFICATE-----)"
    static func brokerCertificate(_ certificate: CertificateDates) -> String {
        "  it shows the" + self.certificate(certificate).dropFirst()
    }
    static func certificate(_ certificate: CertificateDates) -> String {
        let issuer = certificate.issuer.flatMap { $0 == certificate.name ? nil : $0 }
        return "  certificate of \(certificate.name ?? "nobody")"
            + (issuer.map { ", issued by \($0)" } ?? "") + ", valid until \(certificate.until)"
    }
    static let username = "Which user is the gateway at the broker? none: without user and password"
    static let password = "The user's password (it is not shown):"
    static let session = "Which language does the platform speak?"
    static let sessions: [Question.Choice] = [
        .init("senml", "SenML in JSON (RFC 8428)"),
        .init("compact", "Armadio's own columns, the fewest bytes"),
        .init("sparkplug", "Sparkplug B"),
        .init("homeassistant", "Home Assistant's discovery"),
    ]
    static func trying(_ broker: String) -> String { "\nasking \(broker) ..." }
    static func seenBack(_ topic: String) -> String {
        "  connected; a test message on \(topic) was acknowledged and seen back"
    }
    static func acknowledged(_ topic: String, _ why: String) -> String {
        "  connected; a test message on \(topic) was acknowledged. It was not seen back: \(why)"
    }
    static let subscriptionRefused = "the broker does not let this user hear the topic"
    static let notHeard = "nothing came within 5 s"
    static func refused(_ topic: String, _ reason: String) -> String {
        "the broker does not take messages on \(topic): \(reason); ask for the right to publish"
    }
    static let noAnswer = "the broker did not answer in time"
    static let uplinkFailed = "The uplink does not work yet. What now?"
    static let tryAgain = "once more, as it is"
    static let change = "answer the questions about the broker anew"
    static let keep = "go on; the gateway keeps trying"
    static func openUplink(_ reason: String) -> String { "the uplink is not proven: \(reason)" }

    // MARK: Writing and proof

    static func write(_ path: String) -> String { "Write this to \(path)?" }
    static func written(_ path: String) -> String { "wrote \(path)" }
    static func kept(_ path: String) -> String { "the configuration before is kept as \(path)" }
    static func exists(_ path: String) -> String {
        "\(path) is there already; --replace puts a new one in its place and keeps the old one as "
            + "\(path).before"
    }
    static let notWritten = "nothing is written; b goes back, q leaves"
    private static func command(_ path: String, isUsual: Bool) -> String {
        isUsual ? "systemctl start armadio, or armadio run" : "armadio run -c \(path)"
    }
    static func start(_ path: String, isUsual: Bool) -> String {
        "no gateway runs. Start it: " + command(path, isUsual: isUsual)
    }
    static func startForGood(_ path: String, isUsual: Bool) -> String {
        "start the gateway for good: " + command(path, isUsual: isUsual)
    }
    static let running = "a gateway runs here, by the configuration before"
    static let apply = "let it try the new one, which stays if readings arrive"
    static let takenBack =
        "the new configuration does not deliver: what was before is in use again"
    static let onceMore = "mend what is named above, then `armadio setup --replace` once more"
    static func waiting(_ words: String, _ seconds: Double) -> String {
        "  waiting, at most \(timeSpan(max(0, seconds))): \(words)"
    }
    static func starting(_ seconds: Double) -> String {
        "waiting until readings arrive, at most \(timeSpan(seconds)) ..."
    }
    static let startNow = "How is it proven that readings arrive?"
    static let asService = "start the service, now and at each boot, and wait"
    static let forProof = "run the gateway here until it has delivered, then end it"
    static let wait = "wait until a gateway that is started elsewhere has delivered"
    static let later = "later"
    static let noDevice = "no device is set up"
    static let notProven = "the gateway has not delivered what it should"
    static func proof(_ path: String) -> String {
        "`armadio setup --verify -c \(path)` proves that readings arrive"
    }
    static let open = "\nWhat remains:"
    static let nothingOpen = "\nNothing remains: the cabinet is set up."
    static func delivered(_ link: String, _ count: UInt64) -> String {
        "ok    uplink \(link): the broker has acknowledged \(count) messages"
    }
    static func notDelivered(_ link: String, _ why: String) -> String {
        "FAIL  uplink \(link): \(why)"
    }
    static let notConnected = "not yet connected"
    static let noReadings = "up, but no reading is acknowledged"
    static func answers(_ device: String) -> String { "ok    \(device) answers" }
    static func silent(_ device: String, _ why: String) -> String { "FAIL  \(device): \(why)" }
}
