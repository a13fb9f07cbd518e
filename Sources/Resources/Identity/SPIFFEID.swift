/// The identity of a workload, `spiffe://<trust domain>/<path>` (SPIFFE-ID 2).
///
/// Parsing is strict: lower case scheme, no port, user, query or fragment, no percent encoding, no empty, `.` or
/// `..` segments, no slash at the end, at most 2048 bytes.
public struct SPIFFEID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Who vouches for the identity.
    public let trustDomain: TrustDomain
    /// The part behind the trust domain with its leading slash; empty for the trust domain's own ID.
    public let path: String

    /// Parses a URI; nil when it is not a SPIFFE ID.
    public init?(_ uri: String) {
        guard uri.utf8.count <= 2048, uri.hasPrefix("spiffe://") else { return nil }
        self.init(withoutScheme: uri.dropFirst("spiffe://".count))
    }

    /// The identity of a Kubernetes service account, `/ns/NAMESPACE/sa/NAME`; nil when a part cannot stand in a path.
    public init?(trustDomain: TrustDomain, namespace: String, serviceAccount: String) {
        self.init(withoutScheme: "\(trustDomain)/ns/\(namespace)/sa/\(serviceAccount)")
        guard self.namespace == namespace, self.serviceAccount == serviceAccount else { return nil }
    }

    /// Parses `trust-domain/path`.
    init?(withoutScheme text: some StringProtocol) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        guard let trustDomain = TrustDomain(String(text[..<slash])) else { return nil }
        let path = String(text[slash...])
        guard Self.isPath(path) else { return nil }
        self.trustDomain = trustDomain
        self.path = path
    }

    /// The URI.
    public var description: String { "spiffe://\(trustDomain)\(path)" }

    /// The namespace of a `/ns/NAMESPACE/sa/NAME` path, nil for other paths.
    public var namespace: String? { kubernetesParts?.namespace }

    /// The service account of a `/ns/NAMESPACE/sa/NAME` path, nil for other paths.
    public var serviceAccount: String? { kubernetesParts?.serviceAccount }

    /// Orders by text.
    public static func < (lhs: SPIFFEID, rhs: SPIFFEID) -> Bool { lhs.description < rhs.description }

    private var kubernetesParts: (namespace: String, serviceAccount: String)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[1] == "ns", parts[3] == "sa" else { return nil }
        return (String(parts[2]), String(parts[4]))
    }

    private static func isPath(_ path: String) -> Bool {
        if path.isEmpty { return true }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            segment in
            !segment.isEmpty && segment != "." && segment != ".."
                && segment.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                        UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }
}
