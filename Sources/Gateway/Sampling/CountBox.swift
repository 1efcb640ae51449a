import Journal
import Synchronization

/// Where drivers leave counts and the forwarder takes those that have changed, to keep them in the
/// journal: the journal is on another thread.
final class CountBox: Sendable {
    private struct State {
        /// What was kept before the start.
        var before = KeptCounts()
        var counts: [String: UInt64] = [:]
        var changed: Set<String> = []
    }

    private let state = Mutex(State())

    /// Takes over what the journal has from before.
    func recall(_ counts: KeptCounts) {
        state.withLock { $0.before = counts }
    }

    func count(named name: String) -> UInt64? {
        state.withLock { $0.counts[name] ?? $0.before.count(named: name) }
    }

    func keep(_ count: UInt64, named name: String) {
        state.withLock { state in
            state.counts[name] = count
            state.changed.insert(name)
        }
    }

    /// Takes the counts that have changed since the last call.
    func takeChanged() -> [String: UInt64] {
        state.withLock { state in
            guard !state.changed.isEmpty else { return [:] }
            let changed = state.counts.filter { state.changed.contains($0.key) }
            state.changed = []
            return changed
        }
    }
}
