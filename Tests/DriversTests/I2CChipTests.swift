import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Chips in memory, with the numbers of their data sheets.
@Suite struct I2CChipTests {
    /// Polls a chip once: its values by the name of the quantity.
    private actor Scene<Chip: I2CChip> {
        let bus: ScriptedI2CBus
        let driver: I2CChipDriver<Chip>
        let address: UInt8

        nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

        init(_ chip: Chip, _ scripted: ScriptedI2CBus.Chip) {
            address = Chip.addresses[0]
            bus = ScriptedI2CBus([address: scripted])
            let channels = Chip.quantities.indices.map {
                I2CPlan<Chip>.Channel(name: Chip.quantities[$0].name, quantity: $0, offset: 0)
            }
            driver = I2CChipDriver(bus: bus, address: address, chip: chip, channels: channels)
            driver.arrange(groups: [Array(channels.indices)])
        }

        func poll() async -> [Sample] {
            let clock = bus.executor
            let sink = SampleCollector { clock.now }
            await driver.poll(group: 0, into: sink)
            return sink.samples
        }

        func numbers() async -> [Double?] {
            await poll().map { if case .double(let value) = $0.value { value } else { nil } }
        }
    }

    /// A number in two bytes, highest first.
    private func bytes(_ word: UInt16) -> [UInt8] { [UInt8(word >> 8), UInt8(word & 0xFF)] }

    // MARK: Packet error codes

    /// The check value of CRC-8, and the examples of MLX90614's data sheet, section 8.4.3.
    @Test func packetErrorCodesAreThoseOfTheSpecification() {
        var code = PacketErrorCode()
        code.take(Array("123456789".utf8))
        #expect(code.value == 0xF4)
        let read = I2CTransaction(
            address: 0x5A, writing: [0x07], reading: 2, hasErrorCode: true)
        #expect(PacketErrorCode.ofRead(read, [0xD2, 0x3A]) == 0x30)
        let write = I2CTransaction(
            address: 0x5A, writing: [0x22, 0x07, 0xC8], hasErrorCode: true)
        #expect(PacketErrorCode.ofWrite(write) == 0x48)
    }

    /// Data sheet 3901090614, section 8.7.4.
    @Test(arguments: [
        (UInt16(0x27AD), Measured.value(.double(-70.01))), (0x3AF7, .value(.double(28.75))),
        (0x7FFF, .value(.double(382.19))), (0x8000, .bad(.deviceFailure)),
    ])
    func mlx90614ReadsItsTable(word: UInt16, measured: Measured) {
        #expect(MLX90614.value(word) == measured)
    }

    @Test func mlx90614AsksForTheErrorCode() async throws {
        let scene = Scene(MLX90614(.init()), .init([6: [0xF7, 0x3A], 7: [0xF7, 0x3A]]))
        #expect(await scene.numbers() == [28.75, 28.75])
        #expect(await scene.bus.transactions.allSatisfy(\.hasErrorCode))
    }

    // MARK: Temperature

    /// TI SNOS808P, table 1: nine bits, the rest of the register means nothing.
    @Test(arguments: [
        (UInt16(0x0FA), 125.0), (0x032, 25), (0x001, 0.5), (0x000, 0), (0x1FF, -0.5),
        (0x1CE, -25), (0x192, -55),
    ])
    func lm75ReadsItsTable(code: UInt16, degrees: Double) async throws {
        let word = code << 7 | 0x55
        let scene = Scene(try LM75(.init()), .init([0: bytes(word)]))
        #expect(await scene.numbers() == [degrees])
    }

    /// NXP LM75B, table 9: eleven bits.
    @Test(arguments: [
        (UInt16(0x3F8), 127.0), (0x3F7, 126.875), (0x001, 0.125), (0x7FF, -0.125), (0x649, -54.875),
    ])
    func lm75bReadsItsTable(code: UInt16, degrees: Double) async throws {
        let scene = Scene(try LM75(.init(resolution: 11)), .init([0: bytes(code << 5)]))
        #expect(await scene.numbers() == [degrees])
    }

