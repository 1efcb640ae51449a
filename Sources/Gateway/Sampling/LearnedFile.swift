import Drivers
import Glibc
import JSON
import Logging
import Platform
import Synchronization
import Telemetry

/// What drivers have learned of their devices, kept in one small file beside the journal: a JSON
/// object with a text for each device. It is written when something was learned, which happens in the
/// first minutes of a device and then no more. Lost or spoilt, all is learned again.
final class LearnedFile: Sendable {
    /// The largest file, in bytes. What does not fit is not kept.
    static let limit = 65536

    private let path: String
    private let logger: Logger
    private let texts: Mutex<[String: String]>
    /// The disk blocks, and polls must not wait for it.
    private let executor: ThreadExecutor

    /// Reads the file, if there is one. What it has of other devices than these is dropped with the
    /// next change.
    init(path: String, devices: [String], executor: ThreadExecutor, logger: Logger) {
        self.path = path
        self.executor = executor
        self.logger = logger
        let known = Set(devices)
        texts = Mutex(Self.read(path, logger).filter { known.contains($0.key) })
    }

    /// The memory of one device's driver.
    func memory(of device: String, counts: CountBox) -> any DriverMemory {
        Memory(file: self, counts: counts, device: device)
    }

    private struct Memory: DriverMemory {
        let file: LearnedFile
        let counts: CountBox
        let device: String

        func load() -> String? { file.texts.withLock { $0[device] } }
        func save(_ text: String) { file.keep(text, of: device) }
        func count(named name: String) -> UInt64? { counts.count(named: device + "/" + name) }
        func keep(count: UInt64, named name: String) {
            counts.keep(count, named: device + "/" + name)
        }
    }

    private static func read(_ path: String, _ logger: Logger) -> [String: String] {
        do {
            let text = try readSmallFile(path, limit: limit)
            return try JSONDecoder().decode([String: String].self, from: text.utf8)
        } catch let error as SystemError where error.errno == ENOENT {
            return [:]
        } catch {
            logger.warning("what was learned of devices is learned again: \(path): \(error)")
            return [:]
        }
    }

    private func keep(_ text: String, of device: String) {
        let isNews = texts.withLock { texts in
            defer { texts[device] = text }
            return texts[device] != text
        }
        guard isNews else { return }
        Task(executorPreference: executor) { self.write() }
    }

    private func write() {
        let texts = texts.withLock { $0 }
        do {
            let text = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
            guard text.utf8.count <= Self.limit else {
                return logger.warning("\(path) would be too large: what was learned is not kept")
            }
            try replaceSmallFile(path, with: text + "\n")
        } catch {
            logger.warning("what was learned of devices is not kept: \(error)")
        }
    }
}
