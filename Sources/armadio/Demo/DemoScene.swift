import Glibc
import Platform

/// The demo's real parts, each a process: simulated meters, a broker, the gateway. Everything is
/// in a folder of its own and gone in the end.
struct DemoScene {
    /// Where logs, journal and configuration are.
    let folder: String
    let brokerPort: UInt16
    let fieldPort: UInt16
    private var field: ChildProcess?
    private var broker: ChildProcess?
    private var gateway: ChildProcess?

    var socket: String { folder + "/control.sock" }
    var gatewayLog: String { folder + "/gateway.log" }
    var isBrokerRunning: Bool { broker != nil }

    /// Why the scene could not be set up.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init() throws {
        guard DemoScene.mosquitto != nil else {
            throw Failure(description: "the demo needs mosquitto: sudo apt-get install mosquitto")
        }
        var template = Array("/tmp/armadio-demo.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        brokerPort = try freeLoopbackPort()
        fieldPort = try freeLoopbackPort()
        do {
            try start()
        } catch {
            end()
            throw error
        }
    }

    private mutating func start() throws {
        try writeFile("broker.conf", brokerConfiguration)
        try writeFile("cabinet.yaml", configuration)
        field = try ChildProcess(
            ["/proc/self/exe", "simulate", "modbus", "--port", "\(fieldPort)", "--units", "3"],
            output: folder + "/field.log")
        try startBroker()
        gateway = try ChildProcess(
            ["/proc/self/exe", "run", "--config", folder + "/cabinet.yaml"], output: gatewayLog)
    }

    /// Why a part that should run does not; nil while all do.
    var brokenPart: String? {
        for (part, log) in [(field, "field.log"), (broker, "broker.log"), (gateway, "gateway.log")]
        where part?.hasEnded == true {
            let text = (try? readSmallFile(folder + "/" + log)) ?? ""
            return "a part of the demo has ended: " + (text.split(separator: "\n").last ?? "\(log)")
        }
        return nil
    }

    mutating func startBroker() throws(SystemError) {
        broker = try ChildProcess(
            [DemoScene.mosquitto ?? "", "-c", folder + "/broker.conf"],
            output: folder + "/broker.log")
    }

    mutating func stopBroker() {
        broker?.end()
        broker = nil
    }

    /// Ends all parts and removes the folder.
    mutating func end() {
        gateway?.end()
        broker?.end()
        field?.end()
        (gateway, broker, field) = (nil, nil, nil)
        removeTree(folder)
    }

    /// Debian keeps it in a folder that is not in every user's PATH.
    private static var mosquitto: String? {
        ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
            .first { access($0, X_OK) == 0 }
    }

    private var brokerConfiguration: String {
        """
        listener \(brokerPort) 127.0.0.1
        allow_anonymous true
        persistence false

        """
    }

    /// The sample cabinet: three meters behind one Modbus TCP server.
    private var configuration: String {
        let meters = (1...3).map { unit in
            """
              meter-\(unit):
                driver: register-map
                bus: field
                unit-id: \(unit)
                interval: 1s
                points:
                  voltage-l1: {input: 0x00, type: float32, unit: V}
                  voltage-l2: {input: 0x02, type: float32, unit: V}
                  voltage-l3: {input: 0x04, type: float32, unit: V}
                  current-l1: {input: 0x06, type: float32, unit: A}
                  power: {input: 0x34, type: float32, unit: W}
                  energy: {input: 0x48, type: float32, unit: kWh}
            """
        }
        return """
            gateway: demo
            uplink: {broker: "mqtt://127.0.0.1:\(brokerPort)"}
            journal: {path: \(folder)/journal, commit-after: 2s}
            control: {socket: \(folder)/control.sock}
            buses:
              field: {modbus-tcp: {host: 127.0.0.1, port: \(fieldPort)}}
            devices:
            \(meters.joined(separator: "\n"))

            """
    }

    private func writeFile(_ name: String, _ text: String) throws(SystemError) {
        let path = folder + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw SystemError("write", path)
        }
    }
}

/// A TCP port of 127.0.0.1 that was free a moment ago.
private func freeLoopbackPort() throws(SystemError) -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError("socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
        }
    }
    guard result else { throw SystemError("bind", "127.0.0.1") }
    return UInt16(bigEndian: address.sin_port)
}

/// Removes a folder of files and folders of files.
private func removeTree(_ path: String) {
    guard let directory = opendir(path) else {
        unlink(path)
        return
    }
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != "." && name != ".." else { continue }
        if entry.pointee.d_type == UInt8(DT_DIR) {
            removeTree(path + "/" + name)
        } else {
            unlink(path + "/" + name)
        }
    }
    closedir(directory)
    rmdir(path)
}
