/// What a server may know of a connection before it answers: the names in the first TLS message.
///
/// A parser of its own, without OpenSSL and without state: the caller peeks at all bytes received so far until it
/// gets an answer. RFC 8446 4.1.2 and 5.1; SNI: RFC 6066 3; ALPN: RFC 7301 3.1.
public enum ClientHello {
    /// What the bytes are.
    public enum Result: Hashable, Sendable {
        /// A good beginning; peek again with more bytes.
        case needsMore
        /// Not a ClientHello, or a malformed one.
        case notTLS
        /// A ClientHello above `maxBytes`: its name is not known.
        case tooLarge
        /// A whole ClientHello. `sni` is in lower case, as RFC 6066 compares it.
        case hello(sni: String?, alpn: [String])
    }

    /// The largest ClientHello that is read, its record headers not counted.
    public static let maxBytes = 16_384
    /// How many records without content are passed over, as many as OpenSSL does.
    static let maxEmptyRecords = 32

    /// Looks at the bytes a connection begins with; consumes nothing.
    public static func peek(_ bytes: Span<UInt8>) -> Result {
        // The hello may be cut into several records; its bytes are gathered without their headers.
        var message: [UInt8] = []
        var at = 0
        var emptyRecords = 0
        while true {
            // Record: type 22, version 3.x, length.
            let have = bytes.count - at
            if have > 0, bytes[at] != 22 { return .notTLS }
            if have > 1, bytes[at + 1] != 3 { return .notTLS }
            if have > 2, bytes[at + 2] > 4 { return .notTLS }
            guard have >= 5 else { return .needsMore }
            let length = Int(bytes[at + 3]) << 8 | Int(bytes[at + 4])
            guard length <= 16_384 else { return .notTLS }
            if length == 0 {
                emptyRecords += 1
                guard emptyRecords <= maxEmptyRecords else { return .notTLS }
            }
            let start = at + 5
            let end = min(start + length, bytes.count)
            if message.isEmpty, end - start >= 4 {
                guard bytes[start] == 1 else { return .notTLS }
                let count = messageLength(bytes, start)
                if count > maxBytes { return .tooLarge }
                if start + count <= end { return parse(bytes.extracting(start + 4..<start + count)) }
            }
            for index in start..<end { message.append(bytes[index]) }
            if let first = message.first, first != 1 { return .notTLS }
            if message.count >= 4 {
                let count = messageLength(message.span, 0)
                if count > maxBytes { return .tooLarge }
                if message.count >= count { return parse(message.span.extracting(4..<count)) }
            }
            guard end == start + length else { return .needsMore }
            at = end
        }
    }

    /// The length of the handshake message at `start` with its 4-byte header.
    private static func messageLength(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        4 + (Int(bytes[start + 1]) << 16 | Int(bytes[start + 2]) << 8 | Int(bytes[start + 3]))
    }

    private static func parse(_ body: Span<UInt8>) -> Result {
        var reader = Cursor(end: body.count)
        // legacy_version, random, session id, cipher suites, compression methods
        guard reader.skip(34), let id = reader.vector(body, lengthBytes: 1), id.count <= 32,
            let ciphers = reader.vector(body, lengthBytes: 2), ciphers.count >= 2, ciphers.count % 2 == 0,
            let compression = reader.vector(body, lengthBytes: 1), !compression.isEmpty
        else { return .notTLS }
        if reader.isAtEnd { return .hello(sni: nil, alpn: []) }
        guard let extensions = reader.vector(body, lengthBytes: 2), reader.isAtEnd else { return .notTLS }
        var sni: String?
        var alpn: [String]?
        var hasSNI = false
        var cursor = Cursor(at: extensions.lowerBound, end: extensions.upperBound)
        while !cursor.isAtEnd {
            guard let type = cursor.integer(body, bytes: 2), let value = cursor.vector(body, lengthBytes: 2)
            else { return .notTLS }
            switch type {
            case 0:
                guard !hasSNI, case .some(let name) = serverName(body, value) else { return .notTLS }
                hasSNI = true
                sni = name
            case 16:
                guard alpn == nil, let names = protocols(body, value) else { return .notTLS }
                alpn = names
            default: break
            }
        }
        return .hello(sni: sni, alpn: alpn ?? [])
    }

    /// Outer nil: malformed.
    ///
    /// Inner nil: no name of type host_name.
    private static func serverName(_ body: Span<UInt8>, _ range: Range<Int>) -> String?? {
        var outer = Cursor(at: range.lowerBound, end: range.upperBound)
        guard let list = outer.vector(body, lengthBytes: 2), outer.isAtEnd, !list.isEmpty else {
            return .none
        }
        var cursor = Cursor(at: list.lowerBound, end: list.upperBound)
        var found: String?
        while !cursor.isAtEnd {
            guard let type = cursor.integer(body, bytes: 1), let name = cursor.vector(body, lengthBytes: 2),
                !name.isEmpty, name.count <= 255
            else { return .none }
            guard type == 0 else { continue }
            guard found == nil, let text = lowercased(body, name) else { return .none }
            found = text
        }
        return .some(found)
    }

    private static func protocols(_ body: Span<UInt8>, _ range: Range<Int>) -> [String]? {
        var outer = Cursor(at: range.lowerBound, end: range.upperBound)
        guard let list = outer.vector(body, lengthBytes: 2), outer.isAtEnd, !list.isEmpty else { return nil }
        var cursor = Cursor(at: list.lowerBound, end: list.upperBound)
        var names: [String] = []
        while !cursor.isAtEnd {
            guard let name = cursor.vector(body, lengthBytes: 1), !name.isEmpty else { return nil }
            names.append(String(decoding: name.map { body[$0] }, as: UTF8.self))
        }
        return names
    }

    /// Printable ASCII only: a NUL or a control character in a host name is an attack or a fault.
    private static func lowercased(_ body: Span<UInt8>, _ range: Range<Int>) -> String? {
        var text: [UInt8] = []
        for index in range {
            let byte = body[index]
            guard byte > 0x20, byte < 0x7F else { return nil }
            text.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A position inside a span, bounded by the field it walks.
private struct Cursor {
    var at = 0
    let end: Int

    init(at: Int = 0, end: Int) {
        self.at = at
        self.end = end
    }

    var isAtEnd: Bool { at == end }

    mutating func skip(_ count: Int) -> Bool {
        guard end - at >= count else { return false }
        at += count
        return true
    }

    mutating func integer(_ body: Span<UInt8>, bytes: Int) -> Int? {
        guard end - at >= bytes else { return nil }
        var value = 0
        for _ in 0..<bytes {
            value = value << 8 | Int(body[at])
            at += 1
        }
        return value
    }

    /// The range of a vector behind its length.
    mutating func vector(_ body: Span<UInt8>, lengthBytes: Int) -> Range<Int>? {
        guard let count = integer(body, bytes: lengthBytes), end - at >= count else { return nil }
        defer { at += count }
        return at..<at + count
    }
}
