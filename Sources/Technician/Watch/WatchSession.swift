import Console
import Gateway
import Glibc
import Platform

/// `armadio watch` on a terminal: waits for the gateway, for keys and for signals, and draws. For the
/// main thread of a program that does nothing else.
public final class WatchSession {
    /// The signals that it needs a pipe of.
    public static let signals = [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT]

    /// Without a look at the gateway, ages go on after so many seconds.
    private static let tickSeconds = 1.1
    /// How often a plot is asked for anew, and a failed question asked again, in seconds.
    private static let askSeconds = 5.0
    /// How far back a plot goes.
    private static let plotSeconds = 3600.0

    private let socket: String
    private let screen: TerminalScreen
    private let pipe: Int32
    private let view: WatchView
    private let clock = SystemClock()
    private let connection: WatchConnection
    private var model: WatchModel
    /// The question for the past of points that is on its way.
    private var question: ControlStream?
    private var nextQuestion = 0.0
    private var drawnAt = 0.0
    private var isOver = false

    /// A session with the gateway at this socket.
    ///
    /// - Parameters:
    ///   - every: How often to look, in seconds.
    ///   - pipe: Where the bytes of `signals` come from.
    /// - Throws: If no gateway answers.
    public init(
        socket: String, every: Double, filters: [String], screen: TerminalScreen, pipe: Int32
    ) throws(ControlClient.Failure) {
        (self.socket, self.screen, self.pipe) = (socket, screen, pipe)
        view = WatchView(Glyphs.ofTerminal)
        model = WatchModel(filters: filters)
        connection = try WatchConnection(socket: socket, every: every)
    }

    private var now: Double { Double(clock.now().nanoseconds) / 1e9 }

    /// Shows the gateway until somebody leaves.
    public func run() {
        screen.enter()
        defer { screen.leave() }
        draw()
        while !isOver, !screen.isGone {
            let ready = wait(
                for: [STDIN_FILENO, pipe, connection.descriptor, question?.descriptor ?? -1],
                milliseconds: patience)
            if ready[1] { obeySignals() }
            let (keys, frames, answer) = (obeyKeys(ready[0]), takeFrames(), takeAnswer())
            let isDue = keys || frames || answer || now - drawnAt >= Self.tickSeconds
            if isDue, !isOver { draw() }
            ask()
        }
    }

    private var patience: Int32 {
        let deadlines = [drawnAt + Self.tickSeconds, connection.deadline].compactMap(\.self)
        let seconds = max((deadlines.min() ?? now) - now, 0)
        let milliseconds = Int32(min(seconds * 1000 + 1, 60_000))
        return min(milliseconds, screen.keyPatience ?? milliseconds)
    }

    private func draw() {
        drawnAt = now
        model.pass(to: drawnAt)
        let size = screen.size
        model.fit(view.capacity(model, size))
        screen.draw(view.lines(model, size))
    }

    // MARK: The person

    private func obeySignals() {
        for signal in receivedSignals(from: pipe) {
            switch signal {
            case SIGWINCH: draw()
            case SIGTSTP: stop()
            case SIGCONT:
                screen.takeAgain()
                draw()
            default: isOver = true
            }
        }
    }

    private func stop() {
        screen.stopProcess()
        // It goes on by SIGCONT, which needs no further answer.
        for signal in receivedSignals(from: pipe) where [SIGINT, SIGTERM, SIGHUP].contains(signal) {
            isOver = true
        }
        draw()
    }

    /// - Returns: Whether there were any.
    private func obeyKeys(_ areThere: Bool) -> Bool {
        let keys = areThere ? screen.keys() : screen.keyPatience == nil ? [] : screen.keysTimedOut()
        for key in keys where !isOver {
            switch model.press(key) {
            case .nothing: break
            case .leave: isOver = true
            case .stop: stop()
            case .redraw: screen.takeAgain()
            }
        }
        return !keys.isEmpty
    }

    // MARK: The gateway

    private func takeFrames() -> Bool {
        let now = now
        let events = connection.events(at: now)
        for event in events {
            switch event {
            case .frame(let frame): model.take(frame, at: now)
            case .lost(let reason): model.lose(reason)
            }
        }
        return !events.isEmpty
    }

    /// Asks for the past of what is shown, one question at a time.
    private func ask() {
        guard question == nil, model.link == .live else { return }
        let (now, missing) = (now, model.pointsWithoutPast)
        let isPlotDue = model.plottedPoint != nil && now >= nextQuestion
        var request = ControlRequest(.history)
        if let point = model.plottedPoint, model.plotIsEmpty || isPlotDue {
            (request.points, request.seconds) = ([point], Self.plotSeconds)
        } else if !missing.isEmpty, now >= nextQuestion || model.plottedPoint == nil {
            request.points = missing
            request.seconds = WatchTrail.pieceSeconds * Double(WatchTrail.pieces)
        } else {
            return
        }
        do throws(ControlClient.Failure) {
            question = try ControlStream(request, socket: socket)
        } catch {
            nextQuestion = now + Self.askSeconds
        }
    }

    private func takeAnswer() -> Bool {
        do throws(ControlClient.Failure) {
            guard let response = try question?.next() else { return false }
            if model.plottedPoint != nil { nextQuestion = now + Self.askSeconds }
            model.take(response.history ?? [], at: now)
        } catch {
            nextQuestion = now + Self.askSeconds
        }
        question = nil
        return true
    }
}
