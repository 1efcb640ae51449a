import Frames
import Glibc
import Telemetry

/// Any bytes as the files of a journal: it starts, tells what there is, takes readings, writes
/// them, and has them after the next start. Or it refuses them as a newer program's.
///
/// The input is cut into the files `state`, `clock`, two normal segments and an urgent one, each
/// as long as the two bytes in front of it say, in units of 64 bytes. Checksums are made right:
/// damage that they notice is the tests' matter, here it is what comes behind them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let disk = MemoryDisk()
    fill(disk, UnsafeBufferPointer(start: data, count: size)[...])
    let point = Point(device: "fuzz", name: "value")
    do throws(JournalError) {
        let journal = try open(disk)
        drain(journal, limit: 10_000)
        var batch = ReadingBatch()
        batch.append(
            point: journal.points.intern(point) ?? PointID(index: 0), value: .int64(4711),
            at: anchor.instant)
        journal.append(batch, now: anchor.instant)
        let (epoch, sequence) = (
            journal.epoch(of: .normal), journal.end(of: .normal).sequence - 1
        )
        journal.close(anchor: anchor)
        precondition(journal.statistics.readingsInMemory == 0, "a disk that takes all did not")
        let again = try open(disk)
        precondition(again.epoch(of: .normal) != epoch, "an epoch came twice")
        let found = again.nextBatch(
            of: .normal, after: Position(epoch: epoch.number, sequence: sequence),
            maximumReadings: 1)
        guard let found, case .readings(let readings) = found.content else {
            preconditionFailure("a committed reading is lost")
        }
        precondition(found.epoch == epoch && found.firstSequence == sequence)
        precondition(readings.value(at: 0) == .int64(4711))
    } catch {
        // Refused as a newer program's: NewerFormatTests see that nothing is changed then.
        guard case .newerFormat = error.code else { preconditionFailure("no start: \(error)") }
    }
    return 0
}

private let anchor = ClockAnchor(
    boot: BootID(high: 7, low: 7), instant: Instant(nanoseconds: 1_000_000_000),
    wall: WallTime(nanosecondsSince1970: 1_800_000_000_000_000_000), quality: .synchronized)

private func open(_ disk: MemoryDisk) throws(JournalError) -> ReadingJournal {
    var options = JournalOptions()
    options.segmentBytes = 32 * 1024
    options.maximumBytes = 256 * 1024
    return try ReadingJournal(
        directory: "j", fileSystem: disk, points: PointTable(), options: options, anchor: anchor)
}

private let names = [
    "state", "clock", "normal-000000.segment", "normal-000001.segment", "urgent-000000.segment",
]

private func fill(_ disk: MemoryDisk, _ input: Slice<UnsafeBufferPointer<UInt8>>) {
    var rest = input
    for name in names where rest.count >= 2 {
        let length = (Int(rest.removeFirst()) | Int(rest.removeFirst()) << 8) * 64
        var bytes = Array(rest.prefix(length))
        rest = rest.dropFirst(bytes.count)
        for page in stride(from: 0, to: bytes.count - Page.size + 1, by: Page.size) {
            mendChecksums(&bytes, at: page)
        }
        disk.change("j/" + name) { $0 = bytes }
    }
}

/// Makes the checksums of a page right, be it a header's or a frame's.
private func mendChecksums(_ bytes: inout [UInt8], at page: Int) {
    if Array(bytes[page..<page + 8]) == Array("ARMFRAME".utf8) {
        let length = min(Int(number(bytes, page + 52)), bytes.count - page - FrameHeader.size)
        let body = page + FrameHeader.size
        put(CRC32C.checksum(bytes[body..<body + max(length, 0)]), &bytes, page + 56)
        put(CRC32C.checksum(bytes[page..<page + 124]), &bytes, page + 124)
    } else if Array(bytes[page..<page + 3]) == Array("ARM".utf8) {
        put(CRC32C.checksum(bytes[page..<page + 4092]), &bytes, page + 4092)
    }
}

private func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
}

private func put(_ value: UInt32, _ bytes: inout [UInt8], _ offset: Int) {
    for index in 0..<4 {
        bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
    }
}

/// Writes journals to begin with into the folder that SEEDS names.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>, _ words: UnsafeMutableRawPointer)
    -> CInt
{
    guard let folder = getenv("SEEDS").map({ String(cString: $0) }) else { return 0 }
    for commits in [0, 1, 3, 10, 30] {
        write(seed(commits: commits), to: folder + "/seed-\(commits)")
    }
    return 0
}

private func seed(commits: Int) -> [UInt8] {
    let disk = MemoryDisk()
    do throws(JournalError) {
        for _ in 0..<2 {
            let journal = try open(disk)
            let ids = [false, true].compactMap { isUrgent in
                journal.points.intern(Point(device: "d", name: "p", isUrgent: isUrgent))
            }
            for commit in 0..<commits {
                var batch = ReadingBatch()
                for (index, id) in ids.enumerated() {
                    batch.append(
                        point: id, value: .int64(Int64(commit * 3 + index)), at: anchor.instant)
                }
                journal.append(batch, now: anchor.instant)
                journal.commit(now: anchor.instant)
                if commit % 4 == 0 {
                    journal.settle(through: journal.end(of: .normal), of: .normal)
                }
            }
            if commits % 2 == 0 { journal.close(anchor: anchor) }
        }
    } catch {
        preconditionFailure("\(error)")
    }
    return names.flatMap { name in
        let bytes = disk.files["j/" + name] ?? []
        let units = bytes.count / 64
        return [UInt8(truncatingIfNeeded: units), UInt8(truncatingIfNeeded: units >> 8)] + bytes
    }
}

private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

/// Everything that is owed, as far as `limit` batches of it go: a hostile gap may be endless.
private func drain(_ journal: ReadingJournal, limit: Int) {
    for priority in Priority.allCases {
        var position = journal.start(of: priority)
        for _ in 0..<limit {
            guard
                let batch = journal.nextBatch(
                    of: priority, after: position, maximumReadings: 1000)
            else { break }
            precondition(batch.end > position, "no way forward")
            position = batch.end
        }
    }
}
