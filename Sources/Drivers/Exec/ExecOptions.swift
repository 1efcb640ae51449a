import Telemetry

/// The options of the `exec` driver: a program in any language that speaks `armadio-exec/1`, which
/// exec-driver.md beside this file describes.
struct ExecOptions: Decodable, Sendable {
    /// The program's absolute path and its arguments, 1 to 64; no shell sees them.
    var command: [String]
    /// The program's whole environment beside `PATH=/usr/bin:/bin`, at most 64 names.
    var environment: NamedList<String>?
    /// What it is held to.
    var limits: ExecLimits?
    /// How long an answer may take, 100 ms to 60 s; 5 s unless given.
    var timeout: Duration?
    /// What it measures and switches, 1 to 500 points.
    var points: NamedList<ExecPoint>
}

/// What a program is held to.
struct ExecLimits: Decodable, Sendable {
    /// Its address space, 16 MiB to 64 GiB; 256 MiB unless given.
    var memory: ByteSize?
    /// The share of one processor that it may use over a minute, 1 % to 100 %; 50 % unless given.
    var cpu: ProcessorShare?
    /// Its open files, 8 to 65,536; 64 unless given.
    var files: Int?
    /// The largest file that it may write, up to 1 TiB; 16 MiB unless given.
    var fileSize: ByteSize?

    private enum CodingKeys: String, CodingKey {
        case memory, cpu, files
        case fileSize = "file-size"
    }
}

/// One point of a program.
struct ExecPoint: Decodable, Sendable {
    /// The unit of its values, which the program's description has to agree with.
    var unit: Unit?
    /// Whether and how it may be written.
    var writable: ScalarOrFields<Bool, ExecWriteOptions>?
}

/// How a point of a program may be written.
struct ExecWriteOptions: Decodable, Sendable {
    /// The least value; a point with limits is a number.
    var min: Double?
    /// The largest value.
    var max: Double?
    /// What is written when the gateway stops, or has lost its uplink for `safe-after`.
    var safe: String?
}

/// A part of one processor's time: `50%`.
struct ProcessorShare: TextScalar, Hashable {
    /// 0.01 to 1.
    var share: Double

    init(share: Double) { self.share = share }

    init(text: String) throws(TextScalarError) {
        guard text.hasSuffix("%"), let percent = Int(text.dropLast()), (1...100).contains(percent)
        else {
            throw TextScalarError(
                "`\(text)` is no share of a processor", mend: "write 1% to 100%, such as 50%")
        }
        share = Double(percent) / 100
    }

    static var placeholder: ProcessorShare { ProcessorShare(share: 1) }
}
