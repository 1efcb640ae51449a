import Telemetry

/// A rewind of a journal that no gateway has open.
public enum JournalRewind {
    /// Lets the next start send again from these positions on, as far as it is still there.
    ///
    /// - Throws: `JournalError` if a gateway has it open or a newer program has written it,
    ///   `FileError` if `state` cannot be written.
    public static func write(
        _ positions: [Priority: Position], in directory: String,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws {
        let file: StateFile
        do throws(FileError) {
            file = try StateFile(in: directory, fileSystem)
        } catch {
            throw error.isLocked ? JournalError(.inUse, directory: directory) : error
        }
        if let newer = try NewerFormat.find(in: directory, fileSystem) {
            throw JournalError(newer, directory: directory)
        }
        guard var state = try file.read() else { return }
        for (priority, position) in positions {
            state.queues[priority.rawValue].settled.rewind(to: position)
            state.queues[priority.rawValue].believedFrom = state.epoch.number + 1
        }
        // What each of several outlets has settled would stand against it.
        try OutletFile.remove(in: directory, fileSystem)
        var counters = DiskCounters()
        try file.write(&state, &counters)
    }
}
