extension CheckTests.Mistake {
    /// What people write, and what they are told.
    static let common = inShape + inValues

    private static let inShape: [CheckTests.Mistake] = [
        .init(
            "a tab",
            "    driver: gpio",
            "\tdriver: gpio",
            "25:1: the line is indented with a tab; indent with blanks"),
        .init(
            "a colon forgotten",
            "    bus: plc\n",
            "    bus plc\n",
            "19:5: this line is not `key: value`; put `: ` behind the key, with a blank "
                + "after the colon"),
        .init(
            "no blank behind the colon",
            "bus: plc",
            "bus:plc",
            "19:5: this line is not `key: value`; put `: ` behind the key, with a blank "
                + "after the colon"),
        .init(
            "a unit id that none has",
            "unit-id: 2",
            "unit-id: 300",
            "20:14: `unit-id` is 300, which is out of range; write a number from 0 to 255"),
        .init(
            "a key twice",
            "    interval: 10s",
            "    interval: 10s\n    unit-id: 1",
            "17:5: `unit-id` is here twice, the first time in line 15; remove one, or "
                + "give it another name"),
        .init(
            "a key nearly right",
            "interval: 10s",
            "intervall: 10s",
            "16:5: unknown key `intervall` in `meter-1`; did you mean `interval`?"),
        .init(
            "a key with an underscore",
            "unit-id: 2",
            "unit_id: 2",
            "20:5: unknown key `unit_id` in `drive-1`; did you mean `unit-id`?"),
        .init(
            "a key from the data sheet",
            "unit-id: 2",
            "slave: 2",
            "20:5: unknown key `slave` in `drive-1`; did you mean `unit-id`?"),
        .init(
            "a key from another program",
            "order: CDAB",
            "word-order: little",
            "22:44: unknown key `word-order` in `speed`; did you mean `order`?"),
        .init(
            "a section misspelled",
            "uplink:",
            "uplnk:",
            "2:1: unknown key `uplnk` at the top level; did you mean `uplink`?"),
        .init(
            "a bus that is not there",
            "bus: plc",
            "bus: plc-1",
            "19:10: there is no bus `plc-1`; the buses are: plc, line-1"),
        .init(
            "a blank in a name",
            "      speed:",
            "      motor speed:",
            "22:7: `motor speed` cannot be a name; use 1 to 64 of A-Z a-z 0-9 - : . _ "
                + "and begin with a letter or digit"),
        .init(
            "a name in German",
            "gateway: cabinet-0042",
            "gateway: Schaltschrank Süd",
            "1:10: `Schaltschrank Süd` cannot be a name; use 1 to 64 of A-Z a-z 0-9 - : "
                + ". _ and begin with a letter or digit"),
        .init(
            "an interval without a unit",
            "interval: 10s",
            "interval: 5",
            "16:15: `interval`: `5` has no unit; write us, ms, s, m, h or d behind the "
                + "number, such as 10s"),
        .init(
            "an interval in words",
            "interval: 10s",
            "interval: 5 sec",
            "16:15: `interval`: `5 sec` is not a duration; write a number and, without "
                + "a blank, us, ms, s, m, h or d, such as 10s"),
        .init(
            "a comma in an interval",
            "interval: 10s",
            "interval: 1,5s",
            "16:15: `interval`: `1,5s` has a decimal comma; write the decimal sign as a "
                + "point: 1.5s"),
        .init(
            "a comma in a group",
            "unit: 1/min}",
            "unit: 1/min, scale: 0,1}",
            "22:79: a comma ends the value of `scale`; write a decimal point: scale: 0.1"),
        .init(
            "a comma for a point",
            "    interval: 10s\n",
            "    interval: 10s\n    points:\n      voltage-l1:\n        deadband: 0,5\n",
            "19:19: `deadband`: `0,5` is not a number; write the decimal sign as a point: 0.5"),
        .init(
            "a register by the data sheet",
            "holding: 100",
            "holding: 400101",
            "22:24: `holding` is 400101, which is out of range; write a number from 0 "
                + "to 65535; a data sheet's 400101 is holding: 100"),
        .init(
            "a register in hexadecimal",
            "holding: 100",
            "holding: 100h",
            "22:24: `holding`: `100h` is not a whole number; write 0x100"),
        .init(
            "an octal register",
            "holding: 100",
            "holding: 0100",
            "22:24: `holding`: `0100` begins with 0, which some read as octal; write 100"),
        .init(
            "a type misspelled",
            "type: float32, order: CDAB, unit",
            "type: flaot32, unit",
            "22:35: `type` cannot be `flaot32`; did you mean `float32`? possible: bool, "
                + "int8, uint8, int16, uint16, int24, uint24, int32, uint32, int48, uint48, "
                + "int64, uint64, float32, float64, bcd8, bcd16, bcd24, bcd32, bcd64, string"),
        .init(
            "a type from C",
            "type: float32, order: CDAB, unit",
            "type: float, unit",
            "22:35: `type` cannot be `float`; did you mean `float32`? possible: bool, "
                + "int8, uint8, int16, uint16, int24, uint24, int32, uint32, int48, uint48, "
                + "int64, uint64, float32, float64, bcd8, bcd16, bcd24, bcd32, bcd64, string"),
        .init(
            "an order that is none",
            "order: CDAB",
            "order: little",
            "22:51: `order`: `little` is not an order of bytes; possible: ABCD, CDAB, "
                + "BADC, DCBA, and the same with 8 letters; A is the highest byte"),
        .init(
            "a broker without a scheme",
            "broker: mqtts://broker.city.example:8883",
            "broker: broker.city.example:8883",
            "3:11: `broker`: `broker.city.example:8883` is not a broker's address: it "
                + "must begin with mqtt:// or mqtts://; write "
                + "mqtts://broker.city.example:8883, or mqtt:// without encryption"),
        .init(
            "a broker as a web page",
            "broker: mqtts://broker.city.example:8883",
            "broker: https://broker.city.example:8883",
            "3:11: `broker`: `https://broker.city.example:8883` is not a broker's "
                + "address: it must begin with mqtt:// or mqtts://; write "
                + "mqtts://broker.city.example:8883, or mqtt:// without encryption"),
        .init(
            "TLS without mqtts",
            "mqtts://broker",
            "mqtt://broker",
            "4:8: `tls` is of no use with mqtt://; write the broker's address with "
                + "mqtts://, or remove `tls`"),
        .init(
            "a certificate without its key",
            "tls: {ca: /etc/armadio/ca.pem}",
            "tls: {certificate: /etc/armadio/cert.pem}",
            "4:22: `certificate` without `key`; add `key: ...`"),
    ]

