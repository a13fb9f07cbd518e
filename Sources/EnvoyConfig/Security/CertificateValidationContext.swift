/// `envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext`: how a peer is checked.
public struct CertificateValidationContext: MappedMessage {
    /// What its chain must end in.
    public enum Trust: Sendable, Equatable {
        /// One of these roots.
        case trustedCA(DataSource)
        /// The bundle of the trust domain that the leaf's SPIFFE ID names.
        case spiffe([SPIFFETrustDomain])
    }

    /// What the chain must end in; nil does not verify it (only where a Secret adds trust).
    public var trust: Trust?
    /// At least one SAN must match one of these; empty is any.
    public var matchTypedSubjectAltNames: [SubjectAltNameMatcher] = []

    /// Without trust.
    public init() {}

    /// A context from its parts.
    public init(_ trust: Trust, uriSANs: [String] = []) {
        self.trust = trust
        matchTypedSubjectAltNames = uriSANs.map { SubjectAltNameMatcher(uri: $0) }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: false) { fields in
            var authority: DataSource?
            var domains: SPIFFEValidator?
            switch trust {
            case .trustedCA(let source): authority = source
            case .spiffe(let value): domains = SPIFFEValidator(value)
            case nil: break
            }
            fields.alternative("trusted_ca", message: authority) { trust = .trustedCA($0) }
            fields.alternative("custom_validator_config", message: domains) { trust = .spiffe($0.domains) }
        }
        fields.messages("match_typed_subject_alt_names", &matchTypedSubjectAltNames)
    }
}

/// `SPIFFECertValidatorConfig.TrustDomain`.
public struct SPIFFETrustDomain: MappedMessage, Hashable {
    /// The trust domain's name.
    public var name = ""
    /// Its roots, PEM.
    public var trustBundle = DataSource()

    /// No domain.
    public init() {}

    /// A domain and its roots.
    public init(_ name: String, trustBundle: DataSource) {
        self.name = name
        self.trustBundle = trustBundle
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        fields.message("trust_bundle", &trustBundle, required: true)
    }
}

/// `SubjectAltNameMatcher`.
public struct SubjectAltNameMatcher: MappedMessage, Hashable {
    /// The kinds of SAN.
    public enum SANType: String, ConfigEnum {
        /// A mail address.
        case email = "EMAIL"
        /// A DNS name.
        case dns = "DNS"
        /// A URI.
        case uri = "URI"
        /// An IP address.
        case ipAddress = "IP_ADDRESS"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .email: 1
            case .dns: 2
            case .uri: 3
            case .ipAddress: 4
            }
        }
    }

    /// The kind of SAN.
    public var sanType = SANType.uri
    /// What it must be.
    public var matcher = StringMatcher()

    /// Matches nothing of use.
    public init() {}

    /// This very URI.
    public init(uri: String) {
        matcher = StringMatcher(.exact(uri))
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.enumeration("san_type", &sanType, default: nil)
        fields.message("matcher", &matcher, required: true)
    }
}

/// The SPIFFE validator as a typed extension.
private struct SPIFFEValidator: MappedMessage {
    var domains: [SPIFFETrustDomain] = []

    init() {}

    init(_ domains: [SPIFFETrustDomain]) {
        self.domains = domains
    }

    mutating func map(_ fields: inout FieldMapper) {
        var config = Config(domains: domains)
        fields.extensionPoint(
            "envoy.tls.cert_validator.spiffe",
            "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig", &config)
        domains = config.domains
    }

    struct Config: MappedMessage {
        var domains: [SPIFFETrustDomain] = []

        init() {}

        init(domains: [SPIFFETrustDomain]) {
            self.domains = domains
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.messages("trust_domains", &domains, minimum: 1)
            var names: Set<String> = []
            for (index, domain) in domains.enumerated() where !names.insert(domain.name).inserted {
                fields.fault(
                    "\"\(domain.name)\" is given twice", .key("trust_domains"), .index(index), .key("name"))
            }
        }
    }
}
