import CZlib

/// A small picture: lines, rectangles, letters on a ground of one colour, written as PNG
/// (ISO/IEC 15948) with 8 bits a channel.
public struct PNGImage: Sendable {
    /// Red, green and blue.
    public struct Colour: Sendable, Hashable {
        var red: UInt8
        var green: UInt8
        var blue: UInt8

        /// A colour as 0xRRGGBB.
        public init(_ code: UInt32) {
            red = UInt8(truncatingIfNeeded: code >> 16)
            green = UInt8(truncatingIfNeeded: code >> 8)
            blue = UInt8(truncatingIfNeeded: code)
        }
    }

    /// The most pixels across and down; 48 MB when both are used up.
    public static let sideLimit = 4000

    /// Pixels across.
    public let width: Int
    /// Pixels down.
    public let height: Int
    private var pixels: [UInt8]

    /// A picture of one colour; at least one pixel, at most `sideLimit` a side.
    public init(width: Int, height: Int, _ ground: Colour = Colour(0xFFFFFF)) {
        self.width = min(max(width, 1), Self.sideLimit)
        self.height = min(max(height, 1), Self.sideLimit)
        pixels = []
        pixels.reserveCapacity(self.width * self.height * 3)
        for _ in 0..<self.width * self.height {
            pixels.append(ground.red)
            pixels.append(ground.green)
            pixels.append(ground.blue)
        }
    }

    /// The colour of a pixel; nil outside.
    public subscript(x: Int, y: Int) -> Colour? {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return nil }
        let start = (y * width + x) * 3
        return Colour(
            UInt32(pixels[start]) << 16 | UInt32(pixels[start + 1]) << 8
                | UInt32(pixels[start + 2]))
    }

    // MARK: Drawing

    /// Colours a pixel; outside of the picture nothing.
    public mutating func set(_ x: Int, _ y: Int, _ colour: Colour) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let start = (y * width + x) * 3
        pixels[start] = colour.red
        pixels[start + 1] = colour.green
        pixels[start + 2] = colour.blue
    }

    /// Fills a rectangle.
    public mutating func fill(x: Range<Int>, y: Range<Int>, _ colour: Colour) {
        for row in y.clamped(to: 0..<height) {
            for column in x.clamped(to: 0..<width) { set(column, row, colour) }
        }
    }

    /// Draws a straight line, so many pixels thick.
    public mutating func line(
        from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ colour: Colour,
        thickness: Int = 1
    ) {
        let steps = max(abs(end.x - start.x), abs(end.y - start.y))
        for step in 0...steps {
            let part = steps == 0 ? 0 : Double(step) / Double(steps)
            let x = start.x + Int((Double(end.x - start.x) * part).rounded())
            let y = start.y + Int((Double(end.y - start.y) * part).rounded())
            fill(
                x: x - thickness / 2..<x - thickness / 2 + thickness,
                y: y - thickness / 2..<y - thickness / 2 + thickness, colour)
        }
    }

    /// Writes a line of text with its upper left corner here.
    public mutating func text(
        _ text: String, x: Int, y: Int, _ colour: Colour, scale: Int = 1
    ) {
        for (index, letter) in text.enumerated() {
            let start = x + index * BitmapFont.advance * scale
            for (column, bits) in BitmapFont.columns(of: letter).enumerated() {
                for row in 0..<BitmapFont.height where bits & 1 << UInt8(row) != 0 {
                    let (left, top) = (start + column * scale, y + row * scale)
                    fill(x: left..<left + scale, y: top..<top + scale, colour)
                }
            }
        }
    }

    /// How wide a line of text is.
    public static func textWidth(_ text: String, scale: Int = 1) -> Int {
        max(text.count * BitmapFont.advance - 1, 0) * scale
    }

    // MARK: PNG

    /// The picture as a file's bytes; nil if there is no memory for it.
    public var encoded: [UInt8]? {
        guard let data = deflated else { return nil }
        // Eight bits a channel, three channels; deflate, filters, no interlacing.
        let header = Self.bytes(UInt32(width)) + Self.bytes(UInt32(height)) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header)
            + Self.chunk("IDAT", data) + Self.chunk("IEND", [])
    }

    /// The rows, each behind the number of its filter: none.
    private var deflated: [UInt8]? {
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (width * 3 + 1))
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * width * 3..<(row + 1) * width * 3]
        }
        var size = compressBound(uLong(rows.count))
        var data = [UInt8](repeating: 0, count: Int(size))
        guard compress2(&data, &size, rows, uLong(rows.count), 9) == Z_OK else { return nil }
        return Array(data.prefix(Int(size)))
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let checked = Array(type.utf8) + data
        let sum = crc32(0, checked, uInt(checked.count))
        return bytes(UInt32(data.count)) + checked + bytes(UInt32(truncatingIfNeeded: sum))
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
