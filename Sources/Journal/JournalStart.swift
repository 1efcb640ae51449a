import Glibc
import Telemetry

/// How a journal starts: finds what is there and makes a new epoch durable, one for each queue.
/// A disk that refuses leaves `failure`; then the epoch is of a new journal id.
struct JournalStart {
    let directory: String
    let fileSystem: any FileSystem
    let options: JournalOptions

    private(set) var queues: [JournalQueue] = []
    private(set) var state = JournalState(epoch: Epoch(journal: 0, number: 0))
    private(set) var stateFile: StateFile?
    private(set) var clockFile: ClockFile?
    /// What was known of the clocks.
    private(set) var boots: [BootTimes] = []
    private(set) var failure: FileError?
    private(set) var counters = DiskCounters()
    private var found: JournalState?
    private var stores: [(store: SegmentStore, isRead: Bool)] = []

    init(directory: String, fileSystem: any FileSystem, options: JournalOptions) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.options = options
    }

    mutating func run() throws(JournalError) {
        let file = try openState()
        if let newer = newerFormat() { throw JournalError(newer, directory: directory) }
        stores = unreadStores.map { read($0) }
        if isExhausted { beginAnew() }
        giveEpoch()
        if failure == nil, let file { begin(file) }
        if stateFile == nil { state.epoch.journal = .random(in: 1 ... .max) }
        makeQueues()
    }

    private mutating func openState() throws(JournalError) -> StateFile? {
        do throws(FileError) {
            let file = try StateFile(in: directory, fileSystem)
            found = try file.read()
            return file
        } catch {
            if error.isLocked { throw JournalError(.inUse, directory: directory) }
            failure = error
            return nil
        }
    }

    /// What a newer program has written: looked for before anything is changed.
    private mutating func newerFormat() -> NewerFormat? {
        guard failure == nil else { return nil }
        do throws(FileError) {
            return try NewerFormat.find(in: directory, fileSystem)
        } catch {
            failure = error
            return nil
        }
    }

    private var unreadStores: [SegmentStore] {
        Priority.allCases.map { SegmentStore(in: directory, fileSystem, $0, options) }
    }

    /// Whether numbers are used up (`SegmentStore.isExhausted`), those of `state` among them.
    private var isExhausted: Bool {
        found?.epoch.number ?? 0 > Epoch.lastStart || stores.contains(where: \.store.isExhausted)
    }

    /// The highest epoch number that is known.
    private var lastEpoch: UInt32 {
        stores.map(\.store.highestEpoch).reduce(found?.epoch.number ?? 0, max)
    }

    /// Puts what is there into quarantine, in place of any that was put there so before. What says
    /// that something was settled goes first: without it readings only go out again.
    private mutating func beginAnew() {
        found = nil
        let folder = directory + "/" + SegmentStore.quarantineName
        do throws(FileError) {
            try fileSystem.createDirectory(folder)
            let names = try fileSystem.list(directory)
            let segments = names.filter { name in stores.contains { $0.store.isSegment(name) } }
            for name in [OutletFile.name, ClockFile.name].filter(names.contains) + segments {
                try fileSystem.rename(directory + "/" + name, to: folder + "/" + name)
                counters.quarantined += 1
            }
            // Nothing is left to be read.
            stores = unreadStores.map { ($0, true) }
        } catch {
            failure = failure ?? error
            stores = unreadStores.map { ($0, false) }
        }
    }

    private mutating func read(_ store: SegmentStore) -> (store: SegmentStore, isRead: Bool) {
        var read = store
        do throws(FileError) {
            try read.readSegments()
            return (read, true)
        } catch {
            // Half of what is there would look like damage.
            failure = failure ?? error
            return (store, false)
        }
    }

    /// Takes the next two epoch numbers, and a new journal id where `state` knows none.
    private mutating func giveEpoch() {
        let isKnown = found != nil || stores.allSatisfy(\.isRead)
        let last = max(lastEpoch, isKnown ? 0 : Epoch.unreadableStart)
        state.epoch = Epoch(
            journal: found?.epoch.journal ?? .random(in: 1 ... .max), number: last + 2)
        state.serial = found?.serial ?? 0
        state.kept = found?.kept ?? KeptCounts()
        for index in stores.indices {
            let known = found?.queues[index]
            let isOwn = stores[index].store.segments.allSatisfy {
                $0.header.journal == found?.epoch.journal
            }
            stores[index].store.recall(
                isOwn ? known : nil, believedFrom: known?.believedFrom ?? 0)
            state.queues[index] = JournalState.Queue(
                settled: stores[index].store.settled, believedFrom: known?.believedFrom ?? 0)
        }
    }

    private mutating func begin(_ file: StateFile) {
        do throws(FileError) {
            try file.begin(&state, in: directory, fileSystem, &counters)
            stateFile = file
            for index in stores.indices {
                stores[index].store.saved = stores[index].store.settled
            }
            (clockFile, boots) = try ClockFile.load(directory, fileSystem)
        } catch {
            failure = error
        }
    }

    private mutating func makeQueues() {
        queues = Priority.allCases.map { priority in
            let (store, isRead) = stores[priority.rawValue]
            let number = state.epoch.number - 1 + UInt32(priority.rawValue)
            return JournalQueue(
                priority: priority, epoch: Epoch(journal: state.epoch.journal, number: number),
                store: store, isRead: isRead)
        }
    }
}

extension SegmentStore {
    fileprivate init(
        in directory: String, _ fileSystem: any FileSystem, _ priority: Priority,
        _ options: JournalOptions
    ) {
        self.init(in: directory, fileSystem, priority, options.limits(of: priority))
    }
}

extension FileError {
    /// Whether another process holds the file's lock.
    var isLocked: Bool { call == "flock" && errno == EWOULDBLOCK }
}
