import TestSupport
import Testing

@testable import Drivers

@Suite struct ExpressionTests {
    @Test(arguments: [
        ("raw", 7, 7), ("2 + 3 * 4", 0, 14), ("(2 + 3) * 4", 0, 20), ("10 - 4 - 3", 0, 3),
        ("24 / 4 / 2", 0, 3), ("-7 % 3", 0, -1), ("7 % -3", 0, 1), ("5.5 % 2", 0, 1.5),
        ("1 << 2 + 1", 0, 8), ("6 & 3 << 1", 0, 6), ("1 | 6 ^ 5 & 4", 0, 3),
        // Tighter than a comparison, as a technician means it; in C it would be `raw & 1`.
        ("raw & 0x8000 == 0x8000", 0x8001, 1), ("raw & 2 == 2", 1, 0),
        ("1 < 2 && 3 < 2 || 4 >= 4", 0, 1), ("1 || 0 && 0", 0, 1), ("5 && 7", 0, 1),
        ("!raw", 0, 1), ("!raw == 1", 3, 0), ("~0", 0, -1), ("- -raw", 3, 3), ("!!raw", 9, 1),
        ("raw > 1 ? 10 : raw > 0 ? 20 : 30", 1, 20), ("1 ? 2 ? 3 : 4 : 5", 0, 3),
        ("raw == 0 ? 0 : 1 / raw", 0, 0), ("raw == 0 || 1 / raw > 0", 0, 1),
        ("raw != 0 && 1 / raw > 0", 0, 0),
        ("min(raw, 3) + max(raw, 3)", 5, 8), ("abs(-2.5)", 0, 2.5), ("round(-2.5)", 0, -3),
        ("floor(-2.5)", 0, -3), ("ceil(-2.5)", 0, -2), ("sqrt(raw)", 9, 3),
        ("0x10 + 1e2 + 1.5e-1 + 0.5", 0, 116.65), ("raw >> 4", -17, -2), ("-raw", 0, 0),
        // KinCony SHT30: negative temperatures are 10000 + x.
        ("raw > 10000 ? 10000 - raw : raw", 10_055, -55),
        ("raw > 10000 ? 10000 - raw : raw", 231, 231),
        ("raw > 32767 ? 10000 - raw : raw", 40_000, -30_000),
    ])
    func isComputed(text: String, raw: Double, result: Double) throws {
        #expect(try Expression(text).evaluate(raw: raw) == result)
    }

    @Test(arguments: [
        ("1 / raw", 0), ("raw / 0", 0), ("raw % 0", 5), ("1e308 * 10", 0), ("sqrt(raw)", -1),
        ("raw & 1", 0.5), ("raw << 64", 1), ("raw << -1", 1), ("raw >> 64", 1),
        ("1 << 60", 0), ("raw << 53", 2), ("raw | 0", 1e17), ("~raw", 9_007_199_254_740_992),
        ("1 / raw > 5 ? 1 : 2", 0), ("raw", .nan), ("raw > 0", .infinity),
        ("min(1, 1 / raw)", 0),
    ])
    func hasNoResult(text: String, raw: Double) throws {
        #expect(try Expression(text).evaluate(raw: raw) == nil)
    }

    @Test(arguments: [
        ("", 1, "the end where a number"), ("raw +", 6, "the end where a number"),
        ("(raw", 5, "the end where a closing parenthesis"), ("raw)", 4, "`)` where an operator"),
        ("raw raw", 5, "`raw` where an operator"), ("raw = 1", 5, "`=` means nothing here"),
        ("raw ? 1", 8, "the end where the second branch"), ("ra + 1", 1, "`ra` is not known"),
        ("raw and 1", 5, "`and` where an operator"), ("1 < raw < 3", 9, "cannot be chained"),
        ("min(raw)", 8, "takes two numbers"), ("abs(raw, 1)", 8, "`abs` takes one"),
        ("0,5 * raw", 2, "`,` where an operator"), (".5", 1, "`.` means nothing here"),
        ("1e", 1, "`1e` is not a number"), ("1.", 1, "`1.` is not a number"),
        ("0x", 1, "`0x` is not a number"), ("0x20000000000001", 1, "is not a number"),
        ("1e999", 1, "is not a number"), ("raw × 2", 5, "`×` means nothing here"),
        ("raw; 1", 4, "`;` means nothing here"), ("min raw", 5, "where `min(`"),
    ])
    func isRefused(text: String, column: Int, what: String) {
        let flaw = #expect(throws: ExpressionFlaw.self) { try Expression(text) }
        #expect(flaw?.column == column)
        #expect(flaw?.what.contains(what) == true, "\(flaw?.what ?? "")")
        #expect(flaw?.mend.isEmpty == false)
    }

    @Test func advisesWhatWasMeant() {
        let cases = [
            ("not raw", "write !"), ("rwa", "did you mean `raw`?"), ("rond(1)", "`round`"),
            ("value * 2", "called `raw`"), ("raw = 1", "write =="), ("min(0,5, 1)", "point"),
        ]
        for (text, advice) in cases {
            let flaw = #expect(throws: ExpressionFlaw.self) { try Expression(text) }
            #expect(flaw?.mend.contains(advice) == true, "\(text): \(flaw?.mend ?? "")")
        }
    }

    @Test func sizeIsBounded() throws {
        let sum = Array(repeating: "raw", count: 32).joined(separator: "+")
        #expect(try Expression(sum).evaluate(raw: 2) == 64)
        #expect(throws: ExpressionFlaw.self) { try Expression(sum + "+raw") }
        let nested = String(repeating: "(", count: 31) + "raw" + String(repeating: ")", count: 31)
        #expect(try Expression(nested).evaluate(raw: 2) == 2)
        #expect(throws: ExpressionFlaw.self) { try Expression("(" + nested + ")") }
        #expect(throws: ExpressionFlaw.self) { try Expression(String(repeating: "-", count: 255)) }
        #expect(throws: ExpressionFlaw.self) { try Expression(String(repeating: " ", count: 257)) }
    }

    /// Whatever is written there, it is computed or refused.
    @Test(arguments: 0..<10)
    func noTextTraps(seed: Int) {
        var generator = SplitMix(seed: UInt64(seed))
        let words = [
            "raw", "1", "0x", "0xFF", "1e", ".", ",", "(", ")", "?", ":", "-", "!", "~", "+", "*",
            "/", "%", "<<", ">>", "&", "|", "^", "&&", "||", "==", "<", "min", "abs(", "max(", " ",
            "9e308", "é", "\u{1F600}", "\u{0}", "٣", "=", "raw)", "(raw",
        ]
        var understood = 0
        for _ in 0..<3000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }
                .joined(separator: Bool.random(using: &generator) ? " " : "")
            do throws(ExpressionFlaw) {
                let result = try Expression(text).evaluate(
                    raw: Double(bitPattern: generator.next()))
                #expect(result?.isFinite != false)
                understood += 1
            } catch {
                #expect((1...text.count + 1).contains(error.column))
            }
        }
        #expect(understood > 0)
    }
}
