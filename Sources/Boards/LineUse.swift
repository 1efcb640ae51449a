/// A point of a configuration that takes a line.
public struct LineUse: Sendable, Hashable {
    /// Who takes it, such as `door/contact`.
    public var user: String
    /// The line as the configuration has it: NAME, or CHIP:OFFSET.
    public var line: String

    /// A line and who takes it.
    public init(user: String, line: String) {
        self.user = user
        self.line = line
    }
}

extension Board {
    /// Who takes which place; two that take the same one stand side by side. A line on no place
    /// of the profile is left out.
    public func users(of uses: [LineUse]) -> [LinePlace: String] {
        var users: [LinePlace: String] = [:]
        for use in uses {
            guard let place = place(of: use.line) else { continue }
            users[place] = users[place].map { $0 + ", " + use.user } ?? use.user
        }
        return users
    }
}
