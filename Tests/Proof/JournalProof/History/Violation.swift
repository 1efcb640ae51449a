/// A promise of the journal that does not hold.
public struct Violation: Error, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// It did not start, though the disk did not fail.
        case didNotStart = "did not start"
        /// An epoch was given out a second time.
        case epochTwice = "an epoch given out twice"
        /// A reading came back different from what was appended.
        case altered = "a reading that was changed"
        /// Something came back that nobody appended.
        case invented = "a reading or gap that nobody appended"
        /// An identity came twice in one pass.
        case duplicated = "an identity twice in one pass"
        /// What was committed did not come back.
        case lost = "a committed reading lost"
        /// What was lost before what came back was not named by a gap.
        case unnamed = "a loss without a gap record"
        /// A gap names readings that were to be had.
        case falseGap = "a gap over readings that are there"
        /// Sending does not come to an end, or goes backwards.
        case stuck = "sending does not advance"
        /// The disk healed and the journal did not.
        case notHealed = "not healed after the disk did"
        /// A bound was exceeded.
        case bound = "a bound exceeded"
        /// The proof did not come by what it is to prove.
        case untested = "something that was to be tried did not happen"
        /// A sequence number that does not follow.
        case sequence = "a sequence number out of order"
    }

    public let kind: Kind
    public let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    public var description: String { "\(kind.rawValue): \(text)" }
}
