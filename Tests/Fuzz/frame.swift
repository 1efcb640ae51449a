import Telemetry

/// Any bytes as the body of a frame: refused, or readings of the right number that can be
/// written again and read back the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    let count = 1 + Int(bytes.first ?? 0)
    let points = PointTable()
    let readings: ReadingBatch
    do throws(Malformed) {
        readings = try FrameBody.decode(
            bytes, at: min(1, size), length: max(size - 1, 0), count: count, points: points)
    } catch {
        return 0
    }
    precondition(readings.count == count)
    let body = FrameEncoder().encode(readings, points: points)
    do throws(Malformed) {
        let again = try FrameBody.decode(
            body, at: 0, length: body.count, count: count, points: points)
        // Batches compare the stored bits: doubles too are the same to the bit.
        precondition(again == readings)
    } catch {
        preconditionFailure("what was written cannot be read")
    }
    return 0
}
