"""The uplink's compact payloads, read as the page says (Sources/Uplink/Compact/compact.md).

Needs the standard library and zstandard. Written from the page alone: it shares no code with what
writes the payloads.

    compact.py FILE     prints what the payloads are that FILE has in hexadecimal, one a line
"""

import struct
import sys
from typing import NamedTuple, Optional

import zstandard

MAGIC = 0xC1
CONTENT_TYPE = "application/vnd.armadio.compact"
LARGEST_PAYLOAD = 1 << 20
LARGEST_COUNT = 16_384
LARGEST_PARTS = (4 << 20, 16 << 10, 320 << 10)
LARGEST_DICTIONARY = 128
LARGEST_DICTIONARY_BYTES = 128 * (2 * 257 + 65)
POINTS = 1 << 20
NO_POINT = POINTS - 1
MASK = (1 << 64) - 1

KINDS = ("none", "bool", "int64", "uint64", "double", "string")
CLOCKS = ("synchronized", "unsynchronized", "estimated")
REASONS = {1: "journal-full", 2: "damaged", 3: "memory-full"}
QUALITIES = {
    0: "good", 1: "timeout", 2: "disconnected", 3: "corrupt", 4: "bus-error", 5: "suspended",
    16: "illegal-function", 17: "illegal-address", 18: "illegal-value", 19: "device-failure",
    20: "device-busy", 21: "gateway-unavailable", 22: "device-exception", 32: "not-available",
    33: "unrepresentable", 34: "events-lost", 35: "chattering",
}


class Malformed(Exception):
    """Bytes that are no payload of this version."""


class UnknownPoints(Exception):
    """A payload whose dictionary, or so many points of it, has not come yet."""


class Point(NamedTuple):
    device: str
    name: str
    unit: str
    urgent: bool


class Reading(NamedTuple):
    sequence: int
    point: Point
    time: Optional[int]  #: microseconds behind the zero of the payload
    quality: str
    kind: str
    value: object


class Head(NamedTuple):
    """What every payload begins with."""

    kind: str  #: readings, gap or dictionary
    epoch: str
    first: int
    count: int
    clock: str
    zero: str  #: what times are counted from: absolute (1970), relative (sending) or unknown
    base: int  #: microseconds; 0 where the zero is unknown


class Payload(NamedTuple):
    head: Head
    dictionary: str = ""  #: of readings: the name of the dictionary
    readings: tuple = ()
    reason: str = ""  #: of a gap
    points: tuple = ()  #: of a dictionary


def signed(number):
    """64 bits as two's complement."""
    number &= MASK
    return number - (1 << 64) if number >> 63 else number


def unzigzag(number):
    return signed((number >> 1) ^ -(number & 1))


