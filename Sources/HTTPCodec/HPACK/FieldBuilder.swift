/// Builds one head or trailer section out of decoded fields, by the rules of RFC 9113 8.
struct FieldBuilder: Sendable {
    /// What is built.
    enum Form: Hashable, Sendable {
        case request
        case response
        case trailers
        /// Nothing: the block is decoded for the table's sake only.
        case nothing
    }

    let form: Form
    private let maxBytes: Int
    private let maxFields: Int
    private let allowsConnectProtocol: Bool
    private var listBytes = 0
    private var fieldCount = 0
    private var hasField = false
    private var cookies = 0
    private var hasAuthority = false
    private var hasHost = false
    private var hasPath = false
    private var hasScheme = false
    private var hasProtocol = false
    private var statusText = 0..<0
    /// The value of content-length.
    private(set) var contentLength: Int64?
    /// Why the section is refused.
    private(set) var fault: H2Fault?
    /// Whether a field was decoded, so that the table's size may no longer change.
    private(set) var hasBegun = false

    init(_ form: Form, _ settings: H2Settings) {
        self.form = form
        maxBytes = settings.maxHeaderListBytes
        maxFields = settings.maxHeaders
        allowsConnectProtocol = settings.enableConnectProtocol
    }

    /// Whether bytes need not be kept.
    private var isDiscarding: Bool { fault != nil || form == .nothing }

    /// Whether a value holds no control character and no white space at its ends (RFC 9113 8.2.1).
    static func isGoodValue(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        guard !value.isEmpty else { return true }
        for i in value where !Grammar.isFieldValue(bytes[i]) { return false }
        let ends = (bytes[value.lowerBound], bytes[value.upperBound - 1])
        return ends.0 != Grammar.space && ends.0 != Grammar.tab && ends.1 != Grammar.space
            && ends.1 != Grammar.tab
    }

    // MARK: Adding

    /// Takes a field of a table, whose bytes are `bytes[at...]`.
    @inline(__always)
    mutating func add(_ entry: HPACKEntry, _ bytes: Span<UInt8>, at: Int, to view: inout HeadView) {
        hasBegun = true
        guard !isDiscarding, count(entry.byteCount) else { return }
        let start = view.bytes.count
        view.append(bytes.extracting(at..<at + entry.byteCount))
        let middle = start + Int(entry.nameCount)
        keep(
            name: start..<middle, value: middle..<middle + Int(entry.valueCount), entry.kind,
            hasGoodValue: entry.hasGoodValue, in: &view)
    }

    /// Takes a field whose bytes are already the last ones of `view`.
    mutating func added(
        name: Range<Int>, value: Range<Int>, _ kind: HPACKKind, hasGoodValue: Bool, in view: inout HeadView
    ) {
        hasBegun = true
        if !isDiscarding, count(name.count + value.count) {
            keep(name: name, value: value, kind, hasGoodValue: hasGoodValue, in: &view)
        }
        if isDiscarding { view.removeAll() }
    }

    private mutating func count(_ bytes: Int) -> Bool {
        listBytes += bytes
        if listBytes > maxBytes { fault = .headTooLarge }
        return fault == nil
    }

    private mutating func keep(
        name: Range<Int>, value: Range<Int>, _ kind: HPACKKind, hasGoodValue: Bool, in view: inout HeadView
    ) {
        guard hasGoodValue else { return refuse() }
        switch kind {
        case .field(let known):
            hasField = true
            fieldCount += 1
            guard fieldCount <= maxFields else {
                fault = .tooManyHeaders
                return
            }
            guard known == .other || take(known, value, in: &view) else { return }
            view.fields.append(FieldView(name: name, value: value, known: known))
        case .method:
            guard pseudo(.request), view.method.isEmpty, !value.isEmpty else { return refuse() }
            view.method = value
        case .path:
            guard pseudo(.request), !hasPath else { return refuse() }
            hasPath = true
            view.target = value
        case .scheme:
            guard pseudo(.request), !hasScheme else { return refuse() }
            hasScheme = true
            view.scheme = value
        case .connectProtocol:
            guard pseudo(.request), allowsConnectProtocol, !hasProtocol, !value.isEmpty else {
                return refuse()
            }
            hasProtocol = true
            view.connectProtocol = value
        case .authority:
            guard pseudo(.request), !hasAuthority, !value.isEmpty else { return refuse() }
            hasAuthority = true
            let host = view.append("host")
            view.fields.append(FieldView(name: host, value: value, known: .host))
        case .status:
            guard pseudo(.response), statusText.isEmpty, value.count == 3 else { return refuse() }
            statusText = value
        case .bad: refuse()
        }
    }

    /// Whether a pseudo-field of this form may stand here.
    private func pseudo(_ wanted: Form) -> Bool { form == wanted && !hasField }

    private mutating func refuse() {
        if fault == nil { fault = .malformedHead }
    }

