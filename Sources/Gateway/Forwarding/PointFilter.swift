import Telemetry

/// Which points are meant: all, or those that patterns name, without others. A pattern is
/// `DEVICE`, `DEVICE/POINT`, and `*` stands for any text in either.
public struct PointFilter: Sendable, Hashable {
    /// Every point.
    public static let all = PointFilter(only: nil, except: [])
    /// No point.
    public static let none = PointFilter(only: [], except: [])

    private let only: [String]?
    private let except: [String]

    /// The points that one of `only` names, all with nil, and none of `except`.
    public init(only: [String]?, except: [String]) {
        self.only = only
        self.except = except
    }

    /// Whether every point is meant.
    public var takesAll: Bool { only == nil && except.isEmpty }

    /// Whether a point is meant.
    public func takes(_ point: Point) -> Bool {
        (only?.contains { Self.matches(point, $0) } ?? true)
            && !except.contains { Self.matches(point, $0) }
    }

    /// Whether a pattern names a point.
    public static func matches(_ point: Point, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "/", maxSplits: 1)
        guard let device = parts.first, matches(point.device[...], device) else { return false }
        return parts.count == 1 || matches(point.name[...], parts[1])
    }

    /// Whether a text is what a pattern with `*` says.
    private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else {
            return text == pattern
        }
        guard text.hasPrefix(first), text.utf8.count >= first.utf8.count + last.utf8.count,
            text.hasSuffix(last)
        else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let place = place(of: piece, in: rest) else { return false }
            rest = rest[place...].dropFirst(piece.count)
        }
        return true
    }

    private static func place(of piece: Substring, in text: Substring) -> Substring.Index? {
        text.indices.first { text[$0...].hasPrefix(piece) }
    }
}

/// A filter with its answers worked out, by the points' ids.
struct PointSieve {
    let filter: PointFilter
    private let points: PointTable
    private var answers: [Bool?] = []

    init(_ filter: PointFilter, points: PointTable) {
        self.filter = filter
        self.points = points
    }

    mutating func takes(_ id: PointID) -> Bool {
        if filter.takesAll { return true }
        let index = Int(id.index)
        if index < answers.count, let known = answers[index] { return known }
        guard let point = points[id] else { return false }
        if index >= answers.count {
            answers += [Bool?](repeating: nil, count: index + 1 - answers.count)
        }
        let answer = filter.takes(point)
        answers[index] = answer
        return answer
    }
}
