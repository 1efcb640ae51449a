import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// The same computed by others: Python's own arithmetic and `struct`, and pymodbus.
@Suite struct PythonReferenceTests {
    /// The lines that a program of Tests/Support prints, cut at tabs.
    private func lines(_ program: String, _ arguments: String...) async throws -> [[Substring]] {
        let support = TestProcess.packageFolder + "/Tests/Support/"
        let outcome = try await TestProcess([support + "python", support + program] + arguments)
            .run()
        #expect(outcome.errors == "")
        try #require(outcome.code == 0)
        return outcome.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
    }

    @Test func expressionsAreWhatPythonMakesOfThem() async throws {
        let count = 5000
        var (tooLarge, none) = (0, 0)
        let lines = try await lines("expressions.py", "\(count)", "17")
        #expect(lines.count == count)
        for line in lines {
            let raw = try #require(Double(line[1]))
            do throws(ExpressionFlaw) {
                let result = try Expression(String(line[0])).evaluate(raw: raw)
                // Python's -0.0 is equal to 0.
                #expect(result == Double(line[2]), "\(line[0]) at \(raw)")
                if result == nil { none += 1 }
            } catch {
                #expect(error.what.contains("at most"), "\(line[0]): \(error)")
                tooLarge += 1
            }
        }
        #expect(tooLarge < count / 50)
        #expect(none > count / 20 && none < count * 3 / 4)
    }

    @Test func registersAreThoseOfStructAndPymodbus() async throws {
        let lines = try await lines("register-values.py", "50", "23")
        let types = Set(lines.map { $0[0] })
        #expect(types.count == RegisterType.allCases.count - 2)
        for line in lines {
            let type = try #require(RegisterType(rawValue: String(line[0])))
            let order = try WordOrder(text: String(line[1]))
            let words = try words(line[3])
            let value = try value(line[2], type)
            let codec = RegisterCodec(type: type, order: order, registers: type.registers)
            let (read, quality) = codec.decode(words, from: 0)
            #expect(quality == .good)
            if type == .float32 {
                // struct widens the float, this codec gives the shortest decimal of it.
                #expect(read?.asDouble.map(Float.init) == value.asDouble.map(Float.init))
            } else {
                #expect(read == value, "\(line)")
            }
            #expect(codec.encode(value) == words, "\(line)")
        }
    }

    private func words(_ text: Substring) throws -> [UInt16] {
        let digits = Array(text)
        return try stride(from: 0, to: digits.count, by: 4).map {
            try #require(UInt16(String(digits[$0..<$0 + 4]), radix: 16))
        }
    }

    private func value(_ text: Substring, _ type: RegisterType) throws -> Value {
        switch type.kind {
        case .signed: .int64(try #require(Int64(text)))
        case .float: .double(try #require(Double(text)))
        default: .uint64(try #require(UInt64(text)))
        }
    }
}
