internal import CYAML

/// A libyaml error put in words that say what is wrong and what is expected.
struct YAMLProblem {
    let failure: YAMLFailure

    init(_ parser: yaml_parser_t, text: UnsafeBufferPointer<UInt8>) {
        let problem = parser.problem.map { String(cString: $0) } ?? "unknown problem"
        if parser.error == YAML_MEMORY_ERROR {
            failure = YAMLFailure(position: .unknown, message: "out of memory")
            return
        }
        if parser.error == YAML_READER_ERROR {
            let position = JSONParser.position(of: Int(parser.problem_offset), in: text.span)
            let what = problem.contains("control characters") ? "a control character" : "invalid UTF-8"
            failure = YAMLFailure(position: position, message: "\(what), expected UTF-8 text")
            return
        }
        let mark = parser.problem_mark
        let context = parser.context.map { String(cString: $0) } ?? ""
        let began = Self.began(parser, context: context)
        let offset = Int(mark.index)
        let found = Self.character(text, at: offset)
        let message: String
        switch problem {
        case "found character that cannot start any token":
            message =
                found == "\t"
                ? "tab in the indentation, expected spaces"
                : "unexpected '\(found)' at the start of a value, expected quotes around it"
        case "did not find expected key":
            message = "unexpected content or indentation, expected a key of the mapping\(began)"
        case "did not find expected '-' indicator":
            message = "unexpected content or indentation, expected '- ' of the list\(began)"
        case "did not find expected ',' or ']'":
            message = "unexpected content, expected ',' or ']' in the list\(began)"
        case "did not find expected ',' or '}'":
            message = "unexpected content, expected ',' or '}' in the mapping\(began)"
        case "mapping values are not allowed in this context":
            message = "unexpected ':', expected a new line before it or quotes around the text"
        case "block sequence entries are not allowed in this context":
            message = "unexpected '- ', expected the list on a new line"
        case "could not find expected ':'":
            message = "key without ':', expected 'key: value'"
        case "found unexpected end of stream":
            message = "text without closing quote\(began), expected the quote"
        case "did not find expected <document start>":
            message = "unexpected content, expected '---' before another document"
        case "found a tab character where an indentation space is expected",
            "found a tab character that violates indentation":
            message = "tab in the indentation, expected spaces"
        case "found undefined tag handle":
            message = "undefined tag, expected no tag or one of !!str !!int !!float !!bool !!null !!binary"
        case "found unknown escape character":
            message = "unknown escape in double quotes, expected one of YAML's such as \\n or single quotes"
        default:
            message = context.isEmpty ? problem : "\(problem) \(context)"
        }
        // A key that lacks its colon is only noticed further on; the context tells where it stands.
        let place = problem == "could not find expected ':'" && !context.isEmpty ? parser.context_mark : mark
        failure = YAMLFailure(position: YAMLEventReader.position(place), message: message)
    }

    private static func began(_ parser: yaml_parser_t, context: String) -> String {
        context.isEmpty ? "" : " that begins at \(YAMLEventReader.position(parser.context_mark))"
    }

    /// The character at a character offset; libyaml counts characters, so the bytes are walked.
    private static func character(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> String {
        var index = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var remaining = offset
        while index < text.count, remaining > 0 {
            index += 1
            while index < text.count, text[index] & 0xC0 == 0x80 { index += 1 }
            remaining -= 1
        }
        guard index < text.count else { return "end of text" }
        var end = index + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return String(decoding: text[index..<end], as: UTF8.self)
    }
}
