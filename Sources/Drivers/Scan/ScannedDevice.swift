import Buses
import Telemetry

/// A device that a scan has found, and what it says about itself.
public struct ScannedDevice: Sendable {
    /// Its unit id.
    public var unit: UInt8
    /// How the line was set when it answered.
    public var endpoint: ModbusEndpoint
    /// How long its first answer took.
    public var latency: Duration
    /// Whether it answers under every unit id that was asked.
    public var answersEveryUnit = false
    /// What it says by function 43, type 14, by object.
    public var identification: [UInt8: String] = [:]
    /// Its SunSpec models.
    public var sunSpec: SunSpecChain?
    /// Who it is by SunSpec's model 1.
    public var sunSpecIdentity: SunSpecIdentity?
    /// The profile that knows its registers.
    public var profile: String?
    /// A table whose first entry it gives.
    var readable: RegisterTable?
    var answer: UnitProbe.Answer

    /// Manufacturer, model, version and serial number, as far as it gives them.
    public var title: String? {
        let identity = sunSpecIdentity.map { identity in
            [
                identity.manufacturer, identity.model,
                identity.version.map { "version \($0)" }, identity.serial.map { "serial \($0)" },
            ].compactMap { $0 }
        }
        // Vendor, product name or code, model name, revision.
        let product = identification[4] ?? identification[1]
        let named = [
            identification[0], product, identification[5],
            identification[2].map { "version \($0)" },
        ]
        let words = identity ?? named.compactMap { $0 }
        let text = words.filter { !$0.isEmpty }.joined(separator: ", ").onOneLine
        return text.isEmpty ? nil : String(text.prefix(Self.longestTitle))
    }

    /// Some devices tell a story where others have a name.
    private static let longestTitle = 100

    /// Whether nothing tells the two apart but their unit ids.
    func isLike(_ other: ScannedDevice) -> Bool {
        answer == other.answer && identification == other.identification
            && sunSpec == other.sunSpec && sunSpecIdentity == other.sunSpecIdentity
            && profile == other.profile
    }

    /// libmodbus's server thinks for half a second before it refuses a function that it does not
    /// know, and is deaf meanwhile.
    private static let identificationTimeout = Duration.seconds(1)

    /// Asks a device that is there who it is.
    mutating func identify(
        on bus: any ModbusBus, timeout: Duration, profiles: [any ProfileRecognizer]
    ) async {
        for table in [RegisterTable.holding, .input, .coil, .discrete] {
            if await gives(table, on: bus, timeout) {
                readable = table
                break
            }
        }
        do throws(BusError) {
            identification = try await bus.identification(
                unit: unit, responseTimeout: max(timeout, Self.identificationTimeout))
        } catch {
            // Most devices do not know the function.
        }
        do throws(BusError) {
            let reader = HoldingReader(bus: bus, unit: unit, responseTimeout: timeout)
            sunSpec = try await SunSpecDiscovery(reader).chain()
            if let sunSpec {
                sunSpecIdentity = try await SunSpecIdentity(of: sunSpec, reader)
            }
        } catch {
            // What it has been found to be so far stays.
        }
        for recognizer in profiles where profile == nil {
            profile = await recognizer.profile(of: unit, on: bus, timeout: timeout)
        }
    }

    private func gives(
        _ table: RegisterTable, on bus: any ModbusBus, _ timeout: Duration
    ) async -> Bool {
        let block = RegisterBlock(table: table, start: 0, length: 1, members: [])
        do throws(BusError) {
            _ = try await bus.transfer(
                ModbusRequest(unit: unit, block.operation, responseTimeout: timeout))
            return true
        } catch {
            return false
        }
    }
}

/// Knows devices by their registers: the profiles, as far as they have such a mark.
public protocol ProfileRecognizer: Sendable {
    /// The name of the profile that fits the device; nil if none does.
    func profile(of unit: UInt8, on bus: any ModbusBus, timeout: Duration) async -> String?
}

extension String {
    /// The text without anything that ends a line or steers a terminal.
    var onOneLine: String {
        let scalars = unicodeScalars.map { scalar in
            let isPlain =
                scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                && ![0x2028, 0x2029].contains(scalar.value)
            return isPlain ? Character(scalar) : " "
        }
        return String(scalars)
    }
}
