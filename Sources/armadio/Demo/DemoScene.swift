import Console
import Glibc
import Platform

/// The demo's real parts, each a process: simulated meters, a broker, a platform, the gateway.
/// Everything is in a folder of its own and gone in the end.
struct DemoScene {
    /// Why the scene could not be set up.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// How long a part may take to be ready, in tenths of a second.
    private static let patienceTenths = 300

    private let folder: DemoFolder
    private let brokerPort: UInt16
    private let fieldPort: UInt16
    private var field: ChildProcess?
    private var broker: ChildProcess?
    private var platform: ChildProcess?
    private var gateway: ChildProcess?

    /// The gateway's control socket.
    var socket: String { folder.path("control.sock") }
    /// Where the platform writes what it receives.
    var received: String { folder.path("received") }
    var isBrokerRunning: Bool { broker != nil }

    /// A scene with nothing in it yet but its folder.
    init() throws {
        guard DemoScene.mosquitto != nil, DemoScene.isInstalled("mosquitto_sub") else {
            throw Failure(
                description: "the demo needs mosquitto: "
                    + "sudo apt-get install mosquitto mosquitto-clients")
        }
        brokerPort = try freeLoopbackPort()
        fieldPort = try freeLoopbackPort()
        folder = try DemoFolder()
        do {
            try folder.write("broker.conf", folder.brokerConfiguration(port: brokerPort))
            try folder.write("cabinet.yaml", folder.cabinet(broker: brokerPort, field: fieldPort))
            try folder.makePipe("received")
        } catch {
            folder.remove()
            throw error
        }
    }

    /// Starts all parts, the gateway once the broker knows what the platform wants to have. Blocks
    /// its thread. Somebody must have `received` open for reading.
    mutating func start() throws {
        field = try ChildProcess(
            ["/proc/self/exe", "simulate", "modbus", "--port", "\(fieldPort)", "--units", "3"],
            output: folder.path("field.log"))
        try startBroker()
        try enrolPlatform()
        platform = try ChildProcess(DemoReceiver.program(port: brokerPort), output: received)
        gateway = try ChildProcess(
            ["/proc/self/exe", "run", "--config", folder.path("cabinet.yaml")],
            output: folder.path("gateway.log"))
    }

    /// Why a part that should run does not; nil while all do.
    var brokenPart: String? {
        let parts = [
            (field, "field"), (broker, "broker"), (platform, "platform"), (gateway, "gateway"),
        ]
        for (part, name) in parts where part?.hasEnded == true {
            return "the demo's \(name) has ended" + folder.lastWords(in: name + ".log")
        }
        return nil
    }

    /// Starts the broker and waits until it listens.
    mutating func startBroker() throws {
        broker = try ChildProcess(
            [DemoScene.mosquitto ?? "", "-c", folder.path("broker.conf")],
            output: folder.path("broker.log"))
        try wait(for: "broker") { isServed(brokerPort) }
    }

    /// Leaves the platform's subscription with the broker.
    private func enrolPlatform() throws {
        let program = DemoReceiver.program(port: brokerPort) + ["-E"]
        let once = try ChildProcess(program, output: folder.path("platform.log"))
        try wait(for: "platform") { once.hasEnded }
    }

    private func wait(for part: String, until isReady: () -> Bool) throws {
        for _ in 0..<DemoScene.patienceTenths {
            if isReady() { return }
            usleep(100_000)
        }
        throw Failure(
            description: "the demo's \(part) is not ready" + folder.lastWords(in: part + ".log"))
    }

    mutating func stopBroker() {
        broker?.end()
        broker = nil
    }

    /// Ends all parts and removes the folder.
    mutating func end() {
        for part in [gateway, platform, broker, field] { part?.end() }
        (gateway, platform, broker, field) = (nil, nil, nil, nil)
        folder.remove()
    }

    /// Debian keeps it in a folder that is not in every user's PATH.
    private static var mosquitto: String? {
        ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
            .first { access($0, X_OK) == 0 }
    }

    private static func isInstalled(_ program: String) -> Bool {
        guard let path = getenv("PATH") else { return false }
        return String(cString: path).split(separator: ":")
            .contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}

/// A TCP port of 127.0.0.1 that was free a moment ago.
///
/// Below the kernel's range for outgoing connections (ip(7), ip_local_port_range): nobody comes to
/// sit on it while its server is away, and no client meets itself there.
private func freeLoopbackPort() throws(SystemError) -> UInt16 {
    var failure = SystemError("bind", "127.0.0.1", errno: EADDRINUSE)
    for _ in 0..<100 {
        let port = UInt16.random(in: 10_240..<32_000)
        do throws(SystemError) {
            let descriptor = try loopbackSocket(port, bind)
            close(descriptor)
            return port
        } catch {
            failure = error
        }
    }
    throw failure
}

/// Whether a server accepts connections on this port of 127.0.0.1.
private func isServed(_ port: UInt16) -> Bool {
    do throws(SystemError) {
        close(try loopbackSocket(port, connect))
        return true
    } catch {
        return false
    }
}

private func loopbackSocket(
    _ port: UInt16, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
) throws(SystemError) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError("socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, size) }
    }
    guard result == 0 else {
        let error = SystemError("127.0.0.1:\(port)")
        close(descriptor)
        throw error
    }
    return descriptor
}
