import FoundationEssentials
import TestSupport
import Testing

@testable import Drivers

/// The tables of SunSpec points against the model definitions that pysunspec2 brings along.
@Suite struct SunSpecTableTests {
    private struct Definition: Decodable {
        var offset: Int
        var type: String
        var size: Int
        var units: String?
        var factor: Int?
    }

    private static func definitions() async throws -> [String: [String: Definition]] {
        let outcome = try await TestProcess(support: "sunspec-client").run()
        #expect(outcome.errors == "")
        return try JSONDecoder().decode(
            [String: [String: Definition]].self, from: Data(outcome.output.utf8))
    }

    @Test func everyPointIsWhereItsModelHasIt() async throws {
        let definitions = try await Self.definitions()
        for model in SunSpecModel.all {
            let known = try #require(definitions["\(model.id)"])
            for point in model.points(trackers: 1) {
                let name = original(point, of: model)
                guard let definition = known[name] else {
                    Issue.record("model \(model.id) has no \(name)")
                    continue
                }
                #expect(point.offset == definition.offset, "\(model.id) \(name)")
                #expect(point.type.registers == definition.size, "\(model.id) \(name)")
                #expect(
                    typeName(point.type) == definition.type.replacing("count", with: "uint16"),
                    "\(model.id) \(name)")
                #expect(point.factor == definition.factor, "\(model.id) \(name)")
                #expect(point.unit.symbol == unit(definition.units), "\(model.id) \(name)")
            }
        }
    }

    /// Nothing that can be measured is missing, and no name is given twice.
    @Test func everyMeasuredPointIsThere() async throws {
        let definitions = try await Self.definitions()
        for model in SunSpecModel.all {
            let points = model.points(trackers: 1)
            #expect(Set(points.map(\.name)).count == points.count)
            let own = Set(points.map { original($0, of: model) })
            let known = try #require(definitions["\(model.id)"])
            let missing = known.filter { name, definition in
                definition.units != nil && !own.contains(name)
            }
            // What the battery is asked for, not what it does.
            #expect(Set(missing.keys).isSubset(of: ["ReqW", "TmsPer"]), "\(model.id)")
        }
    }

    /// Models 201 and 202 write `PPVphAB` and so on for what the others call `PhVphAB`.
    private func original(_ point: SunSpecPoint, of model: SunSpecModel) -> String {
        if point.name.hasPrefix("mppt-1-") { return "module." + point.original }
        let isLineVoltage = point.name.hasPrefix("voltage-") && point.original.count == 7
        return model.id == 201 && isLineVoltage
            ? "PPVph" + point.original.suffix(2) : point.original
    }

    private func unit(_ text: String?) -> String {
        switch text {
        case "C": "Cel"
        case "Pct", "%WHRtg": "%"
        case "Secs": "s"
        default: text ?? ""
        }
    }

    private func typeName(_ type: SunSpecType) -> String {
        switch type {
        case .int16: "int16"
        case .uint16: "uint16"
        case .uint32: "uint32"
        case .acc32: "acc32"
        case .bitfield32: "bitfield32"
        case .float32: "float32"
        case .enum16: "enum16"
        case .string: "string"
        }
    }
}
