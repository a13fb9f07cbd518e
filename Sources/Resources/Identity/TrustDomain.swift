/// The name of a domain of trust: the authority of SPIFFE IDs (SPIFFE-ID 2.1).
///
/// 1 to 255 characters of `a-z`, `0-9`, `.`, `-` and `_`. Upper case is refused, not folded: two spellings of one
/// trust domain would make two bundles.
public struct TrustDomain: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name.
    public let name: String

    /// Istio's default trust domain, `cluster.local`.
    public static let clusterLocal = TrustDomain(unchecked: "cluster.local")

    /// What a trust domain may consist of, for messages.
    public static let allowed = "a-z, 0-9, '.', '-', '_'"

    /// Parses a name; nil when it is not a trust domain.
    public init?(_ name: String) {
        guard (1...255).contains(name.utf8.count), name.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.name = name
    }

    private init(unchecked name: String) {
        self.name = name
    }

    /// The name.
    public var description: String { name }

    /// Orders by name.
    public static func < (lhs: TrustDomain, rhs: TrustDomain) -> Bool { lhs.name < rhs.name }

    /// Why a text is not a trust domain, with what is allowed; nil when it is one.
    public static func problem(with text: String) -> String? {
        if text.isEmpty { return "a trust domain name must not be empty" }
        if text.utf8.count > 255 { return "a trust domain name has at most 255 characters" }
        if TrustDomain(text) != nil { return nil }
        if text.hasPrefix("spiffe://") {
            return "\"\(text)\" is not a trust domain name; write it without spiffe://"
        }
        return "\"\(text)\" is not a trust domain name; allowed: \(allowed)"
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
