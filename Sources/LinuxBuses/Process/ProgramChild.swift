import Buses
import CLinux
import Glibc
import Platform

/// A program that runs, with its pipes. Whoever lets go of it ends it: its whole process group is
/// killed, and it is buried.
final class ProgramChild {
    /// How long the kernel may take to end what was killed, when nobody waits for it elsewhere.
    private static let lastPatience: Int32 = 1000

    private let pid: pid_t
    /// Becomes readable when the program has ended.
    let handle: Int32
    /// Negative once closed.
    private(set) var input: Int32
    private(set) var output: Int32
    private(set) var errors: Int32
    /// What waitpid(2) has told; nil until the program is buried.
    private(set) var status: Int32?

    /// Starts it. To be called on the thread that is to outlive it.
    init(_ line: ProgramLine) throws(SystemError) {
        var child = clinux_child()
        let failure = withWords(line.command) { arguments in
            withWords(line.environment) { environment in
                var program = clinux_program(
                    arguments: arguments, environment: environment,
                    memory: UInt64(clamping: line.limits.memory.bytes),
                    file_size: UInt64(clamping: line.limits.fileSize.bytes),
                    open_files: UInt64(clamping: line.limits.files),
                    niceness: Int32(ProgramLimits.niceness))
                return clinux_start_program(&program, &child)
            }
        }
        guard failure == 0 else {
            throw SystemError("start", line.command.first ?? "", errno: -failure)
        }
        (pid, handle) = (child.pid, child.handle)
        (input, output, errors) = (child.input, child.output, child.errors)
    }

    deinit {
        if status == nil {
            signal(SIGKILL)
            var wait = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
            poll(&wait, 1, Self.lastPatience)
            bury()
        }
        for descriptor in [handle, input, output, errors] where descriptor >= 0 {
            Glibc.close(descriptor)
        }
    }

    /// Sends a signal to all of its processes. The group's number is its own until it is buried.
    func signal(_ number: Int32) {
        if status == nil { kill(-pid, number) }
    }

    /// Whether it has ended.
    var hasEnded: Bool {
        var wait = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        return poll(&wait, 1, 0) > 0
    }

    /// Buries it, if it has ended. Returns whether it is buried.
    @discardableResult
    func bury() -> Bool {
        guard status == nil else { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        self.status = status
        return true
    }

    func closeInput() { Self.close(&input) }
    func closeErrors() { Self.close(&errors) }

    private static func close(_ descriptor: inout Int32) {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// The processor time that it and those of its children have used that have ended
    /// (proc_pid_stat(5)); nil if it cannot be read.
    var processorTicks: UInt64? {
        let text: String
        do throws(SystemError) {
            text = try readSmallFile("/proc/\(pid)/stat", limit: 4096)
        } catch {
            return nil
        }
        // The name, in parentheses, may have anything in it. State is the third field.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ").dropFirst().map { UInt64($0) }
        guard fields.count > 14 else { return nil }
        return fields[11...14].reduce(0) { sum, field in sum &+ (field ?? 0) }
    }
}

/// Words as the kernel wants them: an array that a null ends.
private func withWords<Result>(
    _ words: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = words.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var pointers = copies.map { $0.map { UnsafePointer<CChar>($0) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
        guard let first = buffer.baseAddress else { preconditionFailure("it has the null") }
        return body(first)
    }
}
