/// What a text of the configuration may hold, by where it ends up.
///
/// A text that becomes part of a message must not be able to end its line: a CR and LF would make headers, or a
/// second request, of what was meant as a value. Envoy refuses NUL, CR and LF; a gateway refuses every control
/// character, and in a request line the space as well, which Envoy sends as it is.
public enum TextRule: Sendable, Hashable {
    /// Anything: it is compared, parsed or escaped, and never sent as it is.
    case any
    /// One line: names, which logs and `%OPERATORS%` show, and header values.
    case line
    /// A host: no spaces, ASCII only.
    case host
    /// The path of a request, or a URL: as `host`, and no fragment (RFC 9112 3.2). A gateway answers 400 to any other.
    case target
    /// The name of a header that is added or removed.
    case changedHeader
    /// The name of a header that is looked at; `:path` and the like too.
    case matchedHeader

    /// What is wrong with `text`, and what is allowed; nil when nothing is wrong.
    public func fault(of text: String) -> String? {
        switch self {
        case .any: nil
        case .line:
            fault(of: text, allowed: "printable characters and tabs") { $0 >= 0x20 && $0 != 0x7F || $0 == 9 }
        case .host: fault(of: text, allowed: "printable ASCII without spaces") { $0 > 0x20 && $0 < 0x7F }
        case .target:
            fault(of: text, allowed: "printable ASCII without spaces and #") {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#")
            }
        case .changedHeader: HeaderName.fault(ofChanged: text)
        case .matchedHeader: HeaderName.fault(ofMatched: text)
        }
    }

    private func fault(of text: String, allowed: String, _ isAllowed: (UInt8) -> Bool) -> String? {
        guard let byte = text.utf8.first(where: { !isAllowed($0) }) else { return nil }
        let digits = String(byte, radix: 16, uppercase: true)
        return "holds the byte 0x\(byte < 16 ? "0" : "")\(digits); allowed: \(allowed)"
    }
}

extension String {
    /// The text on one line: control characters as JSON escapes them.
    var onOneLine: String {
        guard TextRule.line.fault(of: self) != nil else { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\r": result += "\\r"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
