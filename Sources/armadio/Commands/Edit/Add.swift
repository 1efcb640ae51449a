import ArgumentParser
import Settings
import Technician

/// `armadio add`: something new in the configuration.
struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add a device, point, bus or uplink to the configuration.",
        discussion: """
            The file is edited in place and keeps its comments and order. It is checked as a \
            whole first, and written only if it has no problems.
            """,
        subcommands: [AddDevice.self, AddPoint.self, AddBus.self, AddUplink.self])
}

/// `armadio add device`.
struct AddDevice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "Add a device.",
        discussion: """
            Examples:
              armadio add device meter-2 --profile eastron-sdm630 --bus plc --unit-id 2
              armadio add device hall --driver exec command='[/bin/cat]' points.t='{}'
            """)

    @Argument(help: "The device's name.")
    var name: String
    @Option(help: ArgumentHelp("Its profile.", valueName: "name"))
    var profile: String?
    @Option(help: ArgumentHelp("Its driver; register-map with a profile.", valueName: "name"))
    var driver: String?
    @Option(help: ArgumentHelp("Its bus.", valueName: "name"))
    var bus: String?
    @Option(help: ArgumentHelp("Its Modbus unit id.", valueName: "number"))
    var unitId: String?
    @Option(help: ArgumentHelp("How often it is read.", valueName: "time"))
    var interval: String?
    @Argument(help: ArgumentHelp("Other keys.", valueName: "key=value"))
    var others: [String] = []
    @OptionGroup var options: EditOptions

    func run() throws {
        let drivers = others.filter { $0.hasPrefix("driver=") }
        let usual = profile != nil && drivers.isEmpty ? "register-map" : nil
        let named = [
            ("driver", driver ?? usual), ("profile", profile), ("bus", bus), ("unit-id", unitId),
            ("interval", interval),
        ]
        // What a device is stands first.
        var words = drivers
        words += named.compactMap { key, value in value.map { "\(key)=\($0)" } }
        words += others.filter { !$0.hasPrefix("driver=") }
        try addition(.device, name, words, inFlow: false, options)
    }
}

/// `armadio add point`.
struct AddPoint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "point", abstract: "Add a point to a device.",
        discussion: """
            Example: armadio add point meter-1/current input=6 type=float32 unit=A
            """)

    @Argument(help: ArgumentHelp("The point.", valueName: "device/point"))
    var name: String
    @Argument(help: ArgumentHelp("Its keys.", valueName: "key=value"))
    var keys: [String] = []
    @OptionGroup var options: EditOptions

    func run() throws {
        try addition(.point, name, keys, inFlow: true, options)
    }
}

/// `armadio add bus`.
struct AddBus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bus", abstract: "Add a bus.",
        discussion: """
            Examples:
              armadio add bus plc-2 modbus-tcp='{host: 192.168.1.20}'
              armadio add bus line-1 modbus-rtu.port=/dev/ttyUSB0 modbus-rtu.baud=9600
            """)

    @Argument(help: "The bus's name.")
    var name: String
    @Argument(help: ArgumentHelp("Its keys.", valueName: "key=value"))
    var keys: [String] = []
    @OptionGroup var options: EditOptions

    func run() throws {
        try addition(.bus, name, keys, inFlow: true, options)
    }
}

/// `armadio add uplink`.
struct AddUplink: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uplink", abstract: "Add an uplink.",
        discussion: """
            A password is never given here: write it to a file with mode 600, and name that: \
            password='{file: /etc/armadio/secrets/mqtt}'.

            Example: armadio add uplink home broker=mqtts://broker.example:8883
            """)

    @Argument(help: "The uplink's name.")
    var name: String
    @Argument(help: ArgumentHelp("Its keys.", valueName: "key=value"))
    var keys: [String] = []
    @OptionGroup var options: EditOptions

    func run() throws {
        try addition(.uplink, name, keys, inFlow: false, options)
    }
}

/// Adds one thing with its keys.
private func addition(
    _ kind: EditTarget.Kind, _ name: String, _ words: [String], inFlow: Bool, _ options: EditOptions
) throws {
    var edit = try ConfigurationEdit(options)
    let root = edit.root
    let (path, assignments) = try understood { () throws(Assignment.Flaw) in
        var assignments: [Assignment] = []
        for word in words { assignments.append(try Assignment(word)) }
        let path = try kind.path(name, in: root)
        let holder = kind == .point ? Array(path.prefix(2)) : []
        if let absence = EditTarget.absence(of: holder, in: root) { throw absence }
        return (path, assignments)
    }
    if path.first == "uplinks" { try edit.makeRoomForUplink() }
    let group = try understood { () throws(Assignment.Flaw) in
        inFlow ? try Assignment.group(assignments) : "{}"
    }
    try edit.edit { (editor) throws(SettingsProblem) in try editor.add(path, group) }
    // Key by key, they are laid out as the file is.
    for assignment in assignments where !inFlow {
        try edit.edit { (editor) throws(SettingsProblem) in
            try editor.add(path + assignment.path, assignment.yaml)
        }
    }
    try edit.finish()
}
