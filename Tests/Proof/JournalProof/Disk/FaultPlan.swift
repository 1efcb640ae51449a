import Glibc

/// A way in which a call fails.
enum FaultKind: String, CaseIterable, Sendable {
    case inputOutput = "EIO"
    case noSpace = "ENOSPC"
    case readOnly = "EROFS"
    case interrupted = "EINTR"
    /// Reads and writes do less than asked: half of it.
    case short = "short"

    var errno: Int32 {
        switch self {
        case .inputOutput, .short: EIO
        case .noSpace: ENOSPC
        case .readOnly: EROFS
        case .interrupted: EINTR
        }
    }

    /// Whether a call can fail in this way at all.
    func applies(to call: DiskCall) -> Bool {
        switch self {
        case .inputOutput: call != .lock
        case .noSpace: call.isChange && call != .remove && call != .truncate
        case .readOnly: call.isChange
        case .interrupted: [.open, .create, .read, .write, .sync, .lock, .truncate].contains(call)
        case .short: call == .read || call == .write
        }
    }
}

/// The calls of the file-system protocol.
enum DiskCall: String, CaseIterable, Sendable {
    case makeDirectory, list, open, create, remove, rename, syncDirectory
    case size, read, write, sync, truncate, lock

    /// Whether it changes what is on the medium.
    var isChange: Bool {
        switch self {
        case .list, .open, .size, .read, .lock: false
        default: true
        }
    }
}

/// What the medium has of a file's changes after a sync that failed. Whichever it is, a later
/// sync does not change it.
enum SyncLoss: CaseIterable, Sendable {
    case lost, kept, everyOther
}

/// Which call fails, how, and for how long.
struct FaultPlan: CustomStringConvertible {
    /// The number of the call, from 0, counted over all calls.
    var call: Int
    var kind: FaultKind
    /// Whether every later call that can fails too.
    var isForEver: Bool
    var syncLoss = SyncLoss.lost

    var description: String {
        "call \(call) fails \(isForEver ? "for ever" : "once") with \(kind.rawValue)"
            + (kind == .inputOutput ? ", what was not synced is \(syncLoss)" : "")
    }

    /// Whether the call with this number fails.
    func hits(_ number: Int, _ call: DiskCall) -> Bool {
        (isForEver ? number >= self.call : number == self.call) && kind.applies(to: call)
    }
}
