import Buses
import Glibc
import Platform
import Telemetry

/// The chips of the kernel's drivers, from sysfs.
///
/// Reading a file blocks while the kernel talks to the chip, so all chips share one thread that is
/// nobody else's. A chip is looked for at its first use; its folder then stays open until a file of
/// it vanishes, which does not keep the driver from being unloaded.
public actor LinuxSensorFiles: SensorFiles {
    /// The thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }

    private let root: String
    private let words: SensorWords
    private var folders: [SensorAddress: SensorFolder] = [:]
    private var reopenings: [SensorAddress: Reopening] = [:]

    /// The chips below this folder, none of them looked for yet.
    public init(name: String, root: String = "/sys") {
        executor = ThreadExecutor(name: name)
        self.root = root
        words = SensorWords(name: name)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func close() {
        folders = [:]
        reopenings = [:]
    }

    public func chips() throws(BusError) -> [SensorChip] {
        try scan().map(\.chip)
    }

    public func files(of chip: SensorAddress) throws(BusError) -> Set<String> {
        try folder(of: chip).chip.files
    }

    public func text(of file: String, of chip: SensorAddress) throws(BusError) -> String? {
        let first = try read(file, of: chip)
        // A chip that was taken away and given back is there again, in another folder.
        if case .gone = first { folders[chip] = nil } else { return first.text }
        let second = try read(file, of: chip)
        if case .gone = second {
            folders[chip] = nil
            throw refuse(chip, words.gone(chip))
        }
        return second.text
    }

    // MARK: Reading

    private enum Outcome {
        case text(String)
        case noValue
        /// The chip is not where it was.
        case gone

        var text: String? {
            if case .text(let text) = self { text } else { nil }
        }
    }

    private func read(_ file: String, of chip: SensorAddress) throws(BusError) -> Outcome {
        let folder = try folder(of: chip)
        do throws(SystemError) {
            return .text(try folder.text(of: file))
        } catch {
            switch error.errno {
            case ENODATA: return .noValue
            case ENOENT, ENODEV:
                // Drivers say so too of one sensor that a chip lacks.
                if folder.isGone { return .gone }
                throw words.failed(file, of: chip, error)
            default: throw words.failed(file, of: chip, error)
            }
        }
    }

    // MARK: Finding

    private func folder(of chip: SensorAddress) throws(BusError) -> SensorFolder {
        if let folder = folders[chip] { return folder }
        try reopenings[chip]?.check(at: executor.now)
        do throws(BusError) {
            let folder = try find(chip)
            folders[chip] = folder
            reopenings[chip] = nil
            return folder
        } catch {
            throw refuse(chip, error)
        }
    }

    private func refuse(_ chip: SensorAddress, _ error: BusError) -> BusError {
        reopenings[chip, default: Reopening()].refuse(error, at: executor.now)
    }

    private func find(_ address: SensorAddress) throws(BusError) -> SensorFolder {
        let all = try scan()
        let found = all.filter { $0.chip.fits(address) }
        guard let first = found.first else { throw words.notFound(address, all.map(\.chip)) }
        guard found.count == 1 else { throw words.ambiguous(address, found.map(\.chip)) }
        return first
    }

    private func scan() throws(BusError) -> [SensorFolder] {
        var folders: [SensorFolder] = []
        for sensorClass in SensorClass.allCases {
            for path in try paths(of: sensorClass) {
                do throws(SystemError) {
                    folders.append(try SensorFolder(sensorClass, path))
                } catch {
                    // It has gone since, or has no name to find it by.
                }
            }
        }
        return folders
    }

    /// The folders of a class by number. A kernel without the class has none.
    private func paths(of sensorClass: SensorClass) throws(BusError) -> [String] {
        let (folder, prefix) = place(of: sensorClass)
        do throws(SystemError) {
            return try names(in: folder, limit: SensorChip.mostChips)
                .compactMap { name in
                    name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
                }
                .sorted().map { "\(folder)/\(prefix)\($0)" }
        } catch {
            if error.errno == ENOENT { return [] }
            throw words.notOpened(error)
        }
    }

    private func place(of sensorClass: SensorClass) -> (folder: String, prefix: String) {
        switch sensorClass {
        case .hwmon: (root + "/class/hwmon", "hwmon")
        case .iio: (root + "/bus/iio/devices", "iio:device")
        }
    }
}
