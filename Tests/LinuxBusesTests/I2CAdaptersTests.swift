import LinuxBuses
import TestSupport
import Testing

/// I2C adapters, in folders that look like those of the kernel.
@Suite struct I2CAdaptersTests {
    @Test func adaptersAndTheKernelsChipsAreTold() async throws {
        let folder = try TestFolder()
        try await folder.run(
            """
            mkdir -p dev sys/bus/i2c/devices/i2c-1 sys/bus/i2c/devices/10-0008
            touch dev/i2c-10 dev/i2c-1 dev/i2c-x dev/null; ln -s i2c-10 dev/i2c-field
            echo 'bcm2835 (i2c@7e804000)' >sys/bus/i2c/devices/i2c-1/name
            echo lm75 >sys/bus/i2c/devices/10-0008/name
            """)
        let adapters = I2CAdapters(root: folder.path)
        #expect(
            adapters.all == [
                I2CAdapterEntry(number: 1, path: "/dev/i2c-1", title: "bcm2835 (i2c@7e804000)"),
                I2CAdapterEntry(number: 10, path: "/dev/i2c-10", title: nil),
            ])
        #expect(adapters.chip(at: 0x08, of: 10) == "lm75")
        #expect(adapters.chip(at: 0x48, of: 10) == nil)
        #expect(adapters.number(of: "/dev/i2c-field") == 10)
        #expect(adapters.number(of: "/dev/null") == nil)
        #expect(adapters.number(of: "/dev/i2c-7") == nil)
    }
}
