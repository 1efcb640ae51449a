/// The limits of a journal. Every queue, file and wait in it has its bound here.
public struct JournalOptions: Sendable {
    /// How old an unacknowledged reading may become before it is written and synced: what a
    /// power cut costs at most. 10 s unless set.
    public var commitDeadline: Duration = .seconds(10)
    /// The most bytes of segment files, 1 GiB unless set; at least two segments are kept.
    public var maximumBytes = 1 << 30
    /// The size of one segment file, 4 MiB unless set: small enough to fill with zeros in a
    /// second on a slow card. At least `smallestSegment`; rounded up to whole pages.
    public var segmentBytes = 4 << 20
    /// Readings in memory that make a commit due before its deadline, and the most that are
    /// kept while the disk fails; 65,536 unless set, 1.5 MB. A text counts as one reading more
    /// for each 32 bytes.
    public var memoryLimit = 65_536
    /// The least time between two writes of the cursor, which is only a hint; 30 s unless set.
    public var cursorInterval: Duration = .seconds(30)
    /// Bytes of settled segment files that are kept for reuse and for a rewind instead of being
    /// removed; 16 MiB unless set.
    public var retainedBytes = 16 << 20
    /// The first wait after a failed write; it doubles up to `longestRetry`. 1 s unless set.
    public var firstRetry: Duration = .seconds(1)
    /// The longest wait between two tries of a failing disk; 60 s unless set.
    public var longestRetry: Duration = .seconds(60)

    /// The smallest segment: its header and a frame of seven pages.
    public static let smallestSegment = 8 * Page.size

    /// The defaults.
    public init() {}

    /// The size that segments really have.
    var segmentSize: Int { max(Page.roundUp(segmentBytes), JournalOptions.smallestSegment) }
    /// The most segments there are at a time.
    var segmentLimit: Int { max(maximumBytes / segmentSize, 2) }
    /// The most settled segments that are kept.
    var retainedLimit: Int { min(retainedBytes / segmentSize, segmentLimit) }
    /// The most bytes that one frame may take with its header.
    var frameLimit: Int { min(segmentSize - Page.size, FrameHeader.largestFrame) }
    /// The longest text that is kept. It leaves room for the rest of its frame in a segment.
    var textLimit: Int { min(65_536, frameLimit / 2) }
}

/// The unit of every write: what a card and ext4 write at once.
enum Page {
    /// 4 KiB: the block of ext4 and the smallest write that costs no read before it.
    static let size = 4096

    /// The next multiple of the page's size.
    static func roundUp(_ bytes: Int) -> Int {
        (bytes + size - 1) / size * size
    }
}
