internal import Bytes
internal import Document
public import EnvoyConfig
internal import Reactor
internal import TLS

/// Keeps a gateway's certificates: makes keys that never leave this host, has them signed, and writes the SDS files that
/// the configuration names.
///
/// Each renewal, at half of the certificate's life, makes a fresh key. The SDS file is switched by one rename, so key
/// and certificate always fit.
public actor IdentityAgent {
    private let connection: ControlPlaneConnection
    private let directory: String
    private var renewals: [String: Task<Void, Never>] = [:]

    /// An agent that writes into `directory`, mode 0700.
    public init(connection: ControlPlaneConnection, directory: String) throws {
        self.connection = connection
        self.directory = directory
        try FileSystem.makeDirectory(directory, mode: 0o700)
    }

    /// Sees to it that every certificate a configuration names is there before it is applied.
    ///
    /// Answers what could not be had.
    public func prepare(_ snapshot: Snapshot) async -> [String] {
        var faults: [String] = []
        for name in snapshot.certificateNames.sorted() {
            guard Self.isFileName(name) else {
                faults.append("Secret '\(name)': is not a gateway's name")
                continue
            }
            if renewals[name] != nil { continue }
            if let left = remaining(name) {
                follow(name, after: left)
                continue
            }
            do {
                follow(name, after: try await issue(name))
            } catch {
                faults.append("Secret '\(name)': \(error)")
            }
        }
        return faults
    }

    /// Ends the renewals.
    public func stop() {
        for task in renewals.values { task.cancel() }
        renewals = [:]
    }

    private func follow(_ name: String, after delay: Duration) {
        renewals[name] = Task { await self.renew(name, after: delay) }
    }

    private func renew(_ name: String, after delay: Duration) async {
        var delay = delay
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: delay)
                delay = try await issue(name)
                Log.info("identity", "certificate renewed", ["gateway": name])
            } catch {
                if Task.isCancelled { return }
                Log.warning("identity", "no new certificate yet", ["gateway": name, "error": "\(error)"])
                delay = .seconds(5) + .milliseconds(Int.random(in: 0...2_500))
            }
        }
    }

    /// The time until a stored certificate is due; nil when there is none, or none that can still be used.
    private func remaining(_ name: String) -> Duration? {
        guard let bytes = try? FileSystem.read(path(name, "json")),
            let node = try? JSON.parse(bytes),
            let response = try? DiscoveryResponse.read(node, expecting: .secrets),
            case .secret(let secret)? = response.resources.first,
            case .tlsCertificate(let pair) = secret.content,
            let file = pair.certificateChain.path, let keyFile = pair.privateKey.path,
            let text = try? FileSystem.read(file), let keyText = try? FileSystem.read(keyFile),
            let chain = try? Certificate.parseChain(pem: String(decoding: text, as: UTF8.self)),
            let key = try? PrivateKey(pem: String(decoding: keyText, as: UTF8.self)),
            let leaf = chain.first, leaf.matches(key), connection.isIssuer(of: chain)
        else { return nil }
        let now = Clock.wall().seconds
        guard leaf.notBefore.seconds <= now, now < leaf.notAfter.seconds else { return nil }
        return Self.renewal(of: leaf, now: now)
    }

    /// Half of the life, less up to a tenth of it so that gateways do not renew all at once; never below one second.
    static func renewal(of leaf: Certificate, now: Int64) -> Duration {
        // The controller dates its leaves back by five minutes, which do not count as life.
        let backdated = leaf.notBefore.seconds + 300
        let begin = backdated < leaf.notAfter.seconds ? backdated : leaf.notBefore.seconds
        let life = leaf.notAfter.seconds - begin
        let jitter = Int64.random(in: 0...max(1, life / 20))
        return .seconds(max(1, begin + life / 2 - jitter - now))
    }

    private func issue(_ name: String) async throws -> Duration {
        let identity = try await connection.identity(gateway: name)
        let key = try PrivateKey.generateP256()
        let chain = try await connection.certificate(gateway: name, csr: CSR.make(key: key, uri: identity))
        let text = chain.joined()
        guard let leaf = try Certificate.parseChain(pem: text).first, leaf.matches(key) else {
            throw ControlPlaneError(description: "the certificate is not for the key it was asked for")
        }
        let stem = "\(name).\(leaf.serialNumberHex.suffix(16))"
        let certificateFile = "\(directory)/\(stem).pem"
        let keyFile = "\(directory)/\(stem).key"
        let secret = Secret(
            name: name,
            .tlsCertificate(
                TLSCertificate(certificateChain: .filename(certificateFile), privateKey: .filename(keyFile))))
        let response = DiscoveryResponse(
            versionInfo: leaf.serialNumberHex, kind: .secrets, resources: [.secret(secret)])
        try FileSystem.writeAtomically(keyFile, Array(try key.pem().utf8), mode: 0o600)
        try FileSystem.writeAtomically(certificateFile, Array(text.utf8), mode: 0o600)
        try FileSystem.writeAtomically(path(name, "json"), JSON.bytes(response.node), mode: 0o600)
        removeOld(name, keeping: stem)
        return Self.renewal(of: leaf, now: Clock.wall().seconds)
    }

    /// Keys of earlier certificates are of no use to anyone but a thief.
    private func removeOld(_ name: String, keeping stem: String) {
        for file in (try? FileSystem.list(directory)) ?? []
        where file.hasPrefix(name + ".") && (file.hasSuffix(".key") || file.hasSuffix(".pem"))
            && !file.hasPrefix(stem + ".")
            && file.split(separator: ".").count == stem.split(separator: ".").count + 1
        {
            _ = try? FileSystem.remove("\(directory)/\(file)")
        }
    }

    /// Names become file names: those of Kubernetes objects do, others might leave the directory.
    private static func isFileName(_ name: String) -> Bool {
        (1...253).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private func path(_ name: String, _ suffix: String) -> String { "\(directory)/\(name).\(suffix)" }
}

extension Snapshot {
    /// The names of the certificates that come from SDS files.
    var certificateNames: Set<String> {
        var names: Set<String> = []
        func add(_ common: CommonTLSContext?) {
            if case .sds(let config)? = common?.certificate, case .path = config.sdsConfig.specifier {
                names.insert(config.name)
            }
        }
        for listener in listeners {
            for chain in listener.filterChains { add(chain.transportSocket?.common) }
        }
        for cluster in clusters { add(cluster.transportSocket?.common) }
        return names
    }
}