    /// Looks at a field that means something; false when it is not kept.
    private mutating func take(_ known: KnownField, _ value: Range<Int>, in view: inout HeadView) -> Bool {
        switch known {
        case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade:
            refuse()
            return false
        case .te:
            if !Grammar.equals(view.bytes.span, value, "trailers") { refuse() }
        case .host:
            guard form == .request else { return form == .response }
            if hasHost { refuse() }
            hasHost = true
            guard (try? Grammar.checkHost(view.bytes.span, value)) != nil else {
                refuse()
                return false
            }
            // RFC 9113 8.3.1: what the authority says counts.
            return !hasAuthority
        case .contentLength:
            guard form != .trailers else { return false }
            guard contentLength == nil, let length = Grammar.decimal(view.bytes.span, value) else {
                fault = .badContentLength
                return false
            }
            contentLength = length
        case .cookie: cookies += 1
        case .expect: view.expectsContinue = Grammar.equals(view.bytes.span, value, "100-continue")
        default: break
        }
        return true
    }

    // MARK: Ending

    /// Ends the section, checks what it must have, and returns why it is refused.
    mutating func finish(in view: inout HeadView) -> H2Fault? {
        if fault == nil {
            switch form {
            case .request: checkRequest(&view)
            case .response: checkResponse(&view)
            case .trailers, .nothing: break
            }
        }
        if isDiscarding {
            view.removeAll()
        } else if cookies > 1 {
            view.joinCookies()
        }
        // A head that was too large must not be what its successors weigh.
        if view.bytes.capacity > 2 * maxBytes { view = HeadView() }
        view.isHTTP2 = true
        return fault
    }

    private mutating func checkRequest(_ view: inout HeadView) {
        guard !view.method.isEmpty else { return refuse() }
        for i in view.method where !Grammar.isToken(view.bytes[i]) { return refuse() }
        let host = view.fields.first { $0.known == .host }
        guard let host, !host.value.isEmpty, (try? Grammar.checkHost(view.bytes.span, host.value)) != nil
        else { return refuse() }
        if isConnect(view), !hasProtocol {
            guard hasAuthority, !hasPath, !hasScheme else { return refuse() }
            view.target = host.value
            return
        }
        guard hasPath, hasScheme, !hasProtocol || isConnect(view),
            Self.isScheme(view.bytes.span, view.scheme),
            isTarget(view)
        else { return refuse() }
    }

    private func isConnect(_ view: HeadView) -> Bool {
        let method = view.bytes.span.extracting(view.method)
        // Methods are told apart by case.
        return method.count == 7 && method[0] == 0x43 && method[1] == 0x4F && method[2] == 0x4E
            && method[3] == 0x4E && method[4] == 0x45 && method[5] == 0x43 && method[6] == 0x54
    }

    private static func isScheme(_ bytes: Span<UInt8>, _ scheme: Range<Int>) -> Bool {
        guard !scheme.isEmpty else { return false }
        for i in scheme {
            switch bytes[i] {
            case 0x41...0x5A, 0x61...0x7A: continue
            // + - . and digits, not first
            case 0x30...0x39, 0x2B, 0x2D, 0x2E:
                if i == scheme.lowerBound { return false }
            default: return false
            }
        }
        return true
    }

    /// RFC 9113 8.3.1: a path and query, or `*` for OPTIONS.
    private func isTarget(_ view: HeadView) -> Bool {
        let target = view.bytes.span.extracting(view.target)
        guard !target.isEmpty else { return false }
        guard target[0] == 0x2F else {
            return target.count == 1 && target[0] == 0x2A && view.equals(view.method, "options")
        }
        for i in target.indices {
            guard Grammar.isTarget(target[i]) else { return false }
            // `%00` would end a path early in whatever reads it as a C string.
            if target[i] == 0x25, i + 2 < target.count, target[i + 1] == 0x30, target[i + 2] == 0x30 {
                return false
            }
        }
        return true
    }

    private mutating func checkResponse(_ view: inout HeadView) {
        guard let status = Grammar.decimal(view.bytes.span, statusText), (100...599).contains(status),
            status != 101
        else { return refuse() }
        view.status = Int(status)
    }
}

extension HeadView {
    /// Appends bytes that a field will point to.
    mutating func append(_ span: Span<UInt8>) {
        // The bytes are copied before the closure ends.
        unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func append(_ word: StaticString) -> Range<Int> {
        let start = bytes.count
        // In bounds: a static string lends as many bytes as it has.
        word.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        return start..<bytes.count
    }

    /// Joins several cookie fields into the first, as HTTP/1.1 and applications want them (RFC 9113 8.2.3).
    mutating func joinCookies() {
        let start = bytes.count
        var first: Int?
        for i in fields.indices where fields[i].known == .cookie {
            if first == nil {
                first = i
            } else {
                bytes.append(0x3B)
                bytes.append(Grammar.space)
            }
            for j in fields[i].value { bytes.append(bytes[j]) }
        }
        guard let first else { return }
        fields[first].value = start..<bytes.count
        var seen = false
        fields.removeAll { field in
            guard field.known == .cookie else { return false }
            defer { seen = true }
            return seen
        }
    }
}
