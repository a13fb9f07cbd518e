public import Bytes

/// What a new certificate says.
public struct CertificateTemplate: Hashable, Sendable {
    /// The subject's common name; nil leaves it out.
    ///
    /// At most 64 characters.
    public var subjectCommonName: String?
    /// The subject's organizations, in order.
    public var organizations: [String]
    /// URI alternative names.
    public var uriSANs: [String]
    /// DNS alternative names.
    public var dnsSANs: [String]
    /// IP alternative names, as text.
    public var ipSANs: [String]
    /// The first moment of validity.
    public var notBefore: WallTime
    /// The last moment of validity.
    public var notAfter: WallTime
    /// True for a root or an intermediate.
    public var isCA: Bool
    /// For a CA: how many intermediates may follow.
    ///
    /// Nil is unlimited.
    public var pathLength: Int?
    /// For a leaf: may be shown by clients.
    public var clientAuth: Bool
    /// For a leaf: may be shown by servers.
    public var serverAuth: Bool

    /// A template; by default a leaf for both sides without any name.
    public init(
        subjectCommonName: String? = nil, organizations: [String] = [], uriSANs: [String] = [],
        dnsSANs: [String] = [], ipSANs: [String] = [], notBefore: WallTime, notAfter: WallTime,
        isCA: Bool = false, pathLength: Int? = nil, clientAuth: Bool = true, serverAuth: Bool = true
    ) {
        self.subjectCommonName = subjectCommonName
        self.organizations = organizations
        self.uriSANs = uriSANs
        self.dnsSANs = dnsSANs
        self.ipSANs = ipSANs
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.isCA = isCA
        self.pathLength = pathLength
        self.clientAuth = clientAuth
        self.serverAuth = serverAuth
    }

    var alternativeNames: AlternativeNames {
        var names = AlternativeNames()
        names.uris = uriSANs
        names.dns = dnsSANs
        names.ips = ipSANs
        return names
    }
}
