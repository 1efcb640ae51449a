import Buses
import FieldSimulator
import Glibc
import LinuxBuses
import Platform
import TestSupport
import Telemetry
import Testing

/// Times and words of a serial line.
@Suite struct ModbusRTUBusTests {
    private func line(baud: Int?) throws -> SerialLine {
        let device = ScriptedDevice.addresses(count: 200)
        return try SerialLine(baud: baud, devices: [1: device, 2: device])
    }

    private func failure(_ bus: ModbusRTUBus, unit: UInt8 = 1) async -> BusError? {
        do throws(BusError) {
            _ = try await bus.registers(.readHoldingRegisters(address: 1, count: 2), unit: unit)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Times

    @Test(arguments: [9600, 19200, 38400]) func keepsTheSilence(baud: Int) async throws {
        let line = try line(baud: baud)
        let bus = rtuBus(line.path, baud: baud)
        for count in 1...10 {
            let unit = UInt8(count % 2 + 1)
            _ = try await bus.registers(.readHoldingRegisters(address: 0, count: count), unit: unit)
        }
        let silence = try #require(line.counts.leastSilence)
        #expect(silence >= SerialPort.silence(baud: baud))
        #expect(line.counts.requests == 10 && line.counts.collisions == 0)
    }

    /// 3.5 characters of 11 bits; 1.75 ms above 19,200 baud (Modbus over Serial Line V1.02,
    /// section 2.5.1.1).
    @Test func silenceIsTheStandards() {
        #expect(SerialPort.silence(baud: 9600).nanoseconds == 4_010_416)
        #expect(SerialPort.silence(baud: 19200).nanoseconds == 2_005_208)
        #expect(SerialPort.silence(baud: 38400) == .microseconds(1750))
        let port = SerialPort(path: "/dev/null", baud: 9600, parity: .even)
        #expect(port.characterTime.nanoseconds == 1_145_833)
        #expect(LinePace.serial(port).time(valueBytes: 200).nanoseconds == 252_083_333)
    }

    @Test func keepsTheDevicesPause() async throws {
        let line = try line(baud: 115_200)
        let bus = rtuBus(line.path)
        for address in UInt16(0)..<5 {
            _ = try await bus.transfer(
                ModbusRequest(
                    unit: 1, .readHoldingRegisters(address: address, count: 1),
                    pause: .milliseconds(30)))
        }
        #expect(try #require(line.counts.leastSilence) >= .milliseconds(30))
    }

    @Test func keepsTheTurnaround() async throws {
        let line = try line(baud: 115_200)
        let bus = rtuBus(line.path, turnaround: .milliseconds(25))
        for unit in [1, 2, 1, 2, 1] as [UInt8] { #expect(await failure(bus, unit: unit) == nil) }
        #expect(try #require(line.counts.leastSilence) >= .milliseconds(25))
    }

    /// A device that has been fast is not waited for as long as the bus allows.
    @Test func waitsForAFastDeviceShortly() async throws {
        let line = try line(baud: nil)
        let bus = rtuBus(
            line.path, responseTimeout: .seconds(240), leastTimeout: .milliseconds(300))
        for _ in 0..<3 { _ = await failure(bus) }
        line.setFault(.mute, of: 1)
        let start = SystemClock().now()
        #expect(await failure(bus)?.code == .timeout)
        let time = SystemClock().now() - start
        #expect(time >= .milliseconds(300) && time < .seconds(120))
    }

    /// A request that is given up ends at once; the line is usable after it.
    @Test func aCancelledRequestEnds() async throws {
        let line = try line(baud: nil)
        let bus = rtuBus(line.path, responseTimeout: .seconds(240), leastTimeout: .seconds(240))
        line.setFault(.mute, of: 1)
        let start = SystemClock().now()
        let request = Task { await failure(bus) }
        while line.counts.requests == 0 { await Task.yield() }
        request.cancel()
        #expect(await request.value?.errno == ECANCELED)
        line.setFault(nil, of: 1)
        #expect(await failure(bus) == nil)
        #expect(SystemClock().now() - start < .seconds(120))
    }

    // MARK: Words

    @Test func saysThatThePortIsNotThere() async throws {
        let clock = ManualClock()
        let bus = rtuBus("/dev/serial/by-id/usb-none", clock: clock)
        let first = try #require(await failure(bus))
        #expect(first.code == .disconnected && first.errno == ENOENT)
        #expect(
            first.message.hasPrefix(
                "line: /dev/serial/by-id/usb-none is not there; is the adapter plugged in? "
                    + "`ls /dev/serial/by-id` shows the ports; next try in "))
        clock.advance(by: .seconds(60))
        #expect(await failure(bus)?.errno == ENOENT)
    }

    @Test func saysThatAnotherProgramHasThePort() async throws {
        let line = try line(baud: nil)
        let bus = rtuBus(line.path)
        #expect(await failure(bus) == nil)
        let second = try #require(await failure(rtuBus(line.path)))
        #expect(second.code == .disconnected && second.errno == EBUSY)
        #expect(
            second.message.hasPrefix(
                "line: \(line.path) is in use by another program; `fuser \(line.path)` shows which")
        )
        await bus.close()
        #expect(await failure(rtuBus(line.path)) == nil)
    }

    @Test func saysThatItIsNoSerialPort() async throws {
        let failure = try #require(await failure(rtuBus("/dev/null")))
        #expect(failure.message.hasPrefix("line: /dev/null is no serial port"))
    }

    @Test(arguments: [.kernel, .rts] as [SerialPort.Direction])
    func saysThatTheDirectionCannotBeSwitched(_ direction: SerialPort.Direction) async throws {
        let line = try line(baud: nil)
        let failure = try #require(await failure(rtuBus(line.path, direction: direction)))
        #expect(failure.code == .disconnected)
        #expect(failure.message.contains("cannot switch the line's direction"))
        #expect(failure.message.contains("write another `rs485`"))
    }

    /// An adapter that is pulled out, and put in again.
    @Test func saysThatThePortIsGone() async throws {
        let folder = try TestFolder()
        let link = folder.path("port")
        var plugged: SerialLine? = try line(baud: nil)
        let path = try #require(plugged?.path)
        #expect(symlink(path, link) == 0)
        let bus = rtuBus(link)
        #expect(await failure(bus) == nil)
        plugged = nil
        let lost = try #require(await failure(bus))
        #expect(lost.code == .disconnected)
        #expect(lost.message.hasPrefix("line: \(link) is gone; was the adapter pulled out"))
        let again = try line(baud: nil)
        #expect(unlink(link) == 0 && symlink(again.path, link) == 0)
        #expect(await failure(bus) == nil)
    }

    @Test(arguments: [0, 248, 255] as [UInt8]) func asksNoUnitThatIsNone(_ unit: UInt8) async throws
    {
        let failure = try #require(await failure(rtuBus("/dev/null"), unit: unit))
        #expect(failure.code == .invalidRequest)
    }

    @Test func saysThatTheLineEchoes() async throws {
        let emulator = try SerialEmulator(.none) {
            { frame in [SerialAnswer(frame + SerialFrame.sealed([1, 3, 4, 0, 1, 0, 2]))] }
        }
        let failure = try #require(await failure(rtuBus(emulator.path)))
        #expect(failure.code == .corrupt)
        #expect(failure.message.hasSuffix("switch the adapter's echo off"))
    }

    @Test func saysThatTheLineIsNeverSilent() async throws {
        // On a busy machine the emulator itself may pause.
        var messages: [String] = []
        while messages.count < 10, messages.last?.contains("is never silent") != true {
            let emulator = try SerialEmulator(SerialEmulator.Pace(baud: 9600)) {
                { _ in [SerialAnswer([UInt8](repeating: 0x55, count: 4000))] }
            }
            messages.append(try #require(await failure(rtuBus(emulator.path, baud: 9600))).message)
        }
        #expect(messages.last?.contains("is never silent") == true, "\(messages)")
    }
}
