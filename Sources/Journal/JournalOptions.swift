/// The limits of a journal. Every queue, file and wait in it has its bound here.
public struct JournalOptions: Sendable {
    /// How old an unacknowledged reading may become before it is written and synced: what a
    /// power cut costs at most. 10 s unless set. Urgent ones do not wait.
    public var commitDeadline: Duration = .seconds(10)
    /// The most bytes of segment files, 1 GiB unless set; a sixteenth of it is the urgent
    /// queue's. Each queue keeps at least two segments.
    public var maximumBytes = 1 << 30
    /// The size of one segment file, 4 MiB unless set: small enough to fill with zeros in a
    /// second on a slow card. At least `smallestSegment`; rounded up to whole pages.
    public var segmentBytes = 4 << 20
    /// Readings of one queue in memory that make a commit due before its deadline, and the most
    /// that are kept while the disk fails; 65,536 unless set, 1.5 MB. A text counts as one
    /// reading more for each 32 bytes.
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
    /// The largest segment of the urgent queue: single frames, and a long life for each page.
    public static let largestUrgentSegment = 256 << 10

    /// The defaults.
    public init() {}

    /// How large a queue's files may be and become.
    func limits(of priority: Priority) -> SegmentLimits {
        let size = max(Page.roundUp(segmentBytes), JournalOptions.smallestSegment)
        let urgentSize = min(size, JournalOptions.largestUrgentSegment)
        let urgent = SegmentLimits(
            size: urgentSize, bytes: maximumBytes / 16, retainedBytes: retainedBytes / 16)
        guard priority == .normal else { return urgent }
        return SegmentLimits(
            size: size, bytes: maximumBytes - urgent.count * urgentSize,
            retainedBytes: retainedBytes)
    }

    /// How old a reading of a queue gets in memory alone.
    func commitDeadline(of priority: Priority) -> Duration {
        priority == .urgent ? .zero : commitDeadline
    }

    /// The longest text that is kept. It leaves room for the rest of its frame in a segment.
    var textLimit: Int { min(65_536, limits(of: .urgent).frameBytes / 2) }
}

/// How large the files of one queue may be and become.
struct SegmentLimits {
    /// The size of each segment.
    let size: Int
    /// The most segments there are at a time.
    let count: Int
    /// The most settled segments that are kept.
    let retained: Int

    init(size: Int, bytes: Int, retainedBytes: Int) {
        self.size = size
        count = max(bytes / size, 2)
        retained = min(retainedBytes / size, count)
    }

    /// The most bytes that one frame may take with its header.
    var frameBytes: Int { min(size - Page.size, FrameHeader.largestFrame) }
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
