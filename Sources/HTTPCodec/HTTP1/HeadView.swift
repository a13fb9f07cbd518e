internal import Bytes

/// A head as offsets into its own copy of the bytes: the data plane's form of a request or response head.
///
/// Names are lower-cased in place while parsing. Edits append to the arena and change the table of fields; nothing
/// is moved. A view can be parsed into again and keeps its memory.
public struct HeadView: Sendable {
    /// The bytes that every range below points into.
    public internal(set) var bytes: [UInt8] = []
    /// The fields, in order.
    public internal(set) var fields: [FieldView] = []
    /// The method of a request.
    public internal(set) var method: Range<Int> {
        get { methodRange.range }
        set { methodRange = HeadRange(newValue) }
    }
    /// The target of a request as it was sent or last set.
    public internal(set) var target: Range<Int> {
        get { targetRange.range }
        set { targetRange = HeadRange(newValue) }
    }
    /// The status of a response, 0 in a request.
    public internal(set) var status = 0
    /// The reason phrase of a response; empty for HTTP/2.
    public private(set) var reason: Range<Int> {
        get { reasonRange.range }
        set { reasonRange = HeadRange(newValue) }
    }
    /// 1 for HTTP/1.1 and HTTP/2, 0 for HTTP/1.0.
    public private(set) var minorVersion = 1
    /// Whether the head was read from an HTTP/2 connection.
    public internal(set) var isHTTP2 = false
    /// The `:scheme` of an HTTP/2 request, or what `setScheme` made it.
    public internal(set) var scheme: Range<Int> {
        get { schemeRange.range }
        set { schemeRange = HeadRange(newValue) }
    }
    /// The `:protocol` of an extended CONNECT (RFC 8441); empty in anything else.
    public internal(set) var connectProtocol: Range<Int> {
        get { connectProtocolRange.range }
        set { connectProtocolRange = HeadRange(newValue) }
    }
    /// How the body that follows is framed.
    ///
    /// For HTTP/2, what HTTP/1.1 would need to carry the same: `chunked` (request) or `untilClose` (response) when its
    /// length is not known.
    public internal(set) var framing = BodyFraming.none
    /// Whether `connection` names `close`.
    public private(set) var saysClose = false
    /// Whether `connection` names `keep-alive`.
    public private(set) var saysKeepAlive = false
    /// Whether `connection` names `upgrade` and there is an `upgrade` field.
    public internal(set) var asksUpgrade = false
    /// Whether the client waits for `100 Continue`.
    public internal(set) var expectsContinue = false

    private var methodRange = HeadRange.empty
    private var targetRange = HeadRange.empty
    private var reasonRange = HeadRange.empty
    private var schemeRange = HeadRange.empty
    private var connectProtocolRange = HeadRange.empty

    /// A view of nothing.
    public init() {}

    /// Whether the connection may carry another message after this one (RFC 9112 9.3).
    public var keepsAlive: Bool { !saysClose && (minorVersion >= 1 || saysKeepAlive) }

    // MARK: Parsing

    /// Parses a request head, `head` being what `HeadScanner` found.
    public mutating func parseRequest(_ head: Span<UInt8>, limits: HTTP1Limits) throws(HTTPError) {
        reset(head)
        let line = try startLineEnd(head)
        var i = 0
        while i < line, Grammar.isToken(head[i]) { i += 1 }
        guard i > 0, i < line, head[i] == Grammar.space else { throw HTTPError(.badMethod) }
        method = 0..<i
        i += 1
        let start = i
        var previous: UInt8 = 0
        while i < line, Grammar.isTarget(head[i]) {
            // `%00` would end a path early in whatever reads it as a C string.
            if head[i] == 0x30, previous == 0x30, i - start >= 2, head[i - 2] == 0x25 {
                throw HTTPError(.badTarget)
            }
            previous = head[i]
            i += 1
        }
        guard i > start else { throw HTTPError(.badRequestLine) }
        guard i < line, head[i] == Grammar.space else { throw HTTPError(.badTarget) }
        target = start..<i
        minorVersion = try Self.version(head, i + 1..<line)
        guard minorVersion >= 1 || limits.allowsHTTP10 else { throw HTTPError(.upgradeRequired) }
        // There is no HTTP/1.2: whoever names it is not a client this side knows how to answer.
        guard minorVersion <= 1 else { throw HTTPError(.unsupportedVersion) }
        guard target.count <= limits.maxTargetBytes else { throw HTTPError(.targetTooLong) }
        try checkTargetForm(head)
        try parseFields(head, from: line + 2, limits: limits)
        try checkHost(head)
        framing = try FramingFields(head, fields).request(minorVersion: minorVersion)
    }

