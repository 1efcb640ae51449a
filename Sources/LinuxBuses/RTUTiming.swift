import Buses
import Telemetry

/// The times of a line with RTU's frames.
struct RTUTiming {
    /// How long a character takes on the wire; zero where nothing is known of a wire.
    var characterTime: Duration
    /// The silence between frames.
    var silence: Duration
    /// How long nothing must have come for a disturbed line to count as silent.
    var quiet: Duration
    /// How much longer than its bytes need an answer may take once it has begun.
    var allowance: Duration

    /// A serial port. USB adapters hand over what they have received after up to 16 ms (FTDI's
    /// latency timer), in blocks, so a shorter quiet says nothing on them.
    init(_ port: SerialPort) {
        characterTime = port.characterTime
        silence = port.silence
        quiet = max(port.silence, .milliseconds(20))
        allowance = max(port.silence * 4, .milliseconds(60))
    }

    /// A serial server on the network. Nothing is known of its line's rate, and a transparent one
    /// passes on what it is given at once: the silence is that of 9,600 baud.
    static let network = RTUTiming(
        characterTime: .zero, silence: SerialPort.silence(baud: 9600), quiet: .milliseconds(50),
        allowance: .milliseconds(500))

    private init(
        characterTime: Duration, silence: Duration, quiet: Duration, allowance: Duration
    ) {
        self.characterTime = characterTime
        self.silence = silence
        self.quiet = quiet
        self.allowance = allowance
    }

    /// How long the rest of an answer may take.
    func patience(missing bytes: Int) -> Duration {
        characterTime * bytes + characterTime * bytes / 2 + allowance
    }
}
