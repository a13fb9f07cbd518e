/// `envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`: TLS of a filter chain.
public struct DownstreamTLSContext: MappedMessage {
    /// The protobuf name.
    static let messageName = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"

    /// Certificates and trust.
    public var common = CommonTLSContext()
    /// No certificate: alert certificate_required.
    public var requireClientCertificate = false

    /// Without a certificate.
    public init() {}

    /// A context from its parts.
    public init(_ common: CommonTLSContext, requireClientCertificate: Bool) {
        self.common = common
        self.requireClientCertificate = requireClientCertificate
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("common_tls_context", &common, required: false)
        fields.bool("require_client_certificate", &requireClientCertificate)
        guard fields.isReading else { return }
        if common.certificate == nil {
            fields.fault(
                "needs tls_certificates or tls_certificate_sds_secret_configs", .key("common_tls_context"))
        }
        if requireClientCertificate && common.validation == nil {
            fields.fault(
                "require_client_certificate needs a validation context", .key("common_tls_context"))
        }
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`: TLS of a cluster.
public struct UpstreamTLSContext: MappedMessage {
    /// The protobuf name.
    static let messageName = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"

    /// Certificates and trust.
    public var common = CommonTLSContext()
    /// The server name sent; empty sends none.
    public var sni = ""

    /// Without a certificate.
    public init() {}

    /// A context from its parts.
    public init(_ common: CommonTLSContext, sni: String) {
        self.common = common
        self.sni = sni
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("common_tls_context", &common, required: false)
        fields.string("sni", &sni, as: .host)
        if fields.isReading && sni.utf8.count > 255 { fields.fault("at most 255 bytes", .key("sni")) }
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.CommonTlsContext`.
public struct CommonTLSContext: MappedMessage {
    /// Where the own certificate comes from.
    public enum CertificateSource: Sendable, Equatable {
        /// From the config.
        case inline(TLSCertificate)
        /// From a Secret.
        case sds(SDSSecretConfig)
    }

    /// Where the trust comes from.
    public enum ValidationSource: Sendable, Equatable {
        /// From the config.
        case inline(CertificateValidationContext)
        /// From a Secret.
        case sds(SDSSecretConfig)
        /// `default_validation_context` merged with a Secret.
        case combined(CertificateValidationContext, SDSSecretConfig)
    }

    /// The oldest version; nil is 1.2.
    public var minimumVersion: TLSProtocol?
    /// The newest version; nil is 1.3 for a server and **1.2 for a client**.
    public var maximumVersion: TLSProtocol?
    /// The own certificate; required downstream.
    public var certificate: CertificateSource?
    /// How the peer is checked; nil is not at all.
    public var validation: ValidationSource?
    /// Server: own order of preference.
    ///
    /// Empty is no ALPN.
    public var alpnProtocols: [String] = []

    /// Without a certificate.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("tls_params") { fields in
            fields.enumeration("tls_minimum_protocol_version", &minimumVersion)
            fields.enumeration("tls_maximum_protocol_version", &maximumVersion)
        }
        if let minimumVersion, let maximumVersion, minimumVersion > maximumVersion {
            fields.fault(
                "must not be older than tls_minimum_protocol_version", .key("tls_params"),
                .key("tls_maximum_protocol_version"))
        }
        mapCertificate(&fields)
        fields.oneOf(required: false) { fields in
            var inline: CertificateValidationContext?
            var secret: SDSSecretConfig?
            var combined: CombinedValidation?
            switch validation {
            case .inline(let context): inline = context
            case .sds(let config): secret = config
            case .combined(let context, let config): combined = CombinedValidation(context, config)
            case nil: break
            }
            fields.alternative("validation_context", message: inline) { validation = .inline($0) }
            fields.alternative("validation_context_sds_secret_config", message: secret) {
                validation = .sds($0)
            }
            fields.alternative("combined_validation_context", message: combined) {
                validation = .combined($0.context, $0.secret)
            }
        }
        fields.strings("alpn_protocols", &alpnProtocols)
        for (index, name) in alpnProtocols.enumerated() where !(1...255).contains(name.utf8.count) {
            fields.fault("must be 1 to 255 bytes", .key("alpn_protocols"), .index(index))
        }
    }

    private mutating func mapCertificate(_ fields: inout FieldMapper) {
        var inline: [TLSCertificate] = []
        var secrets: [SDSSecretConfig] = []
        switch certificate {
        case .inline(let value): inline = [value]
        case .sds(let value): secrets = [value]
        case nil: break
        }
        fields.messages("tls_certificates", &inline)
        fields.messages("tls_certificate_sds_secret_configs", &secrets)
        guard fields.isReading else { return }
        if inline.count > 1 { fields.fault("at most 1 item", .key("tls_certificates")) }
        if secrets.count > 1 { fields.fault("at most 1 item", .key("tls_certificate_sds_secret_configs")) }
        if !inline.isEmpty && !secrets.isEmpty {
            fields.fault("only one of tls_certificates, tls_certificate_sds_secret_configs may be set")
        }
        certificate = inline.first.map { .inline($0) } ?? secrets.first.map { .sds($0) }
    }
}

/// The versions of TLS in the subset.
public enum TLSProtocol: String, ConfigEnum, Comparable {
    /// TLS 1.2.
    case v1_2 = "TLSv1_2"
    /// TLS 1.3.
    case v1_3 = "TLSv1_3"

    /// The protobuf number.
    public var number: Int { self == .v1_2 ? 3 : 4 }

    /// By age.
    public static func < (a: TLSProtocol, b: TLSProtocol) -> Bool { a.number < b.number }
}

/// `CombinedCertificateValidationContext`.
private struct CombinedValidation: MappedMessage {
    var context = CertificateValidationContext()
    var secret = SDSSecretConfig()

    init() {}

    init(_ context: CertificateValidationContext, _ secret: SDSSecretConfig) {
        self.context = context
        self.secret = secret
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("default_validation_context", &context, required: true)
        fields.message("validation_context_sds_secret_config", &secret, required: true)
    }
}
