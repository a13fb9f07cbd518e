/// What a field's name means to an HTTP/2 head.
enum HPACKKind: Hashable, Sendable {
    case field(KnownField)
    case method
    case path
    case scheme
    case authority
    case status
    /// `:protocol` (RFC 8441)
    case connectProtocol
    /// Upper case, no token, or a pseudo-field nobody knows.
    case bad

    /// Recognizes a name.
    init(_ bytes: Span<UInt8>, _ name: Range<Int>) {
        guard !name.isEmpty else {
            self = .bad
            return
        }
        if bytes[name.lowerBound] == 0x3A {
            self = Self.pseudo(bytes, name)
            return
        }
        for i in name where !Grammar.isToken(bytes[i]) || (bytes[i] >= 0x41 && bytes[i] <= 0x5A) {
            self = .bad
            return
        }
        self = .field(KnownField.recognize(bytes, name))
    }

    private static func pseudo(_ bytes: Span<UInt8>, _ name: Range<Int>) -> HPACKKind {
        func isName(_ word: StaticString) -> Bool {
            // `equals` takes no note of case, names here must.
            for i in name where bytes[i] >= 0x41 && bytes[i] <= 0x5A { return false }
            return Grammar.equals(bytes, name, word)
        }
        switch name.count {
        case 5: return isName(":path") ? .path : .bad
        case 7:
            return isName(":method")
                ? .method : isName(":scheme") ? .scheme : isName(":status") ? .status : .bad
        case 9: return isName(":protocol") ? .connectProtocol : .bad
        case 10: return isName(":authority") ? .authority : .bad
        default: return .bad
        }
    }
}

/// One entry of a table: its name and, directly behind, its value.
struct HPACKEntry: Sendable {
    /// Where the name begins, counted over everything its table ever held.
    var start: Int
    var nameCount: Int32
    var valueCount: Int32
    /// A hash of name and value, for encoders.
    var hash: UInt32
    /// A hash of the name, for encoders.
    var nameHash: UInt32
    var kind: HPACKKind
    /// Whether the value may stand in a head (RFC 9113 8.2.1).
    var hasGoodValue: Bool

    var byteCount: Int { Int(nameCount) + Int(valueCount) }

    /// RFC 7541 4.1.
    var size: Int { byteCount + 32 }
}
