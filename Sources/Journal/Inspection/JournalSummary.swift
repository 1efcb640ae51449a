import Telemetry

/// What a journal holds, from its headers alone.
public struct JournalSummary: Codable, Sendable {
    /// One of the two queues.
    public struct Queue: Codable, Sendable {
        /// `urgent` or `normal`.
        public var name = ""
        /// Segment files, and their bytes.
        public var segments = 0
        public var bytes = 0
        /// Frames, their bytes with padding, and the readings in them.
        public var frames = 0
        public var frameBytes = 0
        public var readings: UInt64 = 0
        /// Readings that are still to be sent.
        public var unsent: UInt64 = 0
        /// Readings that were given up and are to be reported.
        public var givenUp: UInt64 = 0
        /// Damaged places between frames.
        public var damaged = 0
        /// The epochs with frames.
        public var epochs: [String] = []
        /// When the oldest and the newest frame were written (ISO 8601).
        public var oldest: String?
        public var newest: String?
        /// The first position that is not settled, as EPOCH:SEQUENCE.
        public var settled = ""
    }

    /// The journal's id, 16 hexadecimal digits; nil if `state` is damaged.
    public var journal: String?
    /// The last epoch number given out.
    public var lastEpoch: UInt32?
    public var queues: [Queue] = []
    /// Files in `quarantine/`.
    public var quarantine = 0
    /// What brokers do not take, one line each: uplink, queue, positions, reason.
    public var setAside: [String]?
}

extension JournalInspection {
    /// What the headers of all frames tell.
    public func summary() throws(FileError) -> JournalSummary {
        var summary = JournalSummary()
        summary.journal = state.map { $0.epoch.journal.hexadecimal }
        summary.lastEpoch = state?.epoch.number
        for store in stores { summary.queues.append(try summarize(store)) }
        summary.quarantine = try quarantined()
        let setAside = try SetAsideFile.read(in: stores[0].directory, stores[0].fileSystem)
        summary.setAside = setAside.isEmpty ? nil : setAside
        return summary
    }

    private func quarantined() throws(FileError) -> Int {
        let store = stores[0]
        guard try store.fileSystem.list(store.directory).contains(SegmentStore.quarantineName)
        else {
            return 0
        }
        return try store.fileSystem.list(
            store.directory + "/" + SegmentStore.quarantineName
        ).count
    }

    private func summarize(_ store: SegmentStore) throws(FileError) -> JournalSummary.Queue {
        var queue = JournalSummary.Queue()
        queue.name = store.priority.name
        queue.segments = store.segments.count
        queue.bytes = store.bytes
        queue.givenUp = store.evicted.reduce(0) { $0 + $1.count }
        queue.settled = store.settled.prefix.description
        for segment in store.segments {
            guard let file = try store.fileSystem.openIfThere(segment.path) else { continue }
            let content = try segment.content(of: file)
            queue.damaged += content.damage.count
            for entry in content.entries { add(entry.header, of: store, to: &queue) }
        }
        return queue
    }

    private func add(
        _ header: FrameHeader, of store: SegmentStore, to queue: inout JournalSummary.Queue
    ) {
        queue.frames += 1
        queue.frameBytes += header.paddedLength
        if header.kind == .readings {
            queue.readings += header.count
            queue.unsent += store.settled.unsettled(
                header.first..<header.first + header.count, epoch: header.epoch.number
            ).reduce(0) { $0 + UInt64($1.count) }
        }
        if queue.epochs.last != header.epoch.description {
            queue.epochs.append(header.epoch.description)
        }
        let written = clock.anchor(for: header.anchor).wall.description
        queue.oldest = queue.oldest ?? written
        queue.newest = written
    }
}
