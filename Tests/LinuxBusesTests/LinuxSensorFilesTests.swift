import Buses
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import LinuxBuses

/// The kernel's chips in a folder that looks like /sys.
@Suite struct LinuxSensorFilesTests {
    private let root: TestFolder
    private let sensors: LinuxSensorFiles
    private let lm75 = SensorAddress(.hwmon, name: "lm75")

    init() throws {
        root = try TestFolder()
        sensors = LinuxSensorFiles(name: "hwmon", root: root.path)
    }

    /// A chip of hwmon on an I2C bus: the class has links to the devices.
    private func hwmon(_ number: Int, _ name: String, at place: String, _ files: [String: String])
        throws
    {
        let device = "devices/i2c/\(place)"
        let folder = "\(device)/hwmon/hwmon\(number)"
        try root.write("\(folder)/name", name + "\n")
        for (file, text) in files { try root.write("\(folder)/\(file)", text + "\n") }
        try link("../../../\(place)", at: "\(folder)/device")
        try link("../../\(folder)", at: "class/hwmon/hwmon\(number)")
    }

    /// A device of IIO: it lies in the device that it is.
    private func iio(_ number: Int, _ name: String, in parent: String, _ files: [String: String])
        throws
    {
        let folder = "\(parent)/iio:device\(number)"
        try root.write("\(folder)/name", name + "\n")
        for (file, text) in files { try root.write("\(folder)/\(file)", text + "\n") }
        try link("../../../\(folder)", at: "bus/iio/devices/iio:device\(number)")
    }

    private func link(_ target: String, at name: String) throws {
        try FileManager.default.createDirectory(
            at: URL(filePath: root.path(name)).deletingLastPathComponent(),
            withIntermediateDirectories: true)
        try #require(symlink(target, root.path(name)) == 0)
    }

