/// SHA-256 (FIPS 180-4), for small texts whose hash people compare with sha256sum(1).
public enum SHA256 {
    /// The hash of some bytes, as 64 hexadecimal digits.
    public static func hex(of bytes: [UInt8]) -> String {
        hash(of: bytes).map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private static func hash(of bytes: [UInt8]) -> [UInt32] {
        var state = start
        let padded = pad(bytes)
        for block in stride(from: 0, to: padded.count, by: 64) {
            take(padded[block..<block + 64], into: &state)
        }
        return state
    }

    /// A one bit, zeros up to 8 bytes before the end of a block, the length in bits (section 5.1.1).
    private static func pad(_ bytes: [UInt8]) -> [UInt8] {
        var padded = bytes + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        let bits = UInt64(bytes.count) << 3
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
        return padded
    }

    /// One block (section 6.2.2).
    private static func take(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words = [UInt32](repeating: 0, count: 64)
        for (index, byte) in block.enumerated() {
            words[index / 4] = words[index / 4] << 8 | UInt32(byte)
        }
        for index in 16..<64 {
            let (near, far) = (words[index - 2], words[index - 15])
            let small = far.rotated(7) ^ far.rotated(18) ^ far >> 3
            let large = near.rotated(17) ^ near.rotated(19) ^ near >> 10
            words[index] = words[index - 16] &+ small &+ words[index - 7] &+ large
        }
        var now = state
        for (constant, word) in zip(constants, words) { turn(&now, constant &+ word) }
        for index in state.indices { state[index] &+= now[index] }
    }

    private static func turn(_ now: inout [UInt32], _ input: UInt32) {
        let (a, b, c, e, f, g) = (now[0], now[1], now[2], now[4], now[5], now[6])
        let choice = e & f ^ ~e & g
        let majority = a & b ^ a & c ^ b & c
        let first =
            now[7] &+ (e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)) &+ choice &+ input
        let second = (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)) &+ majority
        now = [first &+ second, a, b, c, now[3] &+ first, e, f, g]
    }

    /// Section 5.3.3.
    private static let start: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    /// Section 4.2.2.
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
        0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
        0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
        0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
        0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]
}

extension UInt32 {
    fileprivate func rotated(_ places: UInt32) -> UInt32 {
        self >> places | self << (32 - places)
    }
}
