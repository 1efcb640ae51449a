import Console
import Drivers
import Telemetry

/// What `armadio decode` shows, within 80 columns.
struct DecodeReport {
    var dump: RegisterDump
    var known: [KnownValue]
    /// How far a known value may be off; 0.1 is 10 %.
    var tolerance: Double
    /// Whether 64-bit readings are shown.
    var isWide: Bool

    /// So many candidates are shown for each known value.
    private static let mostCandidates = 8
    /// How wide a line may be.
    private static let width = 80

    private static let orders: [WordOrder] = [.abcd, .cdab, .badc, .dcba]

    // MARK: As text

    var text: String {
        var sections = known.map(candidates)
        sections.append(single)
        for type in [NumberType.float32, .uint32, .int32] { sections.append(section(type)) }
        if isWide {
            // Four of their numbers do not fit into a line.
            for type in [NumberType.float64, .uint64, .int64] {
                sections.append(section(type, Array(Self.orders.prefix(2))))
                sections.append(section(type, Array(Self.orders.suffix(2))))
            }
        }
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func candidates(_ known: KnownValue) -> String {
        let all = DecodeCandidate.find(known, in: dump.words, tolerance: tolerance)
        let title = "like \(known.value.plainText) \(known.unit)"
        guard !all.isEmpty else { return title + ": nothing comes near" }
        let shown = all.prefix(Self.mostCandidates)
        let rows = shown.map { candidate in
            let (line, value) = (candidate.line(in: dump.window), significant(candidate.value))
            let row = "  \(line)  # \(value)"
            return row.count <= Self.width ? row : "  \(line)\n    # \(value)"
        }
        let rest = all.count - shown.count
        return ([title + ", the most likely first:"] + rows).joined(separator: "\n")
            + (rest > 0 ? "\n  and \(rest) less likely ones" : "")
    }

    private func address(_ index: Int) -> String { "\(dump.window.start + index)" }

    /// Each register by itself.
    private var single: String {
        let rows = dump.words.enumerated().map { index, word in
            [address(index)]
                + (word.map { [hex($0), "\($0)", "\(Int16(bitPattern: $0))", ascii($0)] }
                    ?? ["-", "-", "-", "-"])
        }
        return table([heading, "HEX", "UINT16", "INT16", "TEXT"], rows)
    }

    private var heading: String { "\(dump.window.table)".uppercased() }

    private func section(_ type: NumberType, _ orders: [WordOrder] = Self.orders) -> String {
        let rows = dump.words.indices.compactMap { index -> [String]? in
            let cells = orders.map { order in
                RegisterGuess(index: index, type: type, order: order).number(in: dump.words)
                    .map { $0.description } ?? "-"
            }
            return cells.allSatisfy { $0 == "-" } ? nil : [address(index)] + cells
        }
        guard !rows.isEmpty else { return "" }
        return table([type.rawValue.uppercased()] + orders.map(\.rawValue), rows)
    }

    private func hex(_ word: UInt16) -> String {
        let digits = String(word, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// The two bytes as ASCII; a point for what is no printable character.
    private func ascii(_ word: UInt16) -> String {
        String(
            [UInt8(word >> 8), UInt8(word & 0xFF)].map { byte in
                (0x20...0x7E).contains(byte) ? Character(Unicode.Scalar(byte)) : "."
            })
    }

    /// Enough digits to compare a value with a display.
    private func significant(_ value: Double) -> String {
        value.magnitude >= 1000 ? decimal(value, 1) : decimal(value, 3)
    }

    // MARK: As JSON

    struct Document: Encodable {
        struct Register: Encodable {
            var address: Int
            var hex: String?
            /// By type and order, such as `float32.CDAB`, the number as text.
            var readings: [String: String]
        }

        struct Candidate: Encodable {
            var like: String
            var configuration: String
            var value: Double
        }

        var table: String
        var registers: [Register]
        var candidates: [Candidate]
    }

    var document: Document {
        Document(
            table: "\(dump.window.table)",
            registers: dump.words.enumerated().map(register),
            candidates: known.flatMap { known in
                DecodeCandidate.find(known, in: dump.words, tolerance: tolerance).map {
                    Document.Candidate(
                        like: known.value.plainText + known.unit.symbol,
                        configuration: $0.line(in: dump.window), value: $0.value)
                }
            })
    }

    private func register(_ index: Int, _ word: UInt16?) -> Document.Register {
        var readings: [String: String] = [:]
        for type in NumberType.allCases {
            for order in type.orders {
                let guess = RegisterGuess(index: index, type: type, order: order)
                readings["\(type.rawValue).\(order.rawValue)"] =
                    guess.number(in: dump.words)?.description
            }
        }
        return Document.Register(
            address: dump.window.start + index, hex: word.map(hex), readings: readings)
    }
}
