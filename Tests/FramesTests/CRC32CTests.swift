import CChecksum
import TestSupport
import Testing

@testable import Frames

@Suite struct CRC32CTests {
    /// RFC 3720 appendix B.4.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283), ([], 0),
        ] as [([UInt8], UInt32)])
    func givesTheStandardsOwnResults(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.checksum(bytes) == checksum)
        #expect(
            bytes.withUnsafeBytes { cchecksum_crc32c_by_table($0.baseAddress, $0.count) }
                == checksum)
    }

    @Test func theInstructionAgreesWithTheTableAtEveryLengthAndPlace() {
        var random = SplitMix(seed: 11)
        let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
        // Each remainder of a table's eight bytes, from each place in a word and one beyond.
        for start in 0..<9 {
            for end in start...bytes.count {
                let slice = bytes[start..<end]
                let table = slice.withUnsafeBytes {
                    cchecksum_crc32c_by_table($0.baseAddress, $0.count)
                }
                if CRC32C.checksum(slice) != table { Issue.record("\(start)..<\(end)") }
            }
        }
    }
}
