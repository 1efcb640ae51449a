// swift-tools-version: 6.2
import PackageDescription

/// Language settings shared by every target: Swift 6 mode, warnings are errors,
/// and an async function stays on its caller's executor unless it says otherwise
/// (a bus, its drivers and its sampler then share one thread without a hop).
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    // Exclusive access is checked while running in debug builds, and so in every test.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// Release binaries: packed relocations and folded identical code make the
/// static binary smaller and its resident memory with it.
let releaseLinker: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
            "-Xlinker", "--icf=all", "-Xlinker", "--gc-sections",
            "-Xlinker", "--as-needed", "-Xlinker", "--no-export-dynamic",
            // What runs each second lies together: 1.6 MB less of code is resident for it.
            "-Xlinker", "--no-warn-symbol-ordering", "-Xlinker",
            "--symbol-ordering-file=\(Context.packageDirectory)/Sources/armadio/functions-in-use.txt",
        ],
        .when(configuration: .release))
]

/// The program's targets: without the regular expressions (see Telemetry/TextSearch), and so that
/// the linker drops what nobody calls.
let product =
    swift + [
        .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
        .unsafeFlags(
            ["-Xfrontend", "-function-sections", "-Xfrontend", "-internalize-at-link"],
            .when(configuration: .release)),
    ]

/// What does not touch every reading is compiled for size.
let compact = product + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

