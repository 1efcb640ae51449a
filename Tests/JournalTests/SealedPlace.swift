import Frames
import Testing

@testable import Journal

/// Numbers in a page, or a frame's header, that a checksum at its end seals.
struct SealedPlace: CustomTestStringConvertible {
    var file: String
    var page = 0
    var size = Page.size
    /// What is written, and where in the page.
    var numbers: [Int: [UInt8]]

    var testDescription: String { "\(file), page \(page), bytes \(numbers.keys.sorted())" }

    /// Where it is in the file.
    var offset: Int { page * Page.size }

    /// Writes the numbers there and makes the checksum right.
    func write(in fixture: Fixture) {
        let change: (inout [UInt8]) -> Void = { bytes in
            for (offset, number) in numbers {
                bytes.replaceSubrange(offset..<offset + number.count, with: number)
            }
            let end = bytes.count - 4
            let checksum: UInt32 = CRC32C.checksum(bytes[..<end])
            withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(end..., with: $0) }
        }
        overwrite(fixture.directory + "/" + file, at: offset, change, count: size)
    }
}
