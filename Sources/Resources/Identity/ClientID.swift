/// Who a peer's egress gateway is, as `spec.security.clientID` of a ServiceMeshPeer names it.
///
/// Written with or without `spiffe://`; both mean the same. Patterns are not client IDs: one client ID admits one
/// identity.
public struct ClientID: Hashable, Sendable, CustomStringConvertible {
    /// The identity.
    public let spiffeID: SPIFFEID

    /// Parses a client ID; nil when it is empty or not one.
    public init?(_ text: String) {
        let text = text.hasPrefix("spiffe://") ? text.dropFirst("spiffe://".count) : text[...]
        guard text.utf8.count <= 2039, let id = SPIFFEID(withoutScheme: text), !id.path.isEmpty else {
            return nil
        }
        spiffeID = id
    }

    /// Makes the client ID of an identity.
    public init(_ spiffeID: SPIFFEID) {
        self.spiffeID = spiffeID
    }

    /// True when a client with this identity is the one meant.
    public func matches(_ id: SPIFFEID) -> Bool { spiffeID == id }

    /// The client ID without `spiffe://`, as manifests have it.
    public var description: String { "\(spiffeID.trustDomain)\(spiffeID.path)" }

    /// Why a text is not a client ID, with what is expected; nil when it is one.
    public static func problem(with text: String) -> String? {
        if ClientID(text) != nil { return nil }
        return "\"\(text)\" is not a client ID; expected TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT, "
            + "with or without spiffe://"
    }
}
