import CLinux
import Glibc
import Telemetry

/// The signals that a daemon answers, as a sequence instead of a handler's restricted context.
public enum SignalStream {
    /// The same for a program that polls: a descriptor from which each signal is read as a byte, its
    /// number. Once a process, this or the stream.
    public static func pipe(of signals: [Int32]) throws(SystemError) -> Int32 {
        let descriptor = clinux_catch_signals(signals, UInt32(signals.count))
        guard descriptor >= 0 else { throw SystemError("sigaction", errno: -descriptor) }
        return descriptor
    }

    /// Delivers these signals here from now on; they no longer end the process. Once a process.
    /// The stream holds at most 16 signals.
    ///
    /// - Throws: `SystemError` if the kernel gives no pipe, or on a second call.
    public static func of(_ signals: [Int32]) throws(SystemError) -> AsyncStream<Int32> {
        let descriptor = try pipe(of: signals)
        let executor = ThreadExecutor(name: "signals", stackBytes: 128 * 1024)
        let (stream, continuation) = AsyncStream<Int32>.makeStream(
            bufferingPolicy: .bufferingOldest(16))
        executor.watch {
            ThreadExecutor.Interest(descriptor: descriptor)
        } ready: { _ in
            var number: UInt8 = 0
            while read(descriptor, &number, 1) == 1 { continuation.yield(Int32(number)) }
        }
        continuation.onTermination = { _ in executor.unwatch() }
        return stream
    }
}
