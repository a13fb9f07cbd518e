internal import CYAML

/// The owner of one libyaml emitter that collects its output in memory.
final class YAMLEventWriter {
    // libyaml keeps pointers to its own struct, so it needs a stable address.
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private let output = Output()
    private let isInitialized: Bool

    /// Where the write callback puts text; its address is the callback's context.
    private final class Output {
        var bytes: [UInt8] = []
    }

    init() {
        emitter = .allocate(capacity: 1)
        isInitialized = yaml_emitter_initialize(emitter) == 1
        guard isInitialized else { return }
        yaml_emitter_set_unicode(emitter, 1)
        // The emitter and its context both live until `deinit`.
        yaml_emitter_set_output(
            emitter,
            { context, bytes, count in
                guard let context, let bytes else { return 0 }
                let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                output.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                return 1
            }, Unmanaged.passUnretained(output).toOpaque())
    }

    deinit {
        if isInitialized { yaml_emitter_delete(emitter) }
        emitter.deallocate()
    }

    func beginDocument() {
        emit { yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
        emit { yaml_document_start_event_initialize($0, nil, nil, nil, 1) }
    }

    func finish() -> String {
        emit { yaml_document_end_event_initialize($0, 1) }
        emit { yaml_stream_end_event_initialize($0) }
        // libyaml marks the end after a block that keeps its line ends; kubectl does not.
        let marker = Array("\n...\n".utf8)
        if output.bytes.suffix(marker.count).elementsEqual(marker) {
            output.bytes.removeLast(marker.count - 1)
        }
        return String(decoding: output.bytes, as: UTF8.self)
    }

    func write(_ node: Node) {
        switch node.value {
        case .null: scalar("null", style: YAML_PLAIN_SCALAR_STYLE)
        case .bool(let value): scalar(value ? "true" : "false", style: YAML_PLAIN_SCALAR_STYLE)
        case .int(let value): scalar(String(value), style: YAML_PLAIN_SCALAR_STYLE)
        case .uint(let value): scalar(String(value), style: YAML_PLAIN_SCALAR_STYLE)
        case .double(let value): scalar(NumberText.yaml(value), style: YAML_PLAIN_SCALAR_STYLE)
        case .string(let text): string(text)
        case .array(let elements):
            emit {
                yaml_sequence_start_event_initialize(
                    $0, nil, nil, 1, elements.isEmpty ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE)
            }
            for element in elements { write(element) }
            emit { yaml_sequence_end_event_initialize($0) }
        case .object(let object):
            emit {
                yaml_mapping_start_event_initialize(
                    $0, nil, nil, 1, object.isEmpty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE)
            }
            for member in object.members.sorted(by: { NaturalOrder.precedes($0.key, $1.key) }) {
                // A plain `<<` would be read as a merge key.
                if member.key == "<<" {
                    scalar(member.key, style: YAML_DOUBLE_QUOTED_SCALAR_STYLE)
                } else {
                    string(member.key)
                }
                write(member.value)
            }
            emit { yaml_mapping_end_event_initialize($0) }
        }
    }

    private func string(_ text: String) {
        if text.utf8.contains(UInt8(ascii: "\n")) {
            scalar(text, style: YAML_LITERAL_SCALAR_STYLE)
        } else if case .string = YAMLResolver.resolve(text), !YAMLResolver.isBase60(text),
            !YAMLTimestamp.matches(text)
        {
            scalar(text, style: YAML_PLAIN_SCALAR_STYLE)
        } else {
            scalar(text, style: YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        }
    }

    private func scalar(_ text: String, style: yaml_scalar_style_t) {
        var text = text
        text.withUTF8 { bytes in
            // libyaml copies the text while the event is made; an empty one may have no address.
            let empty: [UInt8] = [0]
            empty.withUnsafeBufferPointer { placeholder in
                emit {
                    yaml_scalar_event_initialize(
                        $0, nil, nil, bytes.baseAddress ?? placeholder.baseAddress,
                        Int32(clamping: bytes.count), 1,
                        1, style)
                }
            }
        }
    }

    private func emit(_ initialize: (UnsafeMutablePointer<yaml_event_t>) -> Int32) {
        guard isInitialized else { return }
        var event = yaml_event_t()
        // The emitter takes the event over, whether it succeeds or not.
        if initialize(&event) == 1 { yaml_emitter_emit(emitter, &event) }
    }
}
