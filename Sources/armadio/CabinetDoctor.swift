import Boards
import Console
import Gateway
import Glibc
import LinuxBuses
import Settings
import Technician
import Telemetry
import Uplink

/// The doctor at this cabinet: for `armadio doctor`, the commissioning record and the bundle.
struct CabinetDoctor {
    /// How long the running gateway may take to answer.
    private static let statusLimit = Duration.seconds(5)

    let file: ConfigurationOption
    /// Whether a test message is published on each uplink.
    var isPublishing = false

    /// Looks at everything, or at some areas, and shows a terminal what it waits for.
    func diagnosis(of areas: Set<DoctorArea> = Set(DoctorArea.allCases)) async -> Diagnosis {
        let doctor = Doctor(await patient().examinations(of: areas))
        var display = WaitingLine()
        let diagnosis = await doctor.run { display.show($0) }
        display.clear()
        return diagnosis
    }

    private func patient() async -> DoctorCase {
        let settings = SettingsFile(path: file.path)
        let socket = settings.controlSocket
        let cabinet = CabinetFacts(settings, socket: socket, check: file.check)
        let libraries = [(name: "libmosquitto", version: mosquittoVersion)] + busLibraries
        let versions = ProgramVersions(
            program: Armadio.version, libraries: libraries,
            board: BoardLibrary().detect(DeviceTree()))
        var patient = DoctorCase(cabinet: cabinet, status: nil, versions: versions)
        switch await Self.status(socket) {
        case .success(let status): patient.status = status
        case .failure(let failure) where failure.isAbsence: break
        case .failure(let failure): patient.silence = failure.description
        }
        patient.isPublishing = isPublishing
        return patient
    }

    /// The control socket's client blocks.
    private static func status(
        _ socket: String
    ) async -> Result<StatusReport, ControlClient.Failure> {
        let answer = await Doctor.bounded(statusLimit) {
            Result { () throws(ControlClient.Failure) in
                try ControlClient.status(socket: socket)
            }
        }
        return answer ?? .failure(.broken("the gateway does not answer on \(socket)"))
    }
}

/// What is still waited for, on one line of a terminal's standard error, which goes again.
private struct WaitingLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var isShown = false

    /// Fits the smallest terminal.
    private static let columns = 78

    /// The first second is not worth a line.
    mutating func show(_ progress: Doctor.Progress) {
        guard isTerminal, progress.elapsed > .milliseconds(1900) else { return }
        isShown = true
        let left = timeSpan(progress.left.seconds)
        let names = progress.waitingFor.joined(separator: ", ")
        let text = "looking at \(names); at most \(left) more"
        writeError("\r\u{1B}[K" + text.prefix(Self.columns))
    }

    func clear() {
        if isShown { writeError("\r\u{1B}[K") }
    }
}
