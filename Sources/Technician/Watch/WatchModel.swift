import Console
import Gateway
import Telemetry

/// What `armadio watch` shows, and how keys change it. Frames and keys go in; nothing is waited for
/// and nothing written.
public struct WatchModel: Sendable {
    /// How the connection to the gateway is.
    public enum Link: Sendable, Hashable {
        case connecting
        case live
        /// Why it is gone; it is tried again.
        case lost(String)
    }

    /// What fills the screen.
    enum Page: Sendable, Hashable { case table, plot, help }

    /// The order of the points.
    enum Order: String, Sendable, CaseIterable {
        case name, age, quality
    }

    /// What a key asks of whoever has the terminal.
    public enum Wish: Sendable, Hashable { case nothing, leave, stop, redraw }

    /// The longest filter.
    private static let filterLength = 64
    /// The past of so many points is asked for at a time.
    private static let askedAtOnce = 50

    private let filters: [String]
    private var live = WatchPicture()
    private var frozen: WatchPicture?
    /// How the connection is.
    public private(set) var link = Link.connecting
    private(set) var page = Page.table
    private(set) var order = Order.name
    private(set) var filter = ""
    private(set) var isTyping = false
    private(set) var onlyBad = false
    /// The indices of the rows that are listed, in their order.
    private(set) var listed: [Int] = []
    /// Where in the list the marked row is, and the first that is shown.
    private(set) var cursor = 0
    private(set) var top = 0
    private var capacity = 1
    private(set) var history: HistoryReport?

    /// A model that has seen nothing.
    ///
    /// - Parameter filters: Only points that contain one of these; all if there is none.
    public init(filters: [String]) { self.filters = filters }

    /// What is shown: how it is, or how it was when it was held.
    var picture: WatchPicture { frozen ?? live }

    var isPaused: Bool { frozen != nil }

    /// The marked row; nil if none is listed.
    var marked: WatchPicture.Row? {
        listed.indices.contains(cursor) ? picture.rows[listed[cursor]] : nil
    }

    // MARK: What comes from the gateway

    /// Takes a look at the gateway in.
    public mutating func take(_ frame: LiveFrame, at now: Double) {
        link = .live
        let areOthers = live.take(frame, at: now)
        guard frozen == nil else { return }
        if areOthers || order != .name || onlyBad { list() }
    }

    /// Takes the past of a point in.
    public mutating func take(_ reports: [HistoryReport], at now: Double) {
        for report in reports {
            live.take(report, at: now)
            frozen?.take(report, at: now)
            if page == .plot, report.point == marked?.point, history == nil || !isPaused {
                history = report
            }
        }
    }

    /// The connection is gone, and why.
    public mutating func lose(_ reason: String) { link = .lost(printable(reason)) }

    /// Lets time pass.
    public mutating func pass(to now: Double) { live.pass(to: now) }

    /// Points that are on the screen and whose past is not yet known.
    public var pointsWithoutPast: [String] {
        let rows = listed.dropFirst(top).prefix(capacity).map { picture.rows[$0] }
        return rows.filter(\.trail.lacksPast).prefix(Self.askedAtOnce).map(\.point)
    }

    /// The point whose plot is shown; nil if none is.
    public var plottedPoint: String? { page == .plot ? marked?.point : nil }

    /// Whether the plot waits for what it shows.
    public var plotIsEmpty: Bool { page == .plot && history == nil }

    // MARK: The list

    private mutating func list() {
        let point = marked?.point
        let rows = picture.rows
        var indices = Array(rows.indices)
        indices.removeAll { !isWanted(rows[$0]) }
        switch order {
        case .name: indices.sort { rows[$0].sortKey < rows[$1].sortKey }
        case .age:
            indices.sort {
                rows[$0].sorting(by: rows[$0].readAt ?? 0, rows[$1], rows[$1].readAt ?? 0)
            }
        case .quality:
            indices.sort {
                rows[$0].sorting(by: rows[$0].isGood ? 1 : 0, rows[$1], rows[$1].isGood ? 1 : 0)
            }
        }
        listed = indices
        let place = point.flatMap { point in indices.firstIndex { rows[$0].point == point } }
        move(to: place ?? cursor)
    }

    private func isWanted(_ row: WatchPicture.Row) -> Bool {
        if onlyBad && row.isGood { return false }
        if !filters.isEmpty, !filters.contains(where: { row.point.contains($0) }) { return false }
        return filter.isEmpty || row.point.lowercased().contains(filter.lowercased())
    }

    private mutating func move(to place: Int) {
        let new = min(max(place, 0), max(listed.count - 1, 0))
        cursor = new
        if history?.point != marked?.point { history = nil }
        top = min(top, cursor)
        top = max(top, cursor - capacity + 1)
        top = min(top, max(listed.count - capacity, 0))
    }

    /// So many rows have room.
    public mutating func fit(_ rows: Int) {
        capacity = max(rows, 1)
        move(to: cursor)
    }

    // MARK: Keys

    /// Obeys a key.
    public mutating func press(_ key: Key) -> Wish {
        switch key {
        case .control("c"): return .leave
        case .control("z"): return .stop
        case .control("l"): return .redraw
        default: break
        }
        if isTyping {
            type(key)
            return .nothing
        }
        if page == .help {
            page = .table
            return .nothing
        }
        return obey(key)
    }

    private mutating func type(_ key: Key) {
        switch key {
        case .character(let letter) where filter.count < Self.filterLength: filter.append(letter)
        case .backspace: _ = filter.popLast()
        case .enter, .down, .tab: isTyping = false
        case .escape: (filter, isTyping) = ("", false)
        default: return
        }
        list()
    }

    private mutating func obey(_ key: Key) -> Wish {
        switch key {
        case .up, .character("k"): move(to: cursor - 1)
        case .down, .character("j"): move(to: cursor + 1)
        case .pageUp: move(to: cursor - capacity)
        case .pageDown: move(to: cursor + capacity)
        case .home: move(to: 0)
        case .end: move(to: listed.count - 1)
        case .enter: turn(to: page == .table && marked != nil ? .plot : .table)
        case .escape: return goBack()
        case .character("q"): return .leave
        case .character(let letter): obey(letter)
        default: break
        }
        return .nothing
    }

    private mutating func obey(_ letter: Character) {
        switch letter {
        case "/": (page, isTyping) = (.table, true)
        case "p", " ":
            frozen = frozen == nil ? live : nil
            list()
        case "s":
            let orders = Order.allCases
            order = orders[((orders.firstIndex(of: order) ?? 0) + 1) % orders.count]
            list()
        case "b":
            onlyBad.toggle()
            list()
        case "?", "h": page = .help
        default: break
        }
    }

    private mutating func goBack() -> Wish {
        if page == .plot {
            turn(to: .table)
        } else if !filter.isEmpty {
            filter = ""
            list()
        } else {
            return .leave
        }
        return .nothing
    }

    private mutating func turn(to page: Page) {
        self.page = page
        history = nil
    }
}

extension WatchPicture.Row {
    /// The smaller first, by their names among equals.
    fileprivate func sorting(by number: Double, _ other: Self, _ otherNumber: Double) -> Bool {
        number == otherNumber ? sortKey < other.sortKey : number < otherNumber
    }
}