    /// TI SBOS397H, table 6-2.
    @Test(arguments: [
        (UInt16(0x7FF), 127.9375), (0x640, 100), (0x500, 80), (0x4B0, 75), (0x320, 50),
        (0x190, 25), (0x004, 0.25), (0x000, 0), (0xFFC, -0.25), (0xE70, -25), (0xC90, -55),
    ])
    func tmp102ReadsItsTable(code: UInt16, degrees: Double) async throws {
        let scene = Scene(TMP102(NoOptions()), .init([0: bytes(code << 4)]))
        #expect(await scene.numbers() == [degrees])
    }

    // MARK: Humidity

    /// Data sheet SHT3x-DIS, table 20.
    @Test func sensirionChecksumIsThatOfTheDataSheet() {
        #expect(SensirionWords.checksum([0xBE, 0xEF]) == 0x92)
        #expect(SensirionWords.read([0xBE, 0xEF, 0x92]) == [0xBEEF])
        #expect(SensirionWords.read([0xBE, 0xEF, 0x93]) == nil)
        #expect(SensirionWords.read([0xBE, 0xEF]) == nil)
    }

    private func sensirion(_ words: [UInt16]) -> [UInt8] {
        words.flatMap { bytes($0) + [SensirionWords.checksum(bytes($0))] }
    }

    /// The ends of the formulas of section 4.13.
    @Test(arguments: [
        ([UInt16(0), 0], [-45.0, 0]), ([65535, 65535], [130, 100]), ([26214, 13107], [25, 20]),
    ])
    func sht3xReadsItsFormula(words: [UInt16], values: [Double]) async throws {
        var chip = ScriptedI2CBus.Chip()
        chip.answers[[0x24, 0x00]] = sensirion(words)
        #expect(await Scene(SHT3x(NoOptions()), chip).numbers() == values)
    }

    /// Section 4.6, with its limits of the humidity.
    @Test(arguments: [
        ([UInt16(0), 0], [-45.0, 0]), ([65535, 65535], [130, 100]), ([26214, 26214], [25, 44]),
    ])
    func sht4xReadsItsFormula(words: [UInt16], values: [Double]) async throws {
        var chip = ScriptedI2CBus.Chip()
        chip.answers[[0xFD]] = sensirion(words)
        #expect(await Scene(SHT4x(NoOptions()), chip).numbers() == values)
    }

    @Test func aWrongChecksumIsNoValue() async throws {
        var chip = ScriptedI2CBus.Chip()
        chip.answers[[0x24, 0x00]] = [0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x93]
        let samples = await Scene(SHT3x(NoOptions()), chip).poll()
        #expect(samples.map(\.quality) == [.corrupt, .corrupt])
        #expect(samples.allSatisfy { $0.value == nil })
    }

    // MARK: Power

