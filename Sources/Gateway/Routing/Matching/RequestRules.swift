internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec

/// A request as the rules see it: its head, whose target has been normalised, and its parts.
struct RequestFacts {
    let head: HeadView
    /// The path without query.
    let path: ArraySlice<UInt8>
    /// The query without `?`; nil without one.
    let query: ArraySlice<UInt8>?
    /// Host in lower case.
    let host: ArraySlice<UInt8>

    init(_ head: HeadView) {
        self.head = head
        let target = head.bytes[head.target]
        if let mark = target.firstIndex(of: 0x3F) {
            path = target[..<mark]
            query = target[(mark + 1)...]
        } else {
            path = target
            query = nil
        }
        let name = head.value(.host).map { head.bytes[$0] } ?? []
        // Hardly any client writes capitals: then the bytes of the head serve.
        let isFolded = name.allSatisfy { ASCII.lowercased($0) == $0 }
        host = isFolded ? name : name.map(ASCII.lowercased)[...]
    }

    /// The value of a header, or of `:method`, `:authority`, `:path`, `:scheme`; several lines are joined by commas.
    func value(of name: [UInt8]) -> ArraySlice<UInt8>? {
        if name.first == 0x3A {
            if name == Self.methodName { return head.bytes[head.method] }
            if name == Self.pathName { return head.bytes[head.target] }
            if name == Self.authorityName { return head.value(.host).map { head.bytes[$0] } }
            if name == Self.schemeName, !head.scheme.isEmpty { return head.bytes[head.scheme] }
            return nil
        }
        var found: ArraySlice<UInt8>?
        for field in head.fields where head.isName(field, name) {
            let value = head.bytes[field.value]
            if let first = found { found = (first + [0x2C] + value)[...] } else { found = value }
        }
        return found
    }

    private static let methodName = Array(":method".utf8)
    private static let pathName = Array(":path".utf8)
    private static let authorityName = Array(":authority".utf8)
    private static let schemeName = Array(":scheme".utf8)
}

/// A compiled `HeaderMatcher`.
struct HeaderRule: Sendable {
    private enum Condition: Sendable {
        case present(Bool)
        case text(TextMatcher)
    }

    private let name: [UInt8]
    private let condition: Condition
    private let isInverted: Bool

    init(_ matcher: HeaderMatcher) throws(RegexPattern.SyntaxError) {
        name = Array(ASCII.lowercased(matcher.name).utf8)
        isInverted = matcher.invertMatch
        switch matcher.condition {
        case .present(let isPresent): condition = .present(isPresent)
        case .string(let text): condition = .text(try TextMatcher(text))
        }
    }

    /// An absent header matches no text, inverted or not (Envoy's rule), but `present` either way.
    func matches(_ request: RequestFacts) -> Bool {
        let value = request.value(of: name)
        switch condition {
        case .present(let wanted):
            return ((value != nil) == wanted) != isInverted
        case .text(let matcher):
            guard let value else { return false }
            return matcher.matches(value) != isInverted
        }
    }
}

/// A compiled `QueryParameterMatcher`.
struct QueryRule: Sendable {
    private enum Condition: Sendable {
        case present(Bool)
        case text(TextMatcher)
    }

    private let name: [UInt8]
    private let condition: Condition

    init(_ matcher: QueryParameterMatcher) throws(RegexPattern.SyntaxError) {
        name = Array(matcher.name.utf8)
        switch matcher.condition {
        case .present(let isPresent): condition = .present(isPresent)
        case .string(let text): condition = .text(try TextMatcher(text))
        }
    }

    func matches(_ query: ArraySlice<UInt8>?) -> Bool {
        var value: ArraySlice<UInt8>?
        for pair in (query ?? []).split(separator: 0x26) where value == nil {
            let key = pair.prefix { $0 != 0x3D }
            if key.elementsEqual(name) { value = pair[min(key.endIndex + 1, pair.endIndex)...] }
        }
        switch condition {
        case .present(let wanted): return (value != nil) == wanted
        case .text(let matcher):
            guard let value else { return false }
            return matcher.matches(value)
        }
    }
}
