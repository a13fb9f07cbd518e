internal import Bytes

/// A request target (RFC 9112 3.2) taken apart: path and query, percent-decoded.
///
/// Pure.
struct RequestTarget: Equatable {
    /// The decoded path; an encoded slash stays `%2F`, so that it cannot make a new segment.
    let path: String
    /// The decoded pairs in order; a key without `=` has an empty value.
    let query: [(String, String)]

    /// Origin form, absolute form or `*`; nil for anything else, bad escapes, and text that is not UTF-8.
    init?(_ target: String) {
        var rest = Substring(target)
        if target == "*" {
            path = "*"
            query = []
            return
        }
        if !rest.hasPrefix("/") {
            // Absolute form: the authority was the client's way to get here.
            guard let scheme = Self.dropPrefix("http://", of: rest) ?? Self.dropPrefix("https://", of: rest)
            else { return nil }
            rest = scheme.drop { $0 != "/" && $0 != "?" }
        }
        let mark = rest.firstIndex(of: "?") ?? rest.endIndex
        guard let path = Self.decoded(rest[..<mark], isQuery: false) else { return nil }
        self.path = path.isEmpty ? "/" : path
        var pairs: [(String, String)] = []
        if mark < rest.endIndex {
            for part in rest[rest.index(after: mark)...].split(separator: "&") {
                let equals = part.firstIndex(of: "=") ?? part.endIndex
                let value = equals < part.endIndex ? part[part.index(after: equals)...] : ""
                guard let key = Self.decoded(part[..<equals], isQuery: true),
                    let text = Self.decoded(value, isQuery: true)
                else { return nil }
                pairs.append((key, text))
            }
        }
        query = pairs
    }

    static func == (lhs: RequestTarget, rhs: RequestTarget) -> Bool {
        lhs.path == rhs.path && lhs.query.elementsEqual(rhs.query, by: ==)
    }

    private static func dropPrefix(_ prefix: String, of text: Substring) -> Substring? {
        guard text.utf8.count >= prefix.utf8.count, text.prefix(prefix.count).lowercased() == prefix else {
            return nil
        }
        return text.dropFirst(prefix.count)
    }

    private static func decoded(_ text: Substring, isQuery: Bool) -> String? {
        var bytes: [UInt8] = []
        var index = text.utf8.startIndex
        while index < text.utf8.endIndex {
            let byte = text.utf8[index]
            index = text.utf8.index(after: index)
            switch byte {
            case UInt8(ascii: "+") where isQuery: bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = digit(text, &index), let low = digit(text, &index) else { return nil }
                let value = high << 4 | low
                if value == 0 { return nil }
                if value == UInt8(ascii: "/") && !isQuery {
                    bytes += Array("%2F".utf8)
                } else {
                    bytes.append(value)
                }
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ text: Substring, _ index: inout String.Index) -> UInt8? {
        guard index < text.utf8.endIndex, let value = ASCII.hexDigit(text.utf8[index]) else { return nil }
        index = text.utf8.index(after: index)
        return value
    }
}
