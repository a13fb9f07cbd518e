/// `envoy.extensions.transport_sockets.tls.v3.TlsCertificate`.
public struct TLSCertificate: MappedMessage, Hashable {
    /// Leaf first, then intermediates; PEM.
    public var certificateChain = DataSource()
    /// PKCS#8 PEM, of the leaf.
    public var privateKey = DataSource()

    /// Without content.
    public init() {}

    /// A certificate and its key.
    public init(certificateChain: DataSource, privateKey: DataSource) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("certificate_chain", &certificateChain, required: true)
        fields.message("private_key", &privateKey, required: true)
    }
}

/// `SdsSecretConfig`: a Secret by name.
public struct SDSSecretConfig: MappedMessage {
    /// The Secret's name.
    public var name = ""
    /// Where it comes from.
    public var sdsConfig = ConfigSource()

    /// No name.
    public init() {}

    /// A Secret by name.
    public init(name: String, from sdsConfig: ConfigSource) {
        self.name = name
        self.sdsConfig = sdsConfig
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        fields.message("sds_config", &sdsConfig, required: true)
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.Secret`.
public struct Secret: MappedMessage, ConfigResource {
    /// The protobuf name.
    public static let messageName = "envoy.extensions.transport_sockets.tls.v3.Secret"

    /// The two kinds of the subset.
    public enum Content: Sendable, Equatable {
        /// A certificate with its key.
        case tlsCertificate(TLSCertificate)
        /// Trust.
        case validationContext(CertificateValidationContext)
    }

    /// By which SDS asks for it.
    public var name = ""
    /// What it holds.
    public var content = Content.validationContext(CertificateValidationContext())

    /// Without content.
    public init() {}

    /// A Secret from its parts.
    public init(name: String, _ content: Content) {
        self.name = name
        self.content = content
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        fields.oneOf(required: true) { fields in
            var certificate: TLSCertificate?
            var validation: CertificateValidationContext?
            switch content {
            case .tlsCertificate(let value): certificate = value
            case .validationContext(let value): validation = value
            }
            fields.alternative("tls_certificate", message: certificate) { content = .tlsCertificate($0) }
            fields.alternative("validation_context", message: validation) { content = .validationContext($0) }
        }
    }
}
