import CLinux
import Glibc
import Telemetry

/// The signals that a daemon answers, as a sequence instead of a handler's restricted context.
public enum SignalStream {
    /// Blocks these signals for every thread of the process and delivers them here from now on.
    /// Call it before any other thread is started. The stream holds at most 16 signals.
    ///
    /// - Throws: `SystemError` if the kernel gives no signalfd(2).
    public static func of(_ signals: [Int32]) throws(SystemError) -> AsyncStream<Int32> {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("signalfd") }
        let executor = ThreadExecutor(name: "signals", stackBytes: 128 * 1024)
        let (stream, continuation) = AsyncStream<Int32>.makeStream(
            bufferingPolicy: .bufferingOldest(16))
        executor.watch {
            ThreadExecutor.Interest(descriptor: descriptor)
        } ready: { _ in
            var info = signalfd_siginfo()
            let size = MemoryLayout<signalfd_siginfo>.size
            while read(descriptor, &info, size) == size {
                continuation.yield(Int32(info.ssi_signo))
            }
        }
        continuation.onTermination = { _ in
            executor.unwatch()
            close(descriptor)
        }
        return stream
    }
}
