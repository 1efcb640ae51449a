"""Random expressions with what Python makes of them: COUNT SEED prints lines of
`expression<TAB>raw<TAB>result`, the result `none` where a step has none.

Where Python has the same operator, Python's own precedence decides; the operators that it spells
otherwise (?: && || !) are written as calls. Numbers are floats; bits are those of whole ones."""

import math
import random
import sys

WHOLE = 2**53


class NoResult(Exception):
    pass


def finite(number):
    if not math.isfinite(number):
        raise NoResult
    return Number(number)


def bits(number):
    if number != int(number) or abs(number) > WHOLE:
        raise NoResult
    return int(number)


def whole(number):
    if abs(number) > WHOLE:
        raise NoResult
    return Number(float(number))


def shift(number, by, left):
    number, by = bits(number), bits(by)
    if not 0 <= by <= 63:
        raise NoResult
    return whole(number << by if left else number >> by)


class Number:
    def __init__(self, value):
        self.value = float(value)

    def __bool__(self):
        return self.value != 0

    def __add__(self, other):
        return finite(self.value + other.value)

    def __sub__(self, other):
        return finite(self.value - other.value)

    def __mul__(self, other):
        return finite(self.value * other.value)

    def __truediv__(self, other):
        if other.value == 0:
            raise NoResult
        return finite(self.value / other.value)

    def __mod__(self, other):
        if other.value == 0:
            raise NoResult
        return finite(math.fmod(self.value, other.value))

    def __lshift__(self, other):
        return shift(self.value, other.value, True)

    def __rshift__(self, other):
        return shift(self.value, other.value, False)

    def __and__(self, other):
        return whole(bits(self.value) & bits(other.value))

    def __or__(self, other):
        return whole(bits(self.value) | bits(other.value))

    def __xor__(self, other):
        return whole(bits(self.value) ^ bits(other.value))

    def __neg__(self):
        return Number(-self.value)

    def __invert__(self):
        return whole(~bits(self.value))

    def __lt__(self, other):
        return Number(self.value < other.value)

    def __le__(self, other):
        return Number(self.value <= other.value)

    def __gt__(self, other):
        return Number(self.value > other.value)

    def __ge__(self, other):
        return Number(self.value >= other.value)

    def __eq__(self, other):
        return Number(self.value == other.value)

    def __ne__(self, other):
        return Number(self.value != other.value)


def sqrt(a):
    if a.value < 0:
        raise NoResult
    return Number(math.sqrt(a.value))


def half_away(a):
    return Number(math.copysign(math.floor(abs(a.value) + 0.5), a.value))


NAMES = {
    "N": Number,
    "choice": lambda c, yes, no: yes() if c else no(),
    "both": lambda a, b: Number(bool(a) and bool(b())),
    "either": lambda a, b: Number(bool(a) or bool(b())),
    "inverse": lambda a: Number(not a),
    "abs": lambda a: Number(abs(a.value)),
    "round": half_away,
    "floor": lambda a: Number(math.floor(a.value)),
    "ceil": lambda a: Number(math.ceil(a.value)),
    "sqrt": sqrt,
    "min": lambda a, b: Number(min(a.value, b.value)),
    "max": lambda a, b: Number(max(a.value, b.value)),
}

CHAINS = ["|", "^", "&", "<<", ">>", "+", "-", "*", "/", "%"]
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
CONSTANTS = ["0", "1", "2", "3", "7", "8", "16", "0.5", "1e3", "2.25e-1", "0x7FFF", "0x8000", "10000"]


def operand(depth):
    """What may stand beside an operator: (ours, Python's)."""
    kind = random.randrange(6 if depth > 0 else 2)
    if kind == 0:
        return "raw", "raw"
    if kind == 1:
        constant = random.choice(CONSTANTS)
        return constant, f"N({constant})"
    if kind == 2:
        symbol = random.choice("-~!")
        ours, theirs = operand(depth - 1)
        return symbol + ours, f"inverse({theirs})" if symbol == "!" else symbol + theirs
    if kind == 3:
        ours, theirs = whole_expression(depth - 1)
        return f"({ours})", f"({theirs})"
    if kind == 4:
        name = random.choice(["abs", "round", "floor", "ceil", "sqrt"])
        ours, theirs = whole_expression(depth - 1)
        return f"{name}({ours})", f"{name}({theirs})"
    name = random.choice(["min", "max"])
    first, second = whole_expression(depth - 1), whole_expression(depth - 1)
    return f"{name}({first[0]}, {second[0]})", f"{name}({first[1]}, {second[1]})"


def chain(depth):
    """Operators in a row, without a parenthesis: both sides have to group them alike."""
    ours, theirs = operand(depth)
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        symbol, (right, their_right) = random.choice(CHAINS), operand(depth)
        ours, theirs = f"{ours} {symbol} {right}", f"{theirs} {symbol} {their_right}"
    return ours, theirs


def comparison(depth):
    ours, theirs = chain(depth)
    if random.random() < 0.3:
        symbol, (right, their_right) = random.choice(COMPARISONS), chain(depth)
        return f"{ours} {symbol} {right}", f"{theirs} {symbol} {their_right}"
    return ours, theirs


def joined(depth):
    ours, theirs = comparison(depth)
    if random.random() < 0.2:
        right, their_right = comparison(depth)
        symbol, name = random.choice([("&&", "both"), ("||", "either")])
        return f"{ours} {symbol} {right}", f"{name}({theirs}, lambda: {their_right})"
    return ours, theirs


def whole_expression(depth):
    ours, theirs = joined(depth)
    if random.random() < 0.2:
        yes, no = whole_expression(depth - 1), whole_expression(depth - 1)
        return (
            f"{ours} ? {yes[0]} : {no[0]}",
            f"choice({theirs}, lambda: {yes[1]}, lambda: {no[1]})",
        )
    return ours, theirs


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    random.seed(seed)
    printed = 0
    while printed < count:
        ours, theirs = whole_expression(random.randrange(4))
        if len(ours) > 160:
            continue
        raw = random.choice([0.0, 1.0, -1.0, 255.0, 32768.0, 65535.0, 0.5, -2.5, 1e6, 4e9])
        if random.random() < 0.5:
            raw = float(random.randrange(65536))
        try:
            result = repr(eval(theirs, NAMES | {"raw": Number(raw)}).value)
        except NoResult:
            result = "none"
        print(f"{ours}\t{raw!r}\t{result}")
        printed += 1


main()
