/// What a client is sent again and again.
public struct ControlFeed: Sendable {
    /// How long it waits between two looks.
    public var interval: Duration
    /// What there is to send since the last call; nil for nothing. Called only when the client has
    /// read all before; must not block.
    public var next: @Sendable () -> ControlResponse?

    /// A feed.
    public init(interval: Duration, next: @escaping @Sendable () -> ControlResponse?) {
        self.interval = interval
        self.next = next
    }
}
