import Buses
import Glibc
import Platform
import Telemetry

/// What goes wrong with a program, in words that its author and a technician can act on.
struct ProgramWords {
    var line: ProgramLine

    private var program: String { line.command.first ?? "the program" }

    /// It cannot be started.
    func notStarted(_ error: SystemError) -> BusError {
        let advice =
            switch error.errno {
            case ENOENT:
                "there is no such file, or not the one that it names in its first line after `#!`"
            case EACCES: "this user may not execute it; `chmod +x` it"
            case ENOEXEC: "it is no program; a script's first line names its interpreter: `#!`"
            case ENOMEM, EAGAIN: "the system has no room for another process"
            case ENOSYS: "the kernel is too old: Linux 5.3 or later is needed"
            default: error.reason
            }
        return BusError(
            .disconnected, errno: error.errno, "\(program) cannot be started: \(advice)")
    }

    /// It has ended by itself, with this status of waitpid(2); nil if it only closed its output.
    func over(_ status: Int32?) -> BusError {
        guard let status else {
            return BusError(.disconnected, "\(program) has closed its standard output")
        }
        let signal = status & 0x7F
        return BusError(
            .disconnected,
            signal == 0
                ? "\(program) has ended with exit code \(status >> 8 & 0xFF)"
                : "\(program) was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        )
    }

    /// It writes more than is taken.
    func excess(_ excess: LineBuffer.Excess) -> BusError {
        let what =
            switch excess {
            case .longLine:
                "standard output: a line of more than \(ProgramOutput.longestLine) bytes"
            case .flood:
                "standard output: more than \(ProgramOutput.mostLines) lines at once or "
                    + "\(ProgramOutput.mostBytes >> 20) MiB a second"
            case .remarks:
                "standard error: more than \(ProgramOutput.mostRemarkBytes >> 10) KiB a second"
            }
        return BusError(.corrupt, "\(program) floods its \(what)")
    }

    /// It does not read its input.
    var unread: BusError {
        BusError(.timeout, "\(program) does not read its standard input")
    }

    /// Nothing runs.
    var notRunning: BusError {
        BusError(.disconnected, "\(program) does not run")
    }

    /// The last run cannot be ended.
    var undead: BusError {
        BusError(.disconnected, "\(program) was killed, but the kernel has not ended it yet")
    }
}