    private func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: root.path(name))
    }

    private func failure<Value: Sendable>(
        of body: () async throws(BusError) -> Value
    ) async -> BusError? {
        do throws(BusError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    // MARK: What there is

    @Test func listsChipsWithTheirPlaces() async throws {
        try hwmon(3, "lm75", at: "0-0048", ["temp1_input": "23500", "temp1_max": "80000"])
        try hwmon(10, "ina2xx", at: "1-0040", ["in1_input": "11980", "label": "mains"])
        try iio(0, "bme280", in: "devices/i2c/1-0076", ["in_temp_input": "24520"])
        try iio(1, "dummy", in: "devices", [:])
        let chips = try await sensors.chips()
        #expect(
            chips.map(\.description) == [
                "lm75 (0-0048)", "ina2xx (1-0040, mains)", "bme280 (1-0076, IIO)", "dummy (IIO)",
            ])
        #expect(chips[0].files == ["name", "temp1_input", "temp1_max", "device"])
    }

    @Test func aKernelWithoutTheClassesHasNone() async throws {
        #expect(try await sensors.chips() == [])
        let error = await failure { () throws(BusError) in try await sensors.files(of: lm75) }
        #expect(error?.code == .disconnected)
        #expect(
            error?.message.hasPrefix(
                "hwmon: there is no chip `lm75`; the kernel has none at all; is the chip's "
                    + "driver loaded, is it in the device tree?; next try in ") == true)
    }

    @Test func readsAFile() async throws {
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "23500"])
        #expect(try await sensors.text(of: "temp1_input", of: lm75) == "23500")
        #expect(try await sensors.files(of: lm75).contains("temp1_input"))
    }

    // MARK: Finding

    @Test func oneOfSeveralIsFoundByItsPlace() async throws {
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "1"])
        try hwmon(1, "lm75", at: "0-0049", ["temp1_input": "2", "label": "door"])
        for (place, text) in [("0-0048", "1"), ("0-0049", "2"), ("door", "2")] {
            let address = SensorAddress(.hwmon, name: "lm75", place: place)
            #expect(try await sensors.text(of: "temp1_input", of: address) == text)
        }
        let error = await failure { () throws(BusError) in try await sensors.files(of: lm75) }
        #expect(error?.code == .disconnected)
        #expect(
            error?.message.hasPrefix(
                "hwmon: 2 chips are `lm75`; add `at:` with the place of one: 0-0048, 0-0049")
                == true)
    }

    @Test func aMissingChipIsNamedWithThoseThatAreThere() async throws {
        try hwmon(0, "lm75", at: "0-0049", [:])
        try iio(0, "bme280", in: "devices/i2c/1-0076", [:])
        let address = SensorAddress(.hwmon, name: "lm75", place: "0-0048")
        let error = await failure { () throws(BusError) in try await sensors.files(of: address) }
        #expect(
            error?.message.hasPrefix(
                "hwmon: there is no chip `lm75` at `0-0048`; there are: lm75 (0-0049), "
                    + "bme280 (1-0076, IIO); next try in ") == true)
    }

    @Test func theClassesAreKeptApart() async throws {
        try hwmon(0, "chip", at: "0-0048", ["temp1_input": "1"])
        try iio(0, "chip", in: "devices/i2c/0-0048", ["in_temp_input": "2"])
        let (first, second) = (
            SensorAddress(.hwmon, name: "chip"), SensorAddress(.iio, name: "chip")
        )
        #expect(try await sensors.text(of: "temp1_input", of: first) == "1")
        #expect(try await sensors.text(of: "in_temp_input", of: second) == "2")
    }

    // MARK: Going and coming

    /// A driver that is bound again gets another number.
    @Test func aChipWithAnotherNumberIsTheSame() async throws {
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "1"])
        #expect(try await sensors.text(of: "temp1_input", of: lm75) == "1")
        try remove("devices/i2c/0-0048")
        try remove("class/hwmon/hwmon0")
        try hwmon(4, "lm75", at: "0-0048", ["temp1_input": "2"])
        #expect(try await sensors.text(of: "temp1_input", of: lm75) == "2")
    }

    /// And its number may be another chip's by then, whose values are not this one's.
    @Test func anotherChipWithItsNumberIsNotRead() async throws {
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "1"])
        #expect(try await sensors.text(of: "temp1_input", of: lm75) == "1")
        try remove("devices/i2c/0-0048")
        try remove("class/hwmon/hwmon0")
        try hwmon(0, "jc42", at: "0-0018", ["temp1_input": "2"])
        let error = await failure { () throws(BusError) in
            try await sensors.text(of: "temp1_input", of: lm75)
        }
        #expect(error?.code == .disconnected)
        #expect(error?.message.contains("there are: jc42 (0-0018)") == true)
    }

    /// Until the delay is over nothing is looked for; `close` ends it.
    @Test func aChipThatIsAwayIsLookedForLater() async throws {
        #expect(await failure { () throws(BusError) in try await sensors.files(of: lm75) } != nil)
        await sensors.close()
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "1"])
        #expect(try await sensors.text(of: "temp1_input", of: lm75) == "1")
    }

    // MARK: Failures

    @Test(arguments: [
        (ETIMEDOUT, BusError.Code.timeout), (EAGAIN, .timeout), (ENXIO, .timeout),
        (EREMOTEIO, .timeout), (EIO, .system), (EBUSY, .system), (EACCES, .system),
        (ENODEV, .system),
    ])
    func failuresAreToldApart(number: Int32, code: BusError.Code) {
        let error = SensorWords(name: "hwmon").failed(
            "temp1_input", of: lm75, .init("read", errno: number))
        #expect(error.code == code)
        #expect(error.errno == number)
        #expect(error.message.hasPrefix("hwmon: `lm75`, temp1_input: "))
    }

    /// The other files of the chip are as good as they were.
    @Test func aFileThatIsMissingIsNoMissingChip() async throws {
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "1"])
        let error = await failure { () throws(BusError) in
            try await sensors.text(of: "temp2_input", of: lm75)
        }
        #expect(error?.code == .system)
        #expect(error?.errno == ENOENT)
        #expect(try await sensors.text(of: "temp1_input", of: lm75) == "1")
    }

    /// A file that cannot be read, as a chip's that does not answer.
    @Test func aFileThatCannotBeReadSaysSo() async throws {
        try hwmon(0, "lm75", at: "0-0048", ["temp1_input": "1"])
        try FileManager.default.createDirectory(
            atPath: root.path("devices/i2c/0-0048/hwmon/hwmon0/in0_input"),
            withIntermediateDirectories: false)
        let error = await failure { () throws(BusError) in
            try await sensors.text(of: "in0_input", of: lm75)
        }
        #expect(error?.code == .system)
        #expect(error?.errno == EISDIR)
    }
}
