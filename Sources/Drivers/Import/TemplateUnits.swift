import Telemetry

/// The units of templates in symbols of the SenML registry.
enum TemplateUnits {
    /// A unit, and what a number in the template's unit is multiplied with to be in it.
    struct Match: Equatable {
        var symbol: String
        var factor = 1.0
    }

    /// The unit of a control type, which Wiren Board's conventions fix; nil if it has none.
    static func unit(ofControl type: String) -> String? { controls[type] }

    /// The match of a unit as templates write it; nil if the registry has nothing like it.
    static func match(_ text: String) -> Match? {
        let plain = text.filter { $0 != " " }
        if let match = spellings[plain] { return match }
        return Unit(plain).map { Match(symbol: $0.symbol) }
    }

    /// Of Wiren Board's conventions of MQTT topics, where they name a unit.
    private static let controls: [String: String] = [
        "temperature": "deg C", "rel_humidity": "%, RH", "atmospheric_pressure": "mbar",
        "rainfall": "mm/h", "wind_speed": "m/s", "power": "W", "power_consumption": "kWh",
        "voltage": "V", "water_flow": "m^3/h", "water_consumption": "m^3", "resistance": "Ohm",
        "concentration": "ppm", "heat_power": "Gcal/h", "heat_energy": "Gcal", "lux": "lx",
        "pressure": "bar", "current": "A", "sound_level": "dB",
    ]

    private static let spellings: [String: Match] = [
        "°C": .init(symbol: "Cel"), "degC": .init(symbol: "Cel"), "C": .init(symbol: "Cel"),
        "℃": .init(symbol: "Cel"), "°С": .init(symbol: "Cel"), "%,RH": .init(symbol: "%RH"),
        "%RH": .init(symbol: "%RH"), "mbar": .init(symbol: "hPa"),
        "bar": .init(symbol: "hPa", factor: 1000), "kPa": .init(symbol: "Pa", factor: 1000),
        "MPa": .init(symbol: "Pa", factor: 1e6), "m^3": .init(symbol: "m3"),
        "m³": .init(symbol: "m3"), "lux": .init(symbol: "lx"),
        "Ω": .init(symbol: "Ohm"), "ohm": .init(symbol: "Ohm"),
        "kOhm": .init(symbol: "Ohm", factor: 1000), "MOhm": .init(symbol: "Ohm", factor: 1e6),
        "MWh": .init(symbol: "kWh", factor: 1000), "MW": .init(symbol: "kW", factor: 1000),
        "kV": .init(symbol: "V", factor: 1000), "sec": .init(symbol: "s"),
        "day": .init(symbol: "h", factor: 24), "rpm": .init(symbol: "1/min"),
        "RPM": .init(symbol: "1/min"), "deg": .init(symbol: "deg"), "°": .init(symbol: "deg"),
        "L": .init(symbol: "l"), "kHz": .init(symbol: "Hz", factor: 1000),
        "VAR": .init(symbol: "var"),
        "Var": .init(symbol: "var"), "kVAR": .init(symbol: "kvar"), "kVar": .init(symbol: "kvar"),
        "kvarh": .init(symbol: "kvarh"), "varh": .init(symbol: "varh"),
        "µg/m³": .init(symbol: "ug/m3"), "ug/m^3": .init(symbol: "ug/m3"),
        "mcg/m^3": .init(symbol: "ug/m3"), "kOm": .init(symbol: "Ohm", factor: 1000),
        "uS/cm": .init(symbol: "S/m", factor: 1e-4),
    ]
}