    private static let inValues: [CheckTests.Mistake] = [
        .init(
            "a port in the host",
            "host: 192.168.1.20",
            "host: 192.168.1.20:502",
            "8:28: `192.168.1.20:502` has a port in it; write host: 192.168.1.20, port: 502"),
        .init(
            "an address that is none",
            "host: 192.168.1.20",
            "host: 192.168.1.256",
            "8:28: `192.168.1.256` is no address; each of the four numbers is 0 to 255"),
        .init(
            "a relative path",
            "tls: {ca: /etc/armadio/ca.pem}",
            "tls: {ca: ca.pem}",
            "4:13: `ca` must begin with /; write the whole path"),
        .init(
            "a password in clear",
            "password: {file: /etc/armadio/secrets/mqtt}",
            "password: hunter2",
            "6:13: `password` must not stand in the configuration itself; write it to a "
                + "file with mode 600 and name that: {file: /etc/armadio/secrets/NAME}"),
        .init(
            "a list for a group",
            "street:\n    driver: gpio\n    points:\n      door: {line: pin-11, bias: "
                + "pull-up}",
            "street:\n    driver: gpio\n    points:\n      - door: {line: pin-11, bias: "
                + "pull-up}",
            "27:7: `points` is a list; write `key: value` lines under it"),
        .init(
            "a quote left open",
            "gateway: cabinet-0042",
            "gateway: \"cabinet-0042",
            "1:10: the quote that opens here is never closed; close it at the end of the value"),
        .init(
            "quotes from a letter",
            "username: cabinet-0042",
            "username: “cabinet-0042”",
            "5:13: the quote `“` is none that counts here; write \" or ', or no quotes; "
                + "text copied from a letter or a page often has others"),
        .init(
            "a no-break space before a key",
            "    driver: gpio",
            "  \u{A0} driver: gpio",
            "25:3: the line is indented with a no-break space (U+00A0); indent with "
                + "plain blanks; text copied from a page or a chat often has these"),
        .init(
            "a no-break space before a value",
            "bus: plc",
            "bus:\u{A0}plc",
            "19:9: a no-break space (U+00A0) where a plain blank should be; write a "
                + "plain blank; text copied from a page or a chat often has these"),
        .init(
            "no for false",
            "writable: true",
            "writable: no",
            "23:32: `writable` cannot be `no`; write false"),
        .init(
            "a rate that no port has",
            "baud: 9600",
            "baud: 9601",
            "9:51: ports have no rate of 9601; write one of: 1200, 2400, 4800, 9600, "
                + "19200, 38400, 57600, 115200, 230400, 460800, 921600"),
        .init(
            "a unit behind a number",
            "baud: 9600",
            "baud: 9600 baud",
            "9:51: `baud`: `9600 baud` is not a whole number; write digits only, such as 12"),
        .init(
            "a parity by its letter",
            "parity: even",
            "parity: E",
            "9:65: `parity` cannot be `E`; did you mean `even`? possible: none, even, odd"),
        .init(
            "a port of Windows",
            "port: /dev/ttyUSB0",
            "port: COM3",
            "9:31: `COM3` is no path, and the board has no names for its ports; write "
                + "the whole path, which begins with /"),
        .init(
            "a bias without its dash",
            "bias: pull-up",
            "bias: pullup",
            "27:34: `bias` cannot be `pullup`; did you mean `pull-up`? possible: as-is, "
                + "none, pull-up, pull-down"),
        .init(
            "a profile misspelled",
            "profile: eastron-sdm630",
            "profile: eastron-sdm603",
            "13:14: there is no profile `eastron-sdm603`; did you mean `eastron-sdm630`?"),
        .init(
            "a driver that is a file",
            "driver: exec",
            "driver: weather.py",
            "29:13: there is no driver `weather.py`; the drivers are: register-map, "
                + "sunspec, gpio, hwmon, bme280, sht3x, sht4x, lm75, tmp102, ina219, ina226, "
                + "ads1115, mcp23017, pcf8574, ds3231, mlx90614, exec"),
        .init(
            "a command as a text",
            "command: [/usr/lib/armadio/drivers/weather.py]",
            "command: /usr/lib/armadio/drivers/weather.py --fast",
            "30:14: `command` must be a list; write it as "
                + "[/usr/lib/armadio/drivers/weather.py, --fast]"),
        .init(
            "degrees",
            "unit: Cel",
            "unit: °C",
            "32:20: `unit`: `°C` is not a unit of the SenML registry; did you mean `Cel`?"),
        .init(
            "revolutions",
            "unit: 1/min",
            "unit: rpm",
            "22:63: `unit`: `rpm` is not a unit of the SenML registry; did you mean `1/min`?"),
        .init(
            "percent",
            "unit: 1/min",
            "unit: %",
            "22:63: a value cannot begin with this character; put quotes around the value"),
        .init(
            "too few blanks",
            "    unit-id: 2",
            "   unit-id: 2",
            "20:4: this line is not indented like the lines it belongs to; give all "
                + "keys of one group the same number of blanks before them"),
        .init(
            "a brace left open",
            "type: float32, order: CDAB, unit: 1/min}",
            "type: float32, order: CDAB, unit: 1/min",
            "22:14: a `{` is not closed, or a comma is missing; put a comma between the "
                + "entries and a `}` at the end, or quotes around a value that has brackets "
                + "or commas in it"),
        .init(
            "a comma forgotten",
            "type: float32, order",
            "type: float32 order",
            "22:48: a `{` is not closed, or a comma is missing; put a comma between the "
                + "entries and a `}` at the end, or quotes around a value that has brackets "
                + "or commas in it"),
        .init(
            "a semicolon",
            "host: 192.168.1.20",
            "host: 192.168.1.20; port: 502",
            "8:46: a `{` is not closed, or a comma is missing; put a comma between the "
                + "entries and a `}` at the end, or quotes around a value that has brackets "
                + "or commas in it"),
        .init(
            "a fraction",
            "unit: 1/min}",
            "unit: 1/min, scale: 1/10}",
            "22:77: `scale`: `1/10` is not a number; write digits, with a decimal point "
                + "if need be, such as 0.5"),
        .init(
            "a type for a coil",
            "coil: 0, writable",
            "coil: 0, type: float32, writable",
            "23:28: a coil or discrete input is one bit: `type` means nothing here; "
                + "leave `type` out"),
        .init(
            "an input that is written",
            "{coil: 0, writable: true}",
            "{input: 0, writable: true}",
            "23:33: input registers cannot be written; only `holding` and `coil` can; "
                + "leave `writable` out"),
        .init(
            "a second document",
            "devices:\n",
            "---\ndevices:\n",
            "10:1: a second document begins here; remove the `---` line; one file is "
                + "one configuration"),
    ]
}
