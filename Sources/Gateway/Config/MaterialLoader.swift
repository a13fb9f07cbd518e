internal import EnvoyConfig
internal import Reactor
internal import TLS

/// Reads what configuration names by path, and notes the paths so that they can be watched.
struct MaterialLoader {
    /// Bytes of one certificate, key or secret file.
    static let maxFileBytes = 4 * 1024 * 1024

    private(set) var paths: Set<String> = []
    /// Secrets that came with the snapshot, by name.
    let secrets: [String: Secret]

    /// Why something cannot be used: the field, from the message that names it, and the reason.
    struct Failure: Error {
        var path: String
        var reason: String
    }

    init(secrets: [Secret] = []) {
        self.secrets = Dictionary(secrets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func text(_ source: DataSource, _ field: String) throws(Failure) -> String {
        switch source {
        case .inlineString(let text): return text
        case .filename(let path): return String(decoding: try read(path, field + ".filename"), as: UTF8.self)
        }
    }

    private mutating func read(_ path: String, _ field: String) throws(Failure) -> [UInt8] {
        paths.insert(path)
        do {
            return try FileSystem.read(path, limit: Self.maxFileBytes)
        } catch {
            throw Failure(path: field, reason: "\(error)")
        }
    }

    mutating func certificates(_ source: DataSource, _ field: String) throws(Failure) -> [Certificate] {
        let pem = try text(source, field)
        do {
            let chain = try Certificate.parseChain(pem: pem)
            guard !chain.isEmpty else { throw Failure(path: field, reason: "holds no certificate") }
            return chain
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(path: field, reason: "\(error)")
        }
    }

    mutating func identity(_ certificate: TLSCertificate, _ field: String) throws(Failure) -> TLSIdentity {
        let chain = try text(certificate.certificateChain, field + ".certificate_chain")
        let key = try text(certificate.privateKey, field + ".private_key")
        do {
            return try TLSIdentity(chainPEM: chain, keyPEM: key)
        } catch {
            throw Failure(path: field, reason: error.message)
        }
    }

    /// The secret a config source delivers: a file, or part of the snapshot.
    mutating func secret(_ config: SDSSecretConfig, _ field: String) throws(Failure) -> Secret {
        guard case .path(let source) = config.sdsConfig.specifier else {
            guard let secret = secrets[config.name] else {
                throw Failure(path: field, reason: "secret '\(config.name)' was not delivered")
            }
            return secret
        }
        if let directory = source.watchedDirectory { paths.insert(directory + "/..data") }
        let bytes = try read(source.path, field + ".sds_config.path_config_source.path")
        do throws(ConfigError) {
            let found = try DiscoveryResponse.parse(bytes, file: source.path, expecting: .secrets)
            for case .secret(let secret) in found.resources where secret.name == config.name { return secret }
        } catch {
            throw Failure(path: field, reason: "\(source.path): \(error)")
        }
        throw Failure(path: field, reason: "\(source.path) holds no secret '\(config.name)'")
    }

    mutating func identity(
        _ source: CommonTLSContext.CertificateSource, _ field: String
    ) throws(Failure) -> TLSIdentity {
        switch source {
        case .inline(let certificate): return try identity(certificate, field + ".tls_certificates[0]")
        case .sds(let config):
            let path = field + ".tls_certificate_sds_secret_configs[0]"
            guard case .tlsCertificate(let certificate) = try secret(config, path).content else {
                throw Failure(path: path, reason: "secret '\(config.name)' is no tls_certificate")
            }
            return try identity(certificate, path)
        }
    }
}
