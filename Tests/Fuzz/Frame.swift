import Journal
import Telemetry

/// Gives the decoder of frames' bodies what the fuzzer thinks of: it never traps, it gives as many
/// readings as were asked for or none, and these can be written again and come back the same.
///
/// The first two bytes are how many readings are asked for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrame(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: length))
    guard input.count >= 2 else { return 0 }
    let count = (Int(input[0]) | Int(input[1]) << 8) & 0x3FFF
    let table = PointTable()
    guard let readings = decoded(input, at: 2, count: count, table) else { return 0 }
    precondition(readings.count == count, "another number of readings than was asked for")
    let body = FrameEncoder().encode(readings, points: table)
    // `==` of batches compares stored bits: doubles too are the same to the bit.
    precondition(decoded(body, at: 0, count: count, table) == readings, "it comes back changed")
    return 0
}

private func decoded(
    _ bytes: [UInt8], at offset: Int, count: Int, _ table: PointTable
) -> ReadingBatch? {
    do {
        return try FrameBody.decode(
            bytes, at: offset, length: bytes.count - offset, count: count, points: table)
    } catch {
        return nil
    }
}
