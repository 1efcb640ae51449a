import Telemetry

/// What data sheets, other programs and habit call something: words that no spelling leads from to
/// the one that is known here.
enum Synonyms {
    private static let keys: [(words: [String], meant: [String])] = [
        (
            [
                "slave", "slave-id", "slaveid", "slave-address", "station", "station-id", "unit",
                "node", "node-id", "device-id", "modbus-id", "id", "address", "server-id",
            ], ["unit-id"]
        ),
        (["baudrate", "baud-rate", "bps", "speed", "bitrate", "rate"], ["baud"]),
        (
            ["word-order", "byte-order", "byteorder", "wordorder", "endian", "endianness"],
            ["order"]
        ),
        (
            ["register", "reg", "address", "addr", "register-address", "offset-address"],
            ["holding"]
        ),
        (["ip", "ip-address", "hostname", "address", "server"], ["host", "broker"]),
        (["url", "uri", "host", "address", "server"], ["broker"]),
        (["user", "login", "user-name"], ["username"]),
        (["pass", "passwd", "pw", "secret"], ["password"]),
        (["authority", "ca-file", "cafile", "ca-cert", "cacert", "root"], ["ca"]),
        (["cert", "cert-file", "crt", "pem"], ["certificate"]),
        (
            ["period", "poll", "polling", "poll-interval", "scan-rate", "every", "cycle", "rate"],
            ["interval"]
        ),
        (["timeout"], ["response-timeout"]),
        (["stop", "stopbit"], ["stop-bits"]),
        (["datatype", "data-type", "format", "encoding"], ["type"]),
        (["factor", "multiplier", "gain", "multiply"], ["scale"]),
        (["tty", "device", "path"], ["port"]),
        (["writeable", "write", "rw"], ["writable"]),
    ]

    private static let values: [String: [String]] = [
        "float": ["float32"], "real": ["float32"], "single": ["float32"], "f32": ["float32"],
        "double": ["float64"], "lreal": ["float64"], "f64": ["float64"],
        "int": ["int16"], "integer": ["int16"], "short": ["int16"], "s16": ["int16"],
        "uint": ["uint16"], "word": ["uint16"], "ushort": ["uint16"], "u16": ["uint16"],
        "dint": ["int32"], "long": ["int32"], "s32": ["int32"],
        "dword": ["uint32"], "udint": ["uint32"], "ulong": ["uint32"], "u32": ["uint32"],
        "boolean": ["bool"], "bit": ["bool"], "text": ["string"], "ascii": ["string"],
        "e": ["even"], "8e1": ["even"], "o": ["odd"], "8o1": ["odd"], "n": ["none"],
        "8n1": ["none"], "no": ["none"], "off": ["none"],
    ]

    /// The key that is meant.
    static func key(_ word: String, among free: [String]) -> String? {
        let word = word.lowercased().replacing("_", with: "-")
        for synonym in keys where synonym.words.contains(word) {
            if let key = synonym.meant.first(where: free.contains) { return key }
        }
        return nil
    }

    /// The choice that is meant.
    static func value(_ word: String, among choices: [String]) -> String? {
        values[word.lowercased()]?.first(where: choices.contains)
    }
}
