/// The topics of one edge node (Sparkplug 3.0 section 4).
struct SparkplugTopics: Sendable {
    /// The namespace of Sparkplug B.
    static let namespace = "spBv1.0"

    let nodeBirth: String
    let nodeDeath: String
    let nodeData: String
    let nodeCommand: String
    /// Of all its devices, with a wildcard: devices come and go.
    let deviceCommands: String
    /// Where the primary host says that it is there; nil without one.
    let hostState: String?
    /// Where the messages are that only ask for a receipt. Not Sparkplug's.
    let fence: String

    private let deviceCommandPrefix: String
    private let deviceBirthPrefix: String
    private let deviceDeathPrefix: String
    private let deviceDataPrefix: String

    init(group: SparkplugID, node: SparkplugID, host: SparkplugID?, gateway: String) {
        func topic(_ type: String) -> String {
            "\(SparkplugTopics.namespace)/\(group)/\(type)/\(node)"
        }
        nodeBirth = topic("NBIRTH")
        nodeDeath = topic("NDEATH")
        nodeData = topic("NDATA")
        nodeCommand = topic("NCMD")
        deviceCommandPrefix = topic("DCMD") + "/"
        deviceCommands = deviceCommandPrefix + "+"
        deviceBirthPrefix = topic("DBIRTH") + "/"
        deviceDeathPrefix = topic("DDEATH") + "/"
        deviceDataPrefix = topic("DDATA") + "/"
        hostState = host.map { "\(SparkplugTopics.namespace)/STATE/\($0)" }
        fence = "armadio/\(gateway)/fence"
    }

    func birth(of device: SparkplugID) -> String { deviceBirthPrefix + device.text }
    func death(of device: SparkplugID) -> String { deviceDeathPrefix + device.text }
    func data(of device: SparkplugID) -> String { deviceDataPrefix + device.text }

    /// The device that a command is for; nil if the topic is not that of a device's command.
    func device(commandedBy topic: String) -> String? {
        guard topic.hasPrefix(deviceCommandPrefix) else { return nil }
        return String(topic.dropFirst(deviceCommandPrefix.count))
    }
}
