internal import Bytes
internal import HTTPCodec

/// The scheme of a request, which rules and `%REQ(:scheme)%` read as a pseudo-header, also over HTTP/1.1.
enum RequestScheme {
    /// What the client itself says: `:scheme` over HTTP/2, or the scheme of an absolute-form target.
    ///
    /// To be asked before the target is made a path; the bytes stay where they are.
    static func named(by head: borrowing HeadView) -> Range<Int>? {
        if !head.scheme.isEmpty { return head.scheme }
        guard let form = head.absoluteForm else { return nil }
        return head.target.lowerBound..<form.authority.lowerBound - 3
    }

    /// Gives the head its scheme, in lower case.
    ///
    /// What the client does not name is x-forwarded-proto where that holds a scheme, else what its connection is. Of a
    /// client that is not trusted the two are the same, and the header is not looked for.
    static func settle(_ head: inout HeadView, named: Range<Int>?, isTLS: Bool, isTrusted: Bool) {
        guard let scheme = named ?? (isTrusted ? forwarded(head) : nil) else {
            return head.setScheme(isTLS ? https : http)
        }
        let bytes = head.bytes[scheme]
        if bytes.allSatisfy({ ASCII.lowercased($0) == $0 }) {
            head.setScheme(scheme)
        } else {
            head.setScheme(bytes.map(ASCII.lowercased))
        }
    }

    /// x-forwarded-proto, of one line.
    private static func forwarded(_ head: borrowing HeadView) -> Range<Int>? {
        var found: Range<Int>?
        for field in head.fields where field.known == .xForwardedProto {
            if found != nil { return nil }
            found = field.value
        }
        guard let found, head.equals(found, "http") || head.equals(found, "https") else { return nil }
        return found
    }

    private static let http = Array("http".utf8)
    private static let https = Array("https".utf8)
}