    /// SBOS448G, figure 27: 2 mOhm, 20 mV across it, 11.98 V behind it.
    @Test func ina219ReadsItsExample() async throws {
        let scene = Scene(
            try INA219(.init(shunt: 0.002)), .init([1: bytes(0x07D0), 2: bytes(0x5D98)]))
        #expect(await scene.numbers() == [11.98, 10, 119.8])
        #expect(
            await scene.bus.transactions.first
                == I2CTransaction(address: 0x40, writing: [0, 0x39, 0x9F]))
    }

    /// SBOS547B, table 11: the same circuit.
    @Test func ina226ReadsItsExample() async throws {
        let scene = Scene(
            try INA226(.init(shunt: 0.002)), .init([1: bytes(0x1F40), 2: bytes(0x2570)]))
        #expect(await scene.numbers() == [11.98, 10, 119.8])
    }

    @Test func currentFlowsBothWays() async throws {
        let scene = Scene(
            try INA226(.init(shunt: 0.1)),
            .init([1: bytes(UInt16(bitPattern: -4000)), 2: bytes(9600)]))
        #expect(await scene.numbers() == [12, -0.1, -1.2])
    }

    // MARK: Voltage

    /// SBAS444E, table 7-2, at the range of 4.096 V: 125 uV a step.
    @Test(arguments: [
        (UInt16(0x7FFF), 4.095875), (0x0001, 0.000125), (0, 0), (0xFFFF, -0.000125),
        (0x8000, -4.096),
    ])
    func ads1115ReadsItsTable(code: UInt16, volts: Double) {
        #expect(ADS1115.volts(code, gain: 1) == volts)
    }

    @Test func ads1115AsksEachInput() async throws {
        let scene = Scene(try ADS1115(.init(range: 2.048)), .init([0: bytes(16384)]))
        #expect(await scene.numbers() == Array(repeating: 1.024, count: 8))
        let commands = await scene.bus.transactions.map(\.written).filter { $0.count == 3 }
        #expect(
            commands.map { UInt16($0[1]) << 8 | UInt16($0[2]) } == [
                0xC583, 0xD583, 0xE583, 0xF583, 0x8583, 0x9583, 0xA583, 0xB583,
            ])
    }

    // MARK: Air

    /// BST-BMP280-DS001, section 3.12: the one worked example that Bosch gives.
    @Test func bmp280ReadsItsExample() async throws {
        let constants: [Int] = [
            27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000,
        ]
        let calibration =
            constants.flatMap { value -> [UInt8] in
                let word = UInt16(truncatingIfNeeded: value)
                return [UInt8(word & 0xFF), UInt8(word >> 8)]
            } + [0, 0]
        let (pressure, temperature) = (415148, 519888)
        func raw(_ value: Int) -> [UInt8] {
            [UInt8(value >> 12), UInt8(value >> 4 & 0xFF), UInt8(value << 4 & 0xF0)]
        }
        let scene = Scene(
            BME280(NoOptions()),
            .init([
                0xD0: [0x58], 0x88: calibration,
                0xF7: raw(pressure) + raw(temperature) + [0x80, 0],
            ]))
        let samples = await scene.poll()
        #expect(samples.map(\.quality) == [.good, .notAvailable, .good])
        #expect(await scene.numbers() == [25.08, nil, 1006.53])
    }

    /// What RPi.bme280 0.2.4, another implementation of the formulas, makes of the same registers:
    /// degrees, percent, hectopascals.
    @Test(arguments: BME280Recording.all)
    func bme280ReadsAsAnotherProgramDoes(_ recording: BME280Recording) async throws {
        let scene = Scene(
            BME280(NoOptions()),
            .init([
                0xD0: [0x60], 0x88: recording.first, 0xE1: recording.second,
                0xF7: recording.data,
            ]))
        let values = recording.values.map { ($0 * 100).rounded() / 100 }
        #expect(await scene.numbers() == values)
    }

    @Test func anotherChipAtItsAddressIsNotRead() async throws {
        let samples = await Scene(BME280(NoOptions()), .init([0xD0: [0x61]])).poll()
        #expect(samples.map(\.quality) == [.corrupt, .corrupt, .corrupt])
    }

    // MARK: Failures

    /// A chip that was away has lost what it was told: it is told again when it is back.
    @Test func aChipThatComesBackIsStartedAgain() async throws {
        let chip = ScriptedI2CBus.Chip([1: bytes(0), 2: bytes(0)])
        let scene = Scene(try INA219(.init(shunt: 1)), chip)
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
        await scene.bus.put(nil, at: 0x40)
        #expect(await scene.poll().map(\.quality) == [.timeout, .timeout, .timeout])
        await scene.bus.put(chip, at: 0x40)
        #expect(await scene.poll().map(\.quality) == [.good, .good, .good])
        let starts = await scene.bus.transactions.filter { $0.written.first == 0 }
        #expect(starts.count == 2)
    }
}
