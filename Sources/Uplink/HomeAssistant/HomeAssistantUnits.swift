import Telemetry

/// What a SenML unit is in Home Assistant.
struct HomeAssistantUnit {
    /// Its symbol there; nil for none.
    var symbol: String?
    /// The device class of such a sensor; nil where none takes the unit, or it would only guess.
    var deviceClass: String?
    /// `measurement`, or `total_increasing` for what a meter counts.
    var stateClass = "measurement"

    init(_ unit: Unit) {
        let known = Self.known[unit.symbol]
        symbol = known?.symbol ?? (unit == .none ? nil : unit.symbol)
        deviceClass = known?.deviceClass
        if deviceClass == "energy" { stateClass = "total_increasing" }
    }

    /// homeassistant/components/sensor/const.py, DEVICE_CLASS_UNITS: a class with another unit is
    /// complained of, so only those are here that every version since device discovery takes.
    private static let known: [String: (symbol: String?, deviceClass: String?)] = [
        "Cel": ("°C", "temperature"), "K": ("K", "temperature"), "V": ("V", "voltage"),
        "mV": ("mV", "voltage"), "A": ("A", "current"), "mA": ("mA", "current"),
        "W": ("W", "power"), "kW": ("kW", "power"), "Wh": ("Wh", "energy"),
        "kWh": ("kWh", "energy"), "VA": ("VA", "apparent_power"), "var": ("var", "reactive_power"),
        "Hz": ("Hz", "frequency"), "MHz": ("MHz", "frequency"), "%RH": ("%", "humidity"),
        "Pa": ("Pa", "pressure"), "hPa": ("hPa", "pressure"), "lx": ("lx", "illuminance"),
        "W/m2": ("W/m²", "irradiance"), "m": ("m", "distance"), "cm": ("cm", "distance"),
        "mm": ("mm", "distance"), "km": ("km", "distance"), "m/s": ("m/s", "speed"),
        "km/h": ("km/h", "speed"), "ms": ("ms", "duration"), "s": ("s", "duration"),
        "min": ("min", "duration"), "h": ("h", "duration"), "g": ("g", "weight"),
        "kg": ("kg", "weight"), "dBm": ("dBm", "signal_strength"), "B": ("B", "data_size"),
        "bit/s": ("bit/s", "data_rate"), "Mbit/s": ("Mbit/s", "data_rate"),
        "B/s": ("B/s", "data_rate"), "MB/s": ("MB/s", "data_rate"),
        "mm/h": ("mm/h", "precipitation_intensity"), "pH": (nil, "ph"), "m2": ("m²", nil),
        "m3": ("m³", nil), "m3/s": ("m³/s", nil), "l": ("L", nil), "l/s": ("L/s", nil),
        "deg": ("°", nil), "Ohm": ("Ω", nil), "ug/m3": ("µg/m³", nil), "EL": ("%", nil),
        "%EL": ("%", nil), "/": (nil, nil), "count": (nil, nil),
    ]
}
