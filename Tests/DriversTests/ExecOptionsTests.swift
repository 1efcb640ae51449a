import Settings
import Telemetry
import Testing

@testable import Drivers

/// What a technician writes for a program, and what is said of a mistake.
@Suite struct ExecOptionsTests {
    private func plan(_ text: String) -> (plan: DevicePlan?, problems: [String]) {
        let file = SettingsFile(text: text, name: "f")
        let plan = DriverKind.exec.plan(FileOptions(file: file))
        return (plan, file.problems.map(\.description))
    }

    @Test func isRead() throws {
        let (plan, problems) = plan(
            """
            command: [/usr/lib/weather.py, --station, "7"]
            environment: {TZ: UTC}
            limits: {memory: 64MiB, cpu: 10%, files: 32, file-size: 0B}
            timeout: 3s
            points:
              temp: {unit: Cel}
              heater: {writable: {safe: off}}
            """)
        #expect(problems == [])
        let program = try #require(plan?.program)
        #expect(program.name == "exec-weather")
        #expect(program.command == ["/usr/lib/weather.py", "--station", "7"])
        #expect(program.environment == ["PATH=/usr/bin:/bin", "TZ=UTC"])
        #expect(program.limits.memory == .mebibytes(64))
        #expect(program.limits.files == 32)
        #expect(plan?.channels.map(\.safeValue) == [nil, .bool(false)])
        #expect(plan?.channels.map(\.isWritable) == [false, true])
    }

    @Test(arguments: [
        ("command: [weather.py]\npoints: {p: {}}\n", "whole path"),
        ("command: []\npoints: {p: {}}\n", "whole path"),
        ("command: [/p]\npoints: {}\n", "0 points"),
        ("command: [/p]\ntimeout: 5m\npoints: {p: {}}\n", "`timeout` is 5m"),
        ("command: [/p]\nlimits: {memory: 1MiB}\npoints: {p: {}}\n", "`memory` is 1MiB"),
        ("command: [/p]\nlimits: {cpu: 10}\npoints: {p: {}}\n", "no share of a processor"),
        ("command: [/p]\nlimits: {cpu: 200%}\npoints: {p: {}}\n", "no share of a processor"),
        ("command: [/p]\nlimits: {files: 2}\npoints: {p: {}}\n", "`files` is 2"),
        ("command: [/p]\nenvironment: {\"A=B\": c}\npoints: {p: {}}\n", "no name of a variable"),
        ("command: [/p]\npoints: {p: {writable: {min: 2, max: 1}}}\n", "`min` is above `max`"),
        ("command: [/p]\npoints: {p: {writable: {min: 2, safe: 1}}}\n", "p is at least 2"),
    ])
    func mistakesAreNamed(text: String, what: String) {
        let problems = plan(text).problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains(what) == true, "\(problems)")
    }
}
