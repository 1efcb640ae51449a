/// A setting that is one value, or a group of keys where there is more to say:
/// `writable: true`, or `writable: {max: 100}`.
public enum ScalarOrFields<Scalar: Decodable & Sendable, Fields: Decodable & Sendable>:
    Decodable, Sendable
{
    /// The one value.
    case scalar(Scalar)
    /// The group of keys.
    case fields(Fields)

    /// Decodes either with any decoder.
    public init(from decoder: any Decoder) throws {
        do {
            self = .scalar(try decoder.singleValueContainer().decode(Scalar.self))
        } catch {
            self = .fields(try Fields(from: decoder))
        }
    }
}

extension ScalarOrFields: Equatable where Scalar: Equatable, Fields: Equatable {}
extension ScalarOrFields: Hashable where Scalar: Hashable, Fields: Hashable {}
