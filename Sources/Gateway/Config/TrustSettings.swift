internal import EnvoyConfig
internal import TLS

/// Turns a validation context into what the TLS room checks.
enum TrustSettings {
    typealias Failure = MaterialLoader.Failure

    static func verification(
        _ source: CommonTLSContext.ValidationSource?, isServer: Bool, requiresCertificate: Bool,
        _ loader: inout MaterialLoader
    ) throws(Failure) -> PeerVerification {
        let base = "common_tls_context"
        guard let source else {
            // Without a context a server asks for no certificate and a client takes any, as Envoy does.
            return .none
        }
        var context: CertificateValidationContext
        let field: String
        switch source {
        case .inline(let value):
            context = value
            field = base + ".validation_context"
        case .sds(let config):
            field = base + ".validation_context_sds_secret_config"
            context = try validation(config, field, &loader)
        case .combined(let value, let config):
            field = base + ".combined_validation_context"
            let shared = try validation(config, field + ".validation_context_sds_secret_config", &loader)
            context = value
            context.trust = merged(value.trust, shared.trust)
            context.matchTypedSubjectAltNames += shared.matchTypedSubjectAltNames
        }
        return try verification(context, field, isServer, requiresCertificate, &loader)
    }

    /// Trust of a default context and of the secret merged into it, as protobuf merges messages.
    ///
    /// The secret's replaces the default's, and the two kinds stand beside each other, where a validator comes first.
    private static func merged(
        _ fallback: CertificateValidationContext.Trust?, _ secret: CertificateValidationContext.Trust?
    ) -> CertificateValidationContext.Trust? {
        if case .spiffe = fallback, case .trustedCA = secret { return fallback }
        return secret ?? fallback
    }

    private static func validation(
        _ config: SDSSecretConfig, _ field: String, _ loader: inout MaterialLoader
    ) throws(Failure) -> CertificateValidationContext {
        guard case .validationContext(let context) = try loader.secret(config, field).content else {
            throw Failure(path: field, reason: "secret '\(config.name)' is no validation_context")
        }
        return context
    }

    private static func verification(
        _ context: CertificateValidationContext, _ field: String, _ isServer: Bool,
        _ requiresCertificate: Bool, _ loader: inout MaterialLoader
    ) throws(Failure) -> PeerVerification {
        var uris: [String] = []
        var prefixes: [String] = []
        var name: String?
        for (index, matcher) in context.matchTypedSubjectAltNames.enumerated() {
            let path = "\(field).match_typed_subject_alt_names[\(index)]"
            guard !matcher.matcher.ignoreCase else {
                throw Failure(path: path + ".matcher.ignore_case", reason: "names are compared with case")
            }
            switch (matcher.sanType, matcher.matcher.pattern) {
            case (.uri, .exact(let text)): uris.append(text)
            case (.uri, .prefix(let text)) where !text.isEmpty: prefixes.append(text)
            case (.dns, .exact(let text)), (.ipAddress, .exact(let text)):
                guard !isServer, name == nil, context.matchTypedSubjectAltNames.count == 1 else {
                    throw Failure(
                        path: path + ".san_type", reason: "may stand alone in an upstream context only")
                }
                name = text
            case (.email, _): throw Failure(path: path + ".san_type", reason: "EMAIL is not supported")
            default: throw Failure(path: path + ".matcher", reason: "must be exact, or a prefix of a URI")
            }
        }
        let mode: PeerVerification.Mode
        switch context.trust {
        case .trustedCA(let source):
            mode = .roots(try loader.certificates(source, field + ".trusted_ca"))
        case .spiffe(let domains):
            var bundles: [String: [Certificate]] = [:]
            for (index, domain) in domains.enumerated() {
                bundles[domain.name] = try loader.certificates(
                    domain.trustBundle,
                    "\(field).custom_validator_config.typed_config.trust_domains[\(index)].trust_bundle")
            }
            mode = .spiffe(bundles)
        case nil:
            guard uris.isEmpty, prefixes.isEmpty, name == nil else {
                throw Failure(
                    path: field + ".match_typed_subject_alt_names",
                    reason: "needs trusted_ca or custom_validator_config")
            }
            guard !isServer || !requiresCertificate else {
                throw Failure(
                    path: field,
                    reason: "needs trusted_ca or custom_validator_config: client certificates are required")
            }
            return .none
        }
        return PeerVerification(
            mode: mode, allowedURISANs: uris, allowedURISANPrefixes: prefixes, serverName: name,
            requireClientCertificate: requiresCertificate)
    }

    static func version(_ version: TLSProtocol) -> TLSVersion { version == .v1_3 ? .v1_3 : .v1_2 }
}
