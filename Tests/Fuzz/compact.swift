import Frames
import Telemetry

/// Any bytes as a compact payload: refused, or readings, a gap or points with numbers that make
/// sense; what readings there are can be written again and read back the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var decoder = CompactDecoder(dictionaryLimit: 2, pointLimit: 200)
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    // The right first byte, or nothing would get further.
    let payload = [CompactHeader.magic] + bytes
    do throws(CompactFlaw) {
        switch try CompactPayload(decoding: payload) {
        case .gap(let gap): precondition(gap.count > 0)
        case .dictionary(let part):
            guard part == again(part) else { preconditionFailure("points that change") }
        case .readings(let readings): check(readings)
        }
        _ = try decoder.read(payload)
    } catch {
        return 0
    }
    return 0
}

/// The points when they are written and read once more; names that are too long are cut.
private func again(_ part: CompactDictionary) -> CompactDictionary? {
    do throws(CompactFlaw) {
        guard case .dictionary(let cut) = try CompactPayload(decoding: part.encoded()),
            case .dictionary(let back) = try CompactPayload(decoding: cut.encoded()), back == cut
        else { return nil }
        return cut.points.count == part.points.count ? part : nil
    } catch {
        return nil
    }
}

private func check(_ readings: CompactReadings) {
    let count = readings.points.count
    precondition(readings.count > 0 && count > 0 && UInt64(count) <= readings.count)
    precondition(readings.sequence(of: count - 1) < readings.first + readings.count)
    var batch = ReadingBatch()
    for index in 0..<count {
        batch.append(
            point: PointID(index: readings.points[index]), value: readings.values[index],
            quality: readings.qualities[index], at: Instant(nanoseconds: 0))
    }
    let times = readings.microseconds.map { Instant(nanoseconds: $0) }
    let body = FrameEncoder().encodePortable(batch, times: times, offsets: readings.offsets)
    do throws(Malformed) {
        let span = readings.offsets == nil ? nil : readings.count
        let back = try PortableBody.decode(body, at: 0, count: count, span: span)
        precondition(back.points == readings.points && back.times == readings.microseconds)
        precondition(back.qualities == readings.qualities && back.offsets == readings.offsets)
        for (left, right) in zip(back.values, readings.values) where left != right {
            // A NaN is not equal to itself.
            guard case .double(let first) = left, case .double(let second) = right,
                first.bitPattern == second.bitPattern
            else { preconditionFailure("a value that changes") }
        }
    } catch {
        preconditionFailure("what was written cannot be read")
    }
}
