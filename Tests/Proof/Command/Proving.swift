import ArgumentParser
import Glibc
import JournalProof

/// Runs a proof, prints what it did and what it cost; exit code 1 if a promise does not hold.
func prove(
    _ title: String, _ body: ((String) -> Void) -> (ProofReport, ProofFailure?)
) throws {
    print(title)
    let began = processorSeconds()
    let current = CurrentCase()
    let (report, failure) = body(current.note)
    let seconds = processorSeconds() - began
    print(report)
    let rate = Int(Double(report.states) / max(seconds, 0.001))
    print("  CPU: \(Double(Int(seconds * 100)) / 100) s, \(rate) a second")
    guard let failure else { return print("  holds") }
    print("  DOES NOT HOLD: \(failure)")
    throw ExitCode(1)
}

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The file that names the case under way, for when it ends the process: `Tests/Proof/run`
/// prints it then. Its name is in JOURNAL_PROOF_CASE; without that nothing is kept.
private struct CurrentCase {
    private let descriptor: Int32

    init() {
        descriptor =
            getenv("JOURNAL_PROOF_CASE").map {
                open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            } ?? -1
    }

    func note(_ text: String) {
        guard descriptor >= 0 else { return }
        let bytes = Array(text.utf8)
        ftruncate(descriptor, off_t(bytes.count))
        pwrite(descriptor, bytes, bytes.count, 0)
    }
}
