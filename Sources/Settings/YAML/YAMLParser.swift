import CYAML
import Telemetry

/// One event of libyaml, in Swift's values.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd
        case alias(String)
        case scalar(text: String, isPlain: Bool)
        case sequenceStart, mappingStart
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var start: TextPosition
    var end: TextPosition
    var layout = Layout.block

    /// How a value stands in the text.
    enum Layout {
        /// A text without quotes, a quoted one; in brackets; by its indentation.
        case plain, quoted, flow, block
    }
}

/// Owns a libyaml parser over a text (yaml.h, `yaml_parser_parse`).
struct YAMLParser: ~Copyable {
    private let source: YAMLSource
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The parser reads from here; it lives as long as the parser.
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ source: YAMLSource) throws(YAMLMistake) {
        self.source = source
        input = .allocate(capacity: source.bytes.count)
        _ = input.initialize(from: source.bytes)
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLMistake(
                position: .start, what: "there is no memory to read the file", mend: "")
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, UnsafePointer(input.baseAddress), input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event.
    mutating func next() throws(YAMLMistake) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw mistake }
        defer { yaml_event_delete(&event) }
        let start = TextPosition(event.start_mark)
        let end = TextPosition(event.end_mark)
        let (kind, anchor, tag) = try Self.content(of: event, at: start)
        return YAMLEvent(
            kind: kind, anchor: anchor, tag: tag, start: start, end: end, layout: Self.layout(event)
        )
    }

    private static func layout(_ event: yaml_event_t) -> YAMLEvent.Layout {
        let data = event.data
        switch event.type {
        case YAML_SCALAR_EVENT:
            switch data.scalar.style {
            case YAML_PLAIN_SCALAR_STYLE: return .plain
            case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: return .block
            default: return .quoted
            }
        case YAML_MAPPING_START_EVENT:
            return data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? .flow : .block
        case YAML_SEQUENCE_START_EVENT:
            return data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? .flow : .block
        default: return .block
        }
    }

    private static func content(
        of event: yaml_event_t, at start: TextPosition
    ) throws(YAMLMistake) -> (YAMLEvent.Kind, anchor: String?, tag: String?) {
        let data = event.data
        switch event.type {
        case YAML_STREAM_START_EVENT: return (.streamStart, nil, nil)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, nil, nil)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, nil, nil)
        case YAML_ALIAS_EVENT: return (.alias(string(data.alias.anchor) ?? ""), nil, nil)
        case YAML_SCALAR_EVENT:
            let kind = try scalar(
                data.scalar.value, data.scalar.length, data.scalar.style, at: start)
            return (kind, string(data.scalar.anchor), string(data.scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            return (
                .sequenceStart, string(data.sequence_start.anchor), string(data.sequence_start.tag)
            )
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, nil, nil)
        case YAML_MAPPING_START_EVENT:
            return (
                .mappingStart, string(data.mapping_start.anchor), string(data.mapping_start.tag)
            )
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, nil, nil)
        default: return (.streamEnd, nil, nil)
        }
    }

    private static func scalar(
        _ value: UnsafeMutablePointer<UInt8>?, _ length: Int, _ style: yaml_scalar_style_t,
        at start: TextPosition
    ) throws(YAMLMistake) -> YAMLEvent.Kind {
        guard length <= SettingsLimits.scalarBytes else {
            throw YAMLMistake(
                position: start,
                what: "this value has more than \(SettingsLimits.scalarBytes >> 10) KiB",
                mend: "check for a missing closing quote")
        }
        let text = String(decoding: UnsafeBufferPointer(start: value, count: length), as: UTF8.self)
        return .scalar(text: text, isPlain: style == YAML_PLAIN_SCALAR_STYLE)
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
        text.map { String(cString: $0) }
    }

    /// What libyaml found wrong, in a technician's words.
    private var mistake: YAMLMistake {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "the text cannot be read"
        let context = state.context.map { String(cString: $0) } ?? ""
        let advice = YAMLAdvice.of(problem: problem, context: context)
        let place = TextPosition(state.problem_mark)
        let beginning = TextPosition(state.context_mark)
        if let tab = source.tab(inIndentationOf: place.line) {
            return YAMLMistake(
                position: tab, what: "the line is indented with a tab", mend: "indent with blanks")
        }
        let position = source.clamped(advice.position(beginning, place))
        if let space = source.noBreakSpace(in: position.line) {
            return YAMLMistake(
                position: space, what: "a no-break space (U+00A0) where a plain blank should be",
                mend: "write a plain blank; text copied from a page or a chat often has these")
        }
        if problem.contains("did not find expected key"), source.isItem(position.line) {
            return YAMLMistake(
                position: position, what: "a list item (`- `) where a key should be",
                mend: "remove the `- `: here things have names, each with a colon behind it")
        }
        return YAMLMistake(position: position, what: advice.what, mend: advice.mend)
    }
}

extension TextPosition {
    /// libyaml counts from 0, columns in characters.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
