import Telemetry

/// libyaml's messages (scanner.c and parser.c of 0.2.5) in a technician's words.
struct YAMLAdvice {
    let what: String
    let mend: String
    /// Where the mistake is.
    enum Place {
        /// Where the parser gave up.
        case end
        /// Where the construct began.
        case beginning
        /// Where it began, unless the parser gave up in the same line.
        case line
    }

    var place = Place.end

    /// Where the mistake is in a construct that began and ended so.
    func position(_ beginning: TextPosition, _ end: TextPosition) -> TextPosition {
        switch place {
        case .end: end
        case .beginning: beginning
        case .line: beginning.line == end.line ? end : beginning
        }
    }

    /// The advice for a message of libyaml; its own words where there is none.
    static func of(problem: String, context: String) -> YAMLAdvice {
        if context.contains("quoted scalar"), !problem.contains("escape") {
            return YAMLAdvice(
                what: "the quote that opens here is never closed",
                mend: "close it at the end of the value", place: .beginning)
        }
        if let (_, advice) = known.first(where: { problem.contains($0.key) }) { return advice }
        let place = context.isEmpty ? "" : " " + context
        return YAMLAdvice(what: problem + place, mend: "compare the line with the ones around it")
    }

    /// Quotes that word processors and mail programs put in place of those on the keyboard.
    static let typographicQuotes: [Unicode.Scalar] = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»"]

    /// What text copied from a letter or a page has in it, and what looks as if it were right.
    static func oddCharacter(in text: String, at position: TextPosition) -> YAMLMistake? {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
            return nil
        }
        if typographicQuotes.contains(first) {
            return YAMLMistake(
                position: position, what: "the quote `\(first)` is none that counts here",
                mend: "write \" or ', or no quotes; text copied from a letter or a page often has "
                    + "others")
        }
        guard first == "\u{A0}" || last == "\u{A0}" else { return nil }
        return YAMLMistake(
            position: position, what: "a no-break space (U+00A0) belongs to this value",
            mend: "write a plain blank; text copied from a page or a chat often has these")
    }

    private static let known: KeyValuePairs<String, YAMLAdvice> = [
        "mapping values are not allowed": YAMLAdvice(
            what: "a `:` where no key can be",
            mend: "check the indentation of this line and the one before it, and the blank behind "
                + "its colon, or put quotes around a value that has `: ` in it"),
        "could not find expected ':'": YAMLAdvice(
            what: "this line is not `key: value`",
            mend: "put `: ` behind the key, with a blank after the colon", place: .beginning),
        "did not find expected key": YAMLAdvice(
            what: "this line is not indented like the lines it belongs to",
            mend: "give all keys of one group the same number of blanks before them"),
        "did not find expected ',' or '}'": YAMLAdvice(
            what: "a `{` is not closed, or a comma is missing",
            mend: "put a comma between the entries and a `}` at the end, or quotes around a "
                + "value that has brackets or commas in it", place: .line),
        "did not find expected ',' or ']'": YAMLAdvice(
            what: "a `[` is not closed, or a comma is missing",
            mend: "put a comma between the items and a `]` at the end, or quotes around a "
                + "value that has brackets or commas in it", place: .line),
        "did not find expected '-' indicator": YAMLAdvice(
            what: "this line does not continue the list above it",
            mend: "begin it with `- ` like the items of the list, or indent it like the list's key"),
        "block sequence entries are not allowed": YAMLAdvice(
            what: "a list item where none can be",
            mend: "begin the list on a line of its own under its key"),
        "found character that cannot start any token": YAMLAdvice(
            what: "a value cannot begin with this character", mend: "put quotes around the value"),
        "found unknown escape character": YAMLAdvice(
            what: "an unknown `\\` sequence in double quotes",
            mend: "write `\\\\` for a backslash, or use single quotes"),
        "did not find expected node content": YAMLAdvice(
            what: "a value is missing here", mend: "write it, or remove the comma or bracket"),
        "did not find expected <document start>": YAMLAdvice(
            what: "the file goes on after its end",
            mend: "check the indentation of this line; it must begin in the first column"),
        "mapping keys are not allowed": YAMLAdvice(
            what: "a key where none can be", mend: "put it on a line of its own"),
        "alphabetic or numeric character": YAMLAdvice(
            what: "a value cannot begin with `&` or `*`", mend: "put quotes around the value"),
        "found undefined tag handle": YAMLAdvice(
            what: "a value cannot begin with `!`", mend: "put quotes around the value"),
        "found incompatible YAML document": YAMLAdvice(
            what: "a `%YAML` line with an unknown version", mend: "delete the line"),
    ]
}
