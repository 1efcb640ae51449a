import CZlib
import Testing

@testable import Console

struct PNGImageTests {
    private static let (white, red) = (PNGImage.Colour(0xFFFFFF), PNGImage.Colour(0xFF0000))

    @Test func theFileHasItsSignatureSizeAndSums() throws {
        var image = PNGImage(width: 30, height: 20)
        image.line(from: (0, 0), to: (29, 19), Self.red)
        let file = try #require(image.encoded)
        let chunks = try #require(Chunk.all(of: file))
        #expect(chunks.map(\.type) == ["IHDR", "IDAT", "IEND"])
        #expect(chunks[0].data == [0, 0, 0, 30, 0, 0, 0, 20, 8, 2, 0, 0, 0])
        var rows = [UInt8](repeating: 0, count: 20 * (30 * 3 + 1))
        var count = uLong(rows.count)
        #expect(uncompress(&rows, &count, chunks[1].data, uLong(chunks[1].data.count)) == Z_OK)
        #expect(count == rows.count)
        #expect(rows.prefix(7) == [0, 255, 0, 0, 255, 255, 255])
    }

    @Test func whatIsOutsideIsLeftOut() {
        var image = PNGImage(width: 4, height: 4)
        image.fill(x: -5..<2, y: 3..<90, Self.red)
        image.line(from: (-3, 1), to: (9, 1), Self.red, thickness: 2)
        image.text("W", x: -3, y: -4, Self.red, scale: 3)
        #expect(image[0, 3] == Self.red && image[1, 3] == Self.red && image[2, 3] == Self.white)
        #expect(image[4, 0] == nil && image[0, -1] == nil)
    }

    @Test func sizesHaveBounds() {
        #expect(PNGImage(width: 0, height: -7).width == 1)
        #expect(PNGImage(width: 1, height: 1 << 40).height == PNGImage.sideLimit)
    }

    @Test func everyLetterIsAnotherOne() {
        let letters = (0x20...0x7E).map { Character(Unicode.Scalar(UInt8($0))) }
        #expect(Set(letters.map(BitmapFont.columns)).count == letters.count)
        #expect(letters.allSatisfy { BitmapFont.columns(of: $0).count == 5 })
        #expect(BitmapFont.columns(of: "\u{4E2D}") == BitmapFont.columns(of: "?"))
    }

    private struct Chunk {
        var type: String
        var data: [UInt8]

        /// The chunks of a file; nil if it is none.
        static func all(of file: [UInt8]) -> [Chunk]? {
            guard file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
                return nil
            }
            var (rest, chunks): (ArraySlice<UInt8>, [Chunk]) = (file.dropFirst(8), [])
            while rest.count >= 12 {
                let count = number(rest)
                guard rest.count >= 12 + count else { return nil }
                let checked = Array(rest.dropFirst(4).prefix(4 + count))
                let sum = number(rest.dropFirst(8 + count))
                guard crc32(0, checked, uInt(checked.count)) == uLong(sum) else { return nil }
                chunks.append(
                    Chunk(
                        type: String(decoding: checked.prefix(4), as: UTF8.self),
                        data: Array(checked.dropFirst(4))))
                rest = rest.dropFirst(12 + count)
            }
            return rest.isEmpty ? chunks : nil
        }

        private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
            bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
