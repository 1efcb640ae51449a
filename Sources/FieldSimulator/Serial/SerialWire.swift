import CLinux
import Glibc
import Platform
import Telemetry

/// What happens on an emulated line, moment by moment.
final class SerialWire {
    /// Bytes of an answer that a port's buffer holds back until there are so many.
    private static let block = 8
    /// Bytes of a request that is never whole; more are thrown away.
    private static let longestRequest = 512

    private struct Sending {
        var unit: UInt8
        var due: Instant
        var bytes: [UInt8]
        /// When the first byte went on the wire.
        var start: Instant?
        var sent = 0
    }

    private let terminal: PseudoTerminal
    private let pace: SerialEmulator.Pace
    private let state: SerialEmulator.State
    private let answer: ([UInt8]) -> [SerialAnswer]
    private let clock = SystemClock()

    private var request: [UInt8] = []
    /// When the last byte of a request is through.
    private var requestEnd = Instant(nanoseconds: 0)
    /// When the wire was last in use.
    private var lastUse: Instant?
    private var sending: [Sending] = []

    init(
        _ terminal: PseudoTerminal, _ pace: SerialEmulator.Pace, _ state: SerialEmulator.State,
        answer: @escaping ([UInt8]) -> [SerialAnswer]
    ) {
        self.terminal = terminal
        self.pace = pace
        self.state = state
        self.answer = answer
    }

    /// Works until the other end of `stop` is closed. Blocks its thread.
    func run(until stop: Int32) {
        while true {
            var waits = [
                pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
                pollfd(fd: terminal.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let left = nextStep.map { max(0, ($0 - clock.now()).nanoseconds) } ?? -1
            guard clinux_poll(&waits, 2, left) >= 0 else { continue }
            if waits[0].revents != 0 { return }
            if waits[1].revents != 0 { take(at: clock.now()) }
            send(at: clock.now())
        }
    }

    // MARK: Requests

    private func take(at now: Instant) {
        if !request.isEmpty, now > requestEnd + max(pace.silence, .milliseconds(20)) { drop() }
        var bytes: [UInt8] = []
        terminal.read(into: &bytes)
        guard !bytes.isEmpty else { return }
        if request.isEmpty { begin(at: now) }
        request += bytes
        let time = pace.character * bytes.count
        requestEnd = max(now, requestEnd) + time
        lastUse = requestEnd
        state.counts.withLock { $0.busy += time }
        while let length = SerialFrame.requestLength(request), request.count >= length {
            let frame = Array(request.prefix(length))
            request.removeFirst(length)
            perform(frame)
        }
        if request.count > Self.longestRequest { drop() }
    }

    private func begin(at now: Instant) {
        let silence = lastUse.map { now - $0 }
        let collides = sending.contains { $0.start != nil }
        state.counts.withLock { counts in
            if let silence { counts.leastSilence = min(counts.leastSilence ?? silence, silence) }
            if collides { counts.collisions += 1 }
        }
    }

    private func drop() {
        request = []
        state.counts.withLock { $0.broken += 1 }
    }

    private func perform(_ frame: [UInt8]) {
        guard SerialFrame.opened(frame) != nil else {
            return state.counts.withLock { $0.broken += 1 }
        }
        state.counts.withLock { $0.requests += 1 }
        let unit = frame[0]
        for answer in answer(frame) {
            // A device answers in the order it was asked.
            let before = sending.last { $0.unit == unit }?.due
            let due = requestEnd + pace.silence + answer.delay
            sending.append(
                Sending(unit: unit, due: max(due, before ?? due), bytes: answer.bytes))
        }
    }

    // MARK: Answers

    /// The answer that is on the wire, or will be next.
    private var current: Int? {
        sending.indices.first { sending[$0].start != nil }
            ?? sending.indices.min { sending[$0].due < sending[$1].due }
    }

    /// When there is something to do besides taking bytes.
    private var nextStep: Instant? {
        guard let current else { return nil }
        guard let start = sending[current].start else { return sending[current].due }
        let next = min(sending[current].sent + Self.block, sending[current].bytes.count)
        return start + pace.character * next
    }

    private func send(at now: Instant) {
        while let index = current, let step = nextStep, step <= now {
            guard let start = sending[index].start else {
                sending[index].start = max(sending[index].due, lastUse ?? sending[index].due)
                continue
            }
            let item = sending[index]
            let done =
                pace.character == .zero
                ? item.bytes.count
                : min(item.bytes.count, Int((now - start).nanoseconds / pace.character.nanoseconds))
            // When a reader can see it is what counts, however late this thread is.
            lastUse = clock.now()
            terminal.write(item.bytes[item.sent..<done])
            sending[index].sent = done
            if done == item.bytes.count { finish(index) }
        }
    }

    private func finish(_ index: Int) {
        let time = pace.character * sending[index].bytes.count
        sending.remove(at: index)
        state.counts.withLock { counts in
            counts.answers += 1
            counts.busy += time
        }
    }
}