class Bytes:
    """Reads bytes that are not trusted."""

    def __init__(self, content):
        self._content, self._offset = bytes(content), 0

    @property
    def left(self):
        return len(self._content) - self._offset

    def take(self, count):
        if count > self.left:
            raise Malformed("too short")
        self._offset += count
        return self._content[self._offset - count : self._offset]

    def byte(self):
        return self.take(1)[0]

    def varint(self, limit=MASK):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if value > MASK or shift > 63:
                raise Malformed("a varint of more than 64 bits")
            if byte < 0x80:
                break
            shift += 7
        if value > limit:
            raise Malformed(f"{value} is more than {limit}")
        return value

    def zigzag(self):
        return unzigzag(self.varint())

    def text(self):
        try:
            return self.take(self.varint()).decode()
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error

    def runs(self, count, known):
        """An open column of bytes."""
        column = []
        while len(column) < count:
            left = count - len(column)
            length = self.varint(left) or left
            value = self.byte()
            if value not in known:
                raise Malformed(f"{value} is not known")
            column += [value] * length
        return column

    def column(self, count, known, is_one):
        """An open column, or the one byte of all."""
        if not is_one:
            return self.runs(count, known)
        value = self.byte()
        if value not in known:
            raise Malformed(f"{value} is not known")
        return [value] * count

    def lengths(self, count):
        lengths, left = [], count
        while left:
            length = self.varint(left)
            times = self.varint(left // length) if length else 0
            if not times:
                raise Malformed("a length of nothing")
            lengths += [length] * times
            left -= length * times
        return lengths

    def jumps(self, count, below, wraps_at=0):
        column, expected = [], 0
        while len(column) < count:
            index = expected + self.zigzag()
            more = self.varint(count - len(column) - 1)
            for _ in range(more + 1):
                if not 0 <= index < below:
                    raise Malformed("an index out of range")
                column.append(index)
                index = 0 if index + 1 == wraps_at else index + 1
            expected = index
        return column


class Bits:
    """Reads numbers of any width, the lowest bit first."""

    def __init__(self, content):
        self._length, self._position = len(content), 0
        # Padded so that any number lies inside of 16 bytes from its first on.
        self._content = bytes(content) + bytes(16)

    def read(self, width):
        byte, shift = divmod(self._position, 8)
        self._position += width
        if self._position > 8 * self._length:
            raise Malformed("too few bits")
        word = int.from_bytes(self._content[byte : byte + 9], "little")
        return word >> shift & (1 << width) - 1

    @property
    def at_end(self):
        return (self._position + 7) // 8 == self._length


def unzstd(content, length):
    try:
        # What the frame says of its length is memory that is taken before anything is read.
        if zstandard.get_frame_parameters(content).content_size != length:
            raise Malformed("zstd of another length")
        plain = zstandard.ZstdDecompressor().decompress(content, read_across_frames=False)
    except zstandard.ZstdError as error:
        raise Malformed(f"zstd: {error}") from error
    if len(plain) != length:
        raise Malformed("zstd gave another length")
    return plain


def head(source):
    if source.byte() != MAGIC:
        raise Malformed("no compact payload of this version")
    flags = source.byte()
    kind, clock, zero = flags & 3, flags >> 2 & 3, flags >> 4 & 3
    if kind == 3 or clock == 3 or zero == 3 or kind and flags >> 6:
        raise Malformed("flags that are not known")
    journal = int.from_bytes(source.take(8), "little")
    epoch = f"{journal:016x}-{source.varint(0xFFFF_FFFF)}"
    first, count = source.varint(), source.varint()
    if not count or first + count > MASK:
        raise Malformed("sequence numbers out of range")
    base = source.zigzag() if zero < 2 else 0
    kinds, zeros = ("readings", "gap", "dictionary"), ("absolute", "relative", "unknown")
    return flags, journal, Head(kinds[kind], epoch, first, count, CLOCKS[clock], zeros[zero], base)


class Decoder:
    """Reads payloads; keeps the dictionaries that came, by name, for as long as it lives."""

    def __init__(self):
        self.dictionaries = {}

    def read(self, payload):
        if len(payload) > LARGEST_PAYLOAD:
            raise Malformed("too long")
        source = Bytes(payload)
        flags, journal, found = head(source)
        if found.kind == "dictionary":
            points = dictionary(source, found)
            known = self.dictionaries.setdefault(found.epoch, {})
            known.update({found.first + index: point for index, point in enumerate(points)})
            return Payload(found, points=points)
        if found.kind == "gap":
            reason = REASONS.get(source.byte())
            if reason is None or source.left:
                raise Malformed("no gap")
            return Payload(found, reason=reason)
        return self._readings(source, flags, journal, found)

    def _readings(self, source, flags, journal, found):
        if flags & 0x80:
            journal = int.from_bytes(source.take(8), "little")
        name = f"{journal:016x}-{source.varint(0xFFFF_FFFF)}"
        is_selection = flags & 0x40
        count = source.varint(found.count) if is_selection else found.count
        if not 0 < count <= LARGEST_COUNT:
            raise Malformed(f"{count} readings")
        numbers, times, qualities, kinds, offsets, values = body(
            source, count, found.count if is_selection else None
        )
        known = self.dictionaries.get(name, {})
        nobody = Point("unknown", "unknown", "", False)
        points = [nobody if number == NO_POINT else known.get(number) for number in numbers]
        if None in points:
            raise UnknownPoints(name)
        readings = tuple(
            Reading(found.first + offsets[i], points[i], times[i], QUALITIES[qualities[i]],
                    KINDS[kinds[i]], values[i])
            for i in range(count)
        )
        return Payload(found, name, readings)


def dictionary(source, found):
    if found.count > LARGEST_DICTIONARY or found.first + found.count > POINTS:
        raise Malformed("too many points")
    form = source.byte()
    if form > 1:
        raise Malformed("a form that is not known")
    if form:
        length = source.varint(LARGEST_DICTIONARY_BYTES)
        content = unzstd(source.take(source.left), length)
    else:
        content = source.take(source.left)
    entries, points = Bytes(content), []
    for _ in range(found.count):
        device, name, unit, flags = entries.text(), entries.text(), entries.text(), entries.byte()
        if flags > 1:
            raise Malformed("flags that are not known")
        points.append(Point(device, name, unit, flags == 1))
    if entries.left:
        raise Malformed("more than the points")
    return tuple(points)


HAS_TEXTS, HAS_BYTES, ALL_GOOD, ONE_KIND, ONE_FORM = (1 << bit for bit in range(3, 8))


def parts(source):
    """The shape; columns, bytes and bits."""
    shape = source.byte()
    lengths = []
    for part in range(3):
        is_packed = shape >> part & 1
        if part == 1 and not shape & HAS_BYTES:
            if is_packed:
                raise Malformed("nothing that is packed")
            lengths.append((0, None))
            continue
        stored = None if part == 2 else source.varint()
        lengths.append((stored, source.varint(LARGEST_PARTS[part]) if is_packed else None))
    found = []
    for stored, whole in lengths:
        content = source.take(source.left if stored is None else stored)
        found.append(content if whole is None else unzstd(content, whole))
    return shape, found


def body(source, count, span):
    """Numbers of points, times, qualities, kinds, offsets and values of readings."""
    shape, found = parts(source)
    columns, octets, bits = Bytes(found[0]), Bytes(found[1]), Bits(found[2])
    texts = [columns.text() for _ in range(columns.varint(count))] if shape & HAS_TEXTS else []
    numbers, order = point_order(columns, bits, count)
    times = instants(columns, bits, count)
    qualities = [0] * count if shape & ALL_GOOD else columns.runs(count, QUALITIES)
    kinds = columns.column(count, range(len(KINDS)), shape & ONE_KIND)
    offsets = columns.jumps(count, min(span, 1 << 32)) if span else list(range(count))
    if any(left >= right for left, right in zip(offsets, offsets[1:])):
        raise Malformed("offsets that do not rise")
    counts = [0] * len(numbers)
    for index in range(count):
        counts[order[index]] += kinds[index] != 0
    series = iter(all_series(columns, octets, bits, [number for number in counts if number], shape))
    if columns.left or octets.left or not bits.at_end:
        raise Malformed("more than the readings")
    of_point = [iter(next(series)) if number else iter(()) for number in counts]
    values = [
        value(KINDS[kinds[i]], next(of_point[order[i]]), texts) if kinds[i] else None
        for i in range(count)
    ]
    return [numbers[index] for index in order], times, qualities, kinds, offsets, values


def point_order(columns, bits, count):
    """The numbers of the points, rising, and for each reading the index of its own."""
    form = columns.byte()
    if form == 2:
        lengths = columns.lengths(count)
        factor, width = columns.varint(POINTS), columns.byte()
        if width > 20:
            raise Malformed("a number too wide")
        points = []
        for length in lengths:
            start = bits.read(width) * factor
            if start + length > POINTS:
                raise Malformed("a number out of range")
            points += range(start, start + length)
        numbers = sorted(set(points))
        places = {number: index for index, number in enumerate(numbers)}
        return numbers, [places[number] for number in points]
    known = columns.varint(count)
    numbers = columns.jumps(known, POINTS)
    if any(left >= right for left, right in zip(numbers, numbers[1:])) or form > 1:
        raise Malformed("no order")
    if form == 0:
        return numbers, columns.jumps(count, known, known)
    if not known:
        raise Malformed("no points")
    order, point = [], 0
    while len(order) < count:
        if bits.read(1):
            order.append(point)
        point = (point + 1) % known
    return numbers, order


def instants(columns, bits, count):
    shared = columns.lengths(count)
    exponent = columns.byte()
    if exponent not in (0, 3, 6, 9):
        raise Malformed("a unit that is not known")
    lag = columns.varint(len(shared))
    if not lag:
        raise Malformed("no lag")
    heads = [columns.zigzag()]
    while len(heads) < lag:
        heads.append(signed(heads[-1] + columns.zigzag()))
    least, width = columns.zigzag(), columns.byte()
    if width > 64 and width != 255:
        raise Malformed("a number too wide")
    while len(heads) < len(shared):
        above = columns.varint() if width == 255 else bits.read(width)
        heads.append(signed(heads[-lag] + least + above))
    return [
        signed(time * 10**exponent) for time, length in zip(heads, shared) for _ in range(length)
    ]


DOMAINS = (0, 1, *range(16, 26), *range(32, 42))


def all_series(columns, octets, bits, counts, shape):
    """The 64 bits of each value, point after point."""
    domains = columns.column(len(counts), DOMAINS, shape & ONE_FORM)
    modes = columns.column(len(counts), range(5), shape & ONE_FORM)
    widths = columns.column(len(counts), range(65), shape & ONE_FORM)
    parameters = [series_parameters(columns, mode) for mode in modes]
    return [
        [in_domain(domain, number) for number in series(mode, width, given, count, octets, bits)]
        for domain, mode, width, given, count in zip(domains, modes, widths, parameters, counts)
    ]


def series_parameters(columns, mode):
    if mode == 0:
        return ()
    if mode == 1:
        return (columns.zigzag(),)
    if mode < 4:
        return columns.zigzag(), columns.zigzag()
    first, shift = columns.zigzag(), columns.byte()
    if shift > 63:
        raise Malformed("a shift of more than 63")
    return first, shift


def series(mode, width, given, count, octets, bits):
    if mode == 0:
        return [bits.read(width) for _ in range(count)]
    if mode == 1:
        return [given[0] + bits.read(width) & MASK for _ in range(count)]
    numbers = [given[0] & MASK]
    for _ in range(count - 1):
        if mode == 2:
            number = numbers[-1] + given[1] + bits.read(width)
        elif mode == 3:
            number = numbers[-1] + given[1] + unzigzag(octets.byte())
        else:
            number = numbers[-1] ^ bits.read(width) << given[1]
        numbers.append(number & MASK)
    return numbers


def in_domain(domain, number):
    """The 64 bits of a value that a number of a domain stands for."""
    if domain == 0:
        return number
    if domain == 1:
        return float32_bits(number & 0xFFFF_FFFF)
    exponent = domain % 16
    decimal = float(signed(number)) / 10.0**exponent
    if domain < 32:
        return double_bits(decimal)
    try:
        return float32_bits(struct.unpack("<I", struct.pack("<f", decimal))[0])
    except OverflowError:
        return double_bits(float("inf") if decimal > 0 else float("-inf"))


def double_bits(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def float32_bits(pattern):
    """A 32-bit float's bits as those of the double; without a detour that would change NaNs."""
    sign, exponent, fraction = pattern >> 31, pattern >> 23 & 0xFF, pattern & 0x7F_FFFF
    if exponent == 0xFF:
        # A conversion makes a NaN quiet.
        quiet = 1 << 51 if fraction else 0
        return sign << 63 | 0x7FF << 52 | fraction << 29 | quiet
    return double_bits(struct.unpack("<f", struct.pack("<I", pattern))[0])


def value(kind, bits, texts):
    if kind == "bool":
        if bits > 1:
            raise Malformed("no boolean")
        return bits == 1
    if kind == "int64":
        return signed(bits)
    if kind == "uint64":
        return bits
    if kind == "double":
        return struct.unpack("<d", struct.pack("<Q", bits))[0]
    if bits >= len(texts):
        raise Malformed("no such text")
    return texts[bits]


def spelled(kind, found):
    if kind == "double":
        return f"{double_bits(found):016x}"
    if kind == "string":
        return found.encode().hex() or "-"
    return "-" if found is None else str(found).lower()


def lines(payload):
    """What a payload is, for people and for comparisons."""
    found = payload.head
    if found.kind == "dictionary":
        yield f"dictionary {found.epoch} first {found.first}"
        for index, point in enumerate(payload.points):
            words = [found.first + index, point.device, point.name, point.unit or "-"]
            yield " ".join(map(str, words + ["urgent"] * point.urgent))
        return
    yield (
        f"{found.kind} {found.epoch} first {found.first} count {found.count} "
        f"{found.clock} {found.zero} {found.base}" + (f" {payload.reason}" if payload.reason else "")
    )
    for reading in payload.readings:
        yield (
            f"{reading.sequence} {reading.point.device}/{reading.point.name} {reading.time} "
            f"{reading.quality} {reading.kind} {spelled(reading.kind, reading.value)}"
        )


def main():
    decoder = Decoder()
    with open(sys.argv[1]) as file:
        for line in file:
            try:
                print(*lines(decoder.read(bytes.fromhex(line))), sep="\n")
            except Malformed:
                print("malformed")
            except UnknownPoints as error:
                print(f"unknown-points {error}")


if __name__ == "__main__":
    main()
