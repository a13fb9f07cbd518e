internal import CYAML

/// One event of a YAML stream.
enum YAMLEvent {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(YAMLScalar)
    case sequenceStart(anchor: String?, tag: String?)
    case sequenceEnd
    case mappingStart(anchor: String?, tag: String?)
    case mappingEnd
}

/// A scalar as it was written.
struct YAMLScalar {
    var anchor: String?
    /// The tag in full, nil when none was written.
    var tag: String?
    var text: String
    /// True when it was written without quotes and not as a block.
    var isPlain: Bool
}

/// The owner of one libyaml parser.
///
/// The text must outlive it: `YAML.parse` keeps the reader within the closure that lends the text.
final class YAMLEventReader {
    // libyaml keeps pointers to its own struct, so it needs a stable address.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let isInitialized: Bool
    private let text: UnsafeBufferPointer<UInt8>

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        parser = .allocate(capacity: 1)
        isInitialized = yaml_parser_initialize(parser) == 1
        if isInitialized { yaml_parser_set_input_string(parser, text.baseAddress, text.count) }
    }

    deinit {
        if isInitialized { yaml_parser_delete(parser) }
        parser.deallocate()
    }

    /// The next event and where it begins.
    func next() throws(YAMLFailure) -> (event: YAMLEvent, position: Position) {
        guard isInitialized else { throw YAMLFailure(position: .unknown, message: "out of memory") }
        if text.isEmpty { return (.streamEnd, Position(line: 1, column: 1)) }
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            throw YAMLProblem(parser.pointee, text: text).failure
        }
        defer { yaml_event_delete(&event) }
        let position = Self.position(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return (.streamStart, position)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, position)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, position)
        case YAML_ALIAS_EVENT: return (.alias(Self.string(event.data.alias.anchor) ?? ""), position)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            // In bounds: libyaml hands out `length` bytes at `value`, which live until the event is deleted.
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return (
                .scalar(
                    YAMLScalar(
                        anchor: Self.string(scalar.anchor), tag: Self.string(scalar.tag),
                        text: String(decoding: bytes, as: UTF8.self),
                        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)), position
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return (.sequenceStart(anchor: Self.string(start.anchor), tag: Self.string(start.tag)), position)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, position)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return (.mappingStart(anchor: Self.string(start.anchor), tag: Self.string(start.tag)), position)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, position)
        default: return (.streamEnd, position)
        }
    }

    static func position(_ mark: yaml_mark_t) -> Position {
        Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        // libyaml ends its strings with a zero byte.
        text.map { String(cString: $0) }
    }
}
