import CChecksum

/// The Castagnoli CRC (RFC 3720 appendix B.4), reflected, as iSCSI, ext4 and Btrfs use it.
package enum CRC32C {
    /// The checksum of bytes.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { cchecksum_crc32c($0.baseAddress, $0.count) }
    }

    /// The checksum of bytes.
    package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { cchecksum_crc32c($0.baseAddress, $0.count) }
    }
}