    /// Parses a response head.
    ///
    /// `answersHEAD` tells that the request was a HEAD, whose answer has no body.
    public mutating func parseResponse(
        _ head: Span<UInt8>, answersHEAD: Bool, limits: HTTP1Limits
    ) throws(HTTPError) {
        reset(head)
        let line = try startLineEnd(head)
        guard line >= 12, head[8] == Grammar.space else { throw HTTPError(.badStatusLine) }
        minorVersion = try Self.version(head, 0..<8)
        guard let code = Grammar.decimal(head, 9..<12), (100...599).contains(code) else {
            throw HTTPError(.badStatusLine)
        }
        guard line == 12 || head[12] == Grammar.space else { throw HTTPError(.badStatusLine) }
        status = Int(code)
        reason = min(13, line)..<line
        for i in reason where !Grammar.isFieldValue(head[i]) { throw HTTPError(.badStatusLine) }
        try parseFields(head, from: line + 2, limits: limits)
        framing = try FramingFields(head, fields).response(
            status: status, answersHEAD: answersHEAD, minorVersion: minorVersion)
    }

    /// Parses the trailer section of a chunked body, its empty line included; only `fields` has a meaning then.
    mutating func parseTrailers(_ section: Span<UInt8>, maxFields: Int) throws(HTTPError) {
        reset(section)
        try FieldSection.parse(section, from: 0, maxFields: maxFields, into: &fields)
        for field in fields {
            for i in field.name where bytes[i] >= 0x41 && bytes[i] <= 0x5A { bytes[i] |= 0x20 }
        }
    }

    private mutating func reset(_ head: Span<UInt8>) {
        removeAll()
        // Room for what a proxy adds.
        bytes.reserveCapacity(head.count + 512)
        // The bytes are copied before the closure ends.
        unsafe head.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Makes this a view of nothing that keeps its memory, to be filled with `add`.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        method = 0..<0
        target = 0..<0
        status = 0
        reason = 0..<0
        minorVersion = 1
        isHTTP2 = false
        scheme = 0..<0
        connectProtocol = 0..<0
        framing = .none
        saysClose = false
        saysKeepAlive = false
        asksUpgrade = false
        expectsContinue = false
    }

    private func startLineEnd(_ head: Span<UInt8>) throws(HTTPError) -> Int {
        guard let lf = Scan.firstIndex(of: Grammar.lf, in: head), lf > 0, head[lf - 1] == Grammar.cr else {
            throw HTTPError(.bareLineFeed)
        }
        return lf - 1
    }

