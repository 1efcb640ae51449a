import Telemetry

/// What a journal holds and what it has cost since it was opened.
public struct JournalStatistics: Sendable, Equatable {
    /// Whether the disk takes what it is given.
    public enum Health: Sendable, Equatable {
        /// It does.
        case ok
        /// The last write failed; readings are kept in memory, up to `memoryLimit`.
        case failing(reason: String, since: Instant)
    }

    /// Readings that are in memory alone.
    public var readingsInMemory = 0
    /// Readings on disk that are not settled.
    public var readingsOnDisk: UInt64 = 0
    /// The size of all segment files, free ones too.
    public var bytesOnDisk = 0
    /// When the oldest reading that is in memory alone was appended.
    public var oldestUncommitted: Instant?
    /// Commits that succeeded.
    public var commits: UInt64 = 0
    /// Bytes handed to the disk, headers, cursor and zeros of new segments included.
    public var bytesWritten: UInt64 = 0
    /// Bytes of frames among them, with their padding to pages.
    public var frameBytes: UInt64 = 0
    /// Synced writes.
    public var syncs: UInt64 = 0
    /// Readings given up because memory was full while the disk failed.
    public var givenUp: UInt64 = 0
    /// Readings given up because the disk was full, the oldest that were not urgent.
    public var evicted: UInt64 = 0
    /// Frames that were damaged when they were read.
    public var damagedFrames: UInt64 = 0
    /// Pieces of damaged segments, and whole files, put into `quarantine/`.
    public var quarantined: UInt64 = 0
    /// Moments of which both clocks are known, of all boots together.
    public var clockAnchors = 0
    /// Whether this run's epoch is on disk. If not, the journal began on a disk that takes
    /// nothing, and what was not acknowledged is lost with the process.
    public var isDurable = true
    /// Whether the disk takes what it is given.
    public var health: Health = .ok

    /// The statistics of a journal that has done nothing yet.
    public init() {}

    /// Readings that are gone: given up for want of memory, and evicted for want of disk.
    public var lost: UInt64 { givenUp.adding(evicted) }
}
