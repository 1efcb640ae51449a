import Console
import Glibc
import Platform

/// The demo's folder: its configuration files, journal, logs and sockets.
struct DemoFolder {
    private let root: String

    /// A new folder in $TMPDIR, or in /tmp.
    init() throws(SystemError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var template = Array(
            ((parent.isEmpty ? "/tmp" : parent) + "/armadio-demo.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", parent) }
        root = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func path(_ name: String) -> String { root + "/" + name }

    func write(_ name: String, _ text: String) throws(SystemError) {
        let descriptor = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path(name)) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw SystemError("write", path(name))
        }
    }

    func makePipe(_ name: String) throws(SystemError) {
        guard mkfifo(path(name), 0o600) == 0 else { throw SystemError("mkfifo", path(name)) }
    }

    /// The last line of a log, to be put behind a message.
    func lastWords(in log: String) -> String {
        do throws(SystemError) {
            let text = try readSmallFile(path(log))
            return text.split(separator: "\n").last.map { ": " + $0 } ?? ""
        } catch {
            return ""
        }
    }

    /// Removes the folder and all that is in it.
    func remove() {
        DemoFolder.removeTree(root)
    }

    private static func removeTree(_ path: String) {
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

    // MARK: Configuration

    /// The broker keeps the platform's session, with the messages in it, while it is stopped.
    func brokerConfiguration(port: UInt16) -> String {
        """
        listener \(port) 127.0.0.1
        allow_anonymous true
        user root
        persistence true
        persistence_location \(root)/

        """
    }

    /// The sample cabinet: three meters behind one Modbus TCP server.
    func cabinet(broker: UInt16, field: UInt16) -> String {
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
            uplink: {broker: "mqtt://127.0.0.1:\(broker)"}
            journal: {path: "\(root)/journal", commit-after: 2s}
            control: {socket: "\(root)/control.sock"}
            buses:
              field: {modbus-tcp: {host: 127.0.0.1, port: \(field)}}
            devices:
            \(meters.joined(separator: "\n"))

            """
    }
}