    private static func version(_ head: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> Int {
        let at = range.lowerBound
        guard range.count == 8, head[at] == 0x48, head[at + 1] == 0x54, head[at + 2] == 0x54,
            head[at + 3] == 0x50, head[at + 4] == 0x2F, head[at + 6] == 0x2E,
            let major = ASCII.digit(head[at + 5]), let minor = ASCII.digit(head[at + 7])
        else { throw HTTPError(.badVersion) }
        guard major == 1 else { throw HTTPError(.unsupportedVersion) }
        return minor
    }

    private func checkTargetForm(_ head: Span<UInt8>) throws(HTTPError) {
        switch head[target.lowerBound] {
        case 0x2F: return
        case 0x2A:
            guard target.count == 1, Grammar.equals(head, method, "options") else {
                throw HTTPError(.badTarget)
            }
        default:
            if Grammar.equals(head, method, "connect") {
                try Grammar.checkHost(head, target)
                return
            }
            guard let authority = absoluteAuthority(head) else { throw HTTPError(.badTarget) }
            guard !authority.isEmpty else { throw HTTPError(.badTarget) }
            try Grammar.checkHost(head, authority)
        }
    }

    /// The authority of an absolute-form target with scheme http or https.
    private func absoluteAuthority(_ head: Span<UInt8>) -> Range<Int>? {
        var start: Int?
        for scheme in ["http://", "https://"] as [StaticString] {
            let end = target.lowerBound + scheme.utf8CodeUnitCount
            if end <= target.upperBound, Grammar.equals(head, target.lowerBound..<end, scheme) { start = end }
        }
        guard let start else { return nil }
        var end = start
        while end < target.upperBound, head[end] != 0x2F, head[end] != 0x3F { end += 1 }
        return start..<end
    }

    private mutating func parseFields(_ head: Span<UInt8>, from start: Int, limits: HTTP1Limits)
        throws(HTTPError)
    {
        // Room for what most heads have, and for what a proxy adds.
        fields.reserveCapacity(24)
        try FieldSection.parse(head, from: start, maxFields: limits.maxHeaders, into: &fields)
        var namesUpgrade = false
        var hasUpgrade = false
        for field in fields {
            for i in field.name where head[i] >= 0x41 && head[i] <= 0x5A { bytes[i] |= 0x20 }
            switch field.known {
            case .connection:
                forEachToken(head, field.value) { token in
                    if Grammar.equals(head, token, "close") { saysClose = true }
                    if Grammar.equals(head, token, "keep-alive") { saysKeepAlive = true }
                    if Grammar.equals(head, token, "upgrade") { namesUpgrade = true }
                }
            case .upgrade: hasUpgrade = true
            case .expect: expectsContinue = Grammar.equals(head, field.value, "100-continue")
            default: continue
            }
        }
        asksUpgrade = namesUpgrade && hasUpgrade
    }

    private func checkHost(_ head: Span<UInt8>) throws(HTTPError) {
        var found = false
        for field in fields where field.known == .host {
            guard !found else { throw HTTPError(.repeatedHost) }
            found = true
            try Grammar.checkHost(head, field.value)
        }
        if !found, minorVersion >= 1 { throw HTTPError(.missingHost) }
    }

    // MARK: Reading

    /// The value of the first field of this kind.
    public func value(_ known: KnownField) -> Range<Int>? {
        for field in fields where field.known == known { return field.value }
        return nil
    }

    /// The value of the first field with this lower-case name.
    public func value(named name: [UInt8]) -> Range<Int>? {
        for field in fields where isName(field, name) { return field.value }
        return nil
    }

    /// Whether a field has this lower-case name.
    public func isName(_ field: FieldView, _ name: [UInt8]) -> Bool {
        guard field.name.count == name.count else { return false }
        var at = field.name.lowerBound
        for byte in name {
            if bytes[at] != byte { return false }
            at += 1
        }
        return true
    }

    /// The bytes of a range as text; bytes that are no UTF-8 are replaced.
    public func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether the bytes of a range, taken without case, are this lower-case word.
    public func equals(_ range: Range<Int>, _ word: StaticString) -> Bool {
        Grammar.equals(bytes.span, range, word)
    }

    /// The authority of an absolute-form target, and where its path and query begin (at the end when it has none).
    public var absoluteForm: (authority: Range<Int>, rest: Int)? {
        guard !target.isEmpty, bytes[target.lowerBound] != 0x2F,
            let authority = absoluteAuthority(bytes.span)
        else { return nil }
        return (authority, authority.upperBound)
    }
}