func module(
    _ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = product
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
        swiftSettings: swift)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "armadio",
    products: [.executable(name: "armadio", targets: ["armadio"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Of tests alone: an independent writer and reader of Sparkplug's payloads.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CModbus", pkgConfig: "libmodbus", providers: [.apt(["libmodbus-dev"])]),
        .systemLibrary(
            name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CChecksum"),
        .target(name: "CLinux"),
        .target(name: "CSQLite"),
        .target(name: "CPostgres"),
        .target(name: "CGPIOD", linkerSettings: [.linkedLibrary("gpiod")]),
        module("JSON", [], compact),
        .target(
            name: "NoFoundation",
            swiftSettings: compact + [
                .unsafeFlags(
                    ["-module-abi-name", "FoundationEssentials"], .when(configuration: .release))
            ]),
        module("Telemetry", []),
        module("Platform", ["Telemetry", "CLinux"]),
        module("Buses", ["Telemetry"]),
        module("LinuxBuses", ["Buses", "Platform", "Telemetry", "CLinux", "CGPIOD", "CModbus"]),
        .target(
            name: "Drivers", dependencies: ["Buses", "JSON", "Telemetry"],
            exclude: ["Exec/exec-driver.md", "Exec/Examples"],
            resources: [.embedInCode("Profiles")], swiftSettings: product),
        module("Frames", ["Telemetry", "CChecksum", "CZstd"]),
        module("Journal", ["Frames", "Telemetry"]),
        .target(
            name: "Uplink",
            dependencies: [
                "Frames", "JSON", "Telemetry", "Platform", "CLinux", "CMosquitto", "CZlib",
                "CZstd",
            ],
            exclude: ["Compact/compact.md", "uplinks.md"], swiftSettings: product),
        module(
            "Receiver",
            ["Uplink", "Platform", "Telemetry", "CSQLite", "CPostgres", "CZlib", "CZstd"],
            compact),
        .target(
            name: "Settings", dependencies: ["Telemetry", "CYAML"], exclude: ["configuration.md"],
            swiftSettings: compact),
        .target(
            name: "BoardFiles", path: "boards",
            resources: [
                "beaglebone-black", "compulab-iot-gate-imx8", "generic", "raspberry-pi-3b-plus",
                "raspberry-pi-4b", "raspberry-pi-5", "raspberry-pi-cm4", "revpi-connect",
                "revpi-connect-4",
            ].map { .embedInCode("\($0).yaml") }, swiftSettings: product),
        module("Boards", ["BoardFiles", "Buses", "Settings", "Telemetry"], compact),
        .target(
            name: "Gateway",
            dependencies: [
                "Drivers", "Boards", "Buses", "JSON", "Journal", "Uplink", "Settings",
                "Platform", "Telemetry", "CLinux",
                logging,
            ],
            exclude: [
                "Control/control.md", "Metrics/metrics.md", "Metrics/alerts.yaml",
                "Metrics/grafana.json", "Supervision/power-fail.md",
            ], swiftSettings: product),
        module("Console", ["CZlib", "JSON"], compact),
        .target(
            name: "Technician",
            dependencies: [
                "Boards", "Buses", "Console", "Drivers", "Gateway", "Journal",
                "Platform", "Settings", "Telemetry", "Uplink",
            ], exclude: ["Watch/watch.svg"], swiftSettings: compact),
        module("FieldSimulator", ["CModbus", "CLinux", "Platform", "Telemetry"], compact),
        module(
            "TestSupport",
            ["Buses", "FieldSimulator", "Gateway", "Platform", "Settings", "Telemetry"], swift),
        .executableTarget(
            name: "armadio",
            dependencies: [
                "Boards", "Console", "Gateway", "JSON", "LinuxBuses", "FieldSimulator",
                "Journal", "NoFoundation", "Receiver", "Settings", "Technician", "Uplink",
                "Platform", "Telemetry", argumentParser, logging,
            ],
            exclude: ["functions-in-use.txt"],
            swiftSettings: compact, linkerSettings: releaseLinker),
        .target(
            name: "JournalProof", dependencies: ["Journal", "Telemetry"],
            path: "Tests/Proof/JournalProof", swiftSettings: swift),
        .executableTarget(
            name: "journal-proof", dependencies: ["JournalProof", argumentParser],
            path: "Tests/Proof/Command", swiftSettings: swift),
        .executableTarget(
            name: "outage-bench", dependencies: ["Journal", "Telemetry"],
            path: "Tests/Bench/Outage",
            swiftSettings: swift),
        .executableTarget(
            name: "storm-bench", dependencies: ["Platform", "Telemetry", "Uplink"],
            path: "Tests/Bench/Storm",
            swiftSettings: swift),
        .executableTarget(
            name: "frame-bench", dependencies: ["Frames", "Telemetry", "TestSupport"],
            path: "Tests/Bench/Frame",
            swiftSettings: swift),
        .executableTarget(
            name: "compact-bench", dependencies: ["Uplink", "Telemetry", "TestSupport"],
            path: "Tests/Bench/Compact",
            swiftSettings: swift),
        tests("TelemetryTests", ["Telemetry"]),
        tests("JSONTests", ["JSON"]),
        tests("PlatformTests", ["Platform", "Telemetry", "CLinux"]),
        tests(
            "LinuxBusesTests", ["LinuxBuses", "Buses", "FieldSimulator", "Platform", "Telemetry"]),
        tests(
            "DriversTests",
            ["Drivers", "Buses", "LinuxBuses", "Platform", "Settings", "Telemetry"],
            exclude: ["Profiles"]),
        tests("FramesTests", ["Frames", "Telemetry", "CChecksum"]),
        tests("JournalTests", ["Frames", "Journal", "JournalProof", "Telemetry"]),
        tests(
            "UplinkTests",
            [
                "Uplink", "Frames", "JSON", "Platform", "Telemetry", "CZlib",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["Sparkplug/sparkplug_b.proto", "SparkplugAssertions"]),
        tests("ReceiverTests", ["Receiver", "Uplink", "Platform", "Telemetry"]),
        tests("SettingsTests", ["Settings", "Telemetry"], exclude: ["Mistakes"]),
        tests(
            "BoardsTests", ["BoardFiles", "Boards", "Buses", "Settings", "Telemetry"],
            exclude: ["Maps"]),
        tests(
            "GatewayTests",
            [
                "Boards", "Gateway", "Drivers", "Buses", "Journal", "JournalProof", "Uplink",
                "Platform", "Settings", "Telemetry",
                logging,
            ],
            exclude: ["Templates"]),
        tests("ConsoleTests", ["Console", "CZlib"]),
        tests(
            "TechnicianTests",
            [
                "Boards", "Buses", "Console", "Drivers", "Gateway", "Journal", "Platform",
                "Settings",
                "Technician", "Telemetry", "Uplink",
            ], exclude: ["Record", "Screens"]),
        tests("IntegrationTests", ["Platform"], exclude: ["Screens"]),
        tests("LabTests", ["LinuxBuses", "Buses", "Platform", "CLinux"]),
    ]
)
