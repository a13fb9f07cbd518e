import Document

/// A parsed JSON pointer, RFC 6901.
struct JSONPointer: Equatable {
    /// The reference tokens, unescaped; empty for the whole document.
    var tokens: [String]
    /// The pointer as it was written.
    let text: String

    /// Deeper pointers than this are refused: no object served here nests so far.
    static let maxTokens = 100

    /// Parses `text`: empty, or `/`-separated tokens with `~0` for `~` and `~1` for `/`.
    init(_ text: String) throws(PatchError) {
        self.text = text
        tokens = []
        if text.isEmpty { return }
        guard text.hasPrefix("/") else {
            throw .malformed("JSON pointer \"\(text)\" must be empty or start with '/'")
        }
        for raw in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            tokens.append(try Self.unescape(raw, in: text))
        }
        guard tokens.count <= Self.maxTokens else {
            throw .malformed("JSON pointer has \(tokens.count) parts, at most \(Self.maxTokens) are allowed")
        }
    }

    private static func unescape(_ raw: Substring, in text: String) throws(PatchError) -> String {
        guard raw.utf8.contains(UInt8(ascii: "~")) else { return String(raw) }
        var result = ""
        var rest = raw[...]
        while let tilde = rest.firstIndex(of: "~") {
            result += rest[..<tilde]
            let next = rest.index(after: tilde)
            switch next < rest.endIndex ? rest[next] : " " {
            case "0": result += "~"
            case "1": result += "/"
            default: throw .malformed("JSON pointer \"\(text)\": '~' must be followed by 0 or 1")
            }
            rest = rest[rest.index(after: next)...]
        }
        return result + rest
    }

    /// Whether this pointer points at or below `other`.
    func isWithin(_ other: JSONPointer) -> Bool {
        tokens.count >= other.tokens.count && tokens.prefix(other.tokens.count).elementsEqual(other.tokens)
    }

    /// Reads an array index: digits without a leading zero, at most `limit`.
    static func index(_ token: String, limit: Int) -> Int? {
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            token == "0" || !token.hasPrefix("0"), let value = Int(token), value <= limit
        else { return nil }
        return value
    }
}
