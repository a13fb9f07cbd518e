public import TLS

/// All that is needed to talk to one API server.
public struct ClusterConnection: Sendable {
    /// How requests prove who sends them, besides the client certificate.
    public enum Credential: Sendable, Hashable {
        /// Not at all.
        case none
        /// By a bearer token.
        case token(String)
        /// By the bearer token in a file, which is read again when it changes.
        case tokenFile(String)
        /// By user name and password.
        case basic(username: String, password: String)
    }

    /// The server.
    public var server: ServerURL
    /// The roots its certificate is checked against; empty only when it is not checked.
    public var roots: [Certificate]
    /// True when the server's certificate is not checked.
    public var skipsVerification: Bool
    /// The name the certificate must be made for; nil means the URL's host.
    public var serverName: String?
    /// The client certificate.
    public var identity: TLSIdentity?
    /// What requests carry.
    public var credential: Credential
    /// The namespace of commands that name none.
    public var namespace: String

    /// Makes a description of a server.
    public init(
        server: ServerURL, roots: [Certificate] = [], skipsVerification: Bool = false,
        serverName: String? = nil,
        identity: TLSIdentity? = nil, credential: Credential = .none, namespace: String = "default"
    ) {
        self.server = server
        self.roots = roots
        self.skipsVerification = skipsVerification
        self.serverName = serverName
        self.identity = identity
        self.credential = credential
        self.namespace = namespace
    }

    /// The configuration of the TLS client, nil for `http`.
    public var tls: TLSClientConfiguration? {
        guard server.isSecure else { return nil }
        let verification =
            skipsVerification
            ? PeerVerification.none
            : PeerVerification(mode: .roots(roots), serverName: serverName ?? server.host)
        return TLSClientConfiguration(
            identity: identity, verification: verification, minimumVersion: .v1_2, alpn: ["http/1.1"])
    }
}

extension Kubeconfig {
    /// The server a context names; nil takes the current context.
    ///
    /// `readFile` reads the files that the entries name.
    public func connection(
        context name: String?, readFile: (String) throws(ConfigurationError) -> [UInt8]
    ) throws(ConfigurationError) -> ClusterConnection {
        let contextName = name ?? currentContext
        if contextName.isEmpty {
            throw ConfigurationError("no current-context in the kubeconfig, expected one or --context")
        }
        guard let context = contexts[contextName] else {
            throw ConfigurationError("context \"\(contextName)\" does not exist")
        }
        guard let cluster = clusters[context.cluster] else {
            throw ConfigurationError(
                "cluster \"\(context.cluster)\" of context \"\(contextName)\" does not exist")
        }
        guard let server = ServerURL(cluster.server) else {
            throw ConfigurationError(
                "cluster \"\(context.cluster)\": server \"\(cluster.server)\" is not a URL, "
                    + "expected https://HOST:PORT")
        }
        var connection = ClusterConnection(server: server, namespace: context.namespace ?? "default")
        connection.skipsVerification = cluster.skipsVerification
        connection.serverName = cluster.serverName
        if let material = cluster.certificateAuthority {
            if cluster.skipsVerification {
                throw ConfigurationError(
                    "cluster \"\(context.cluster)\": certificate-authority and insecure-skip-tls-verify "
                        + "exclude each other")
            }
            let pem = try text(material, "certificate-authority of cluster \"\(context.cluster)\"", readFile)
            connection.roots = try tls("certificate-authority of cluster \"\(context.cluster)\"") {
                () throws(TLSError) in try Certificate.parseChain(pem: pem)
            }
        } else if server.isSecure, !cluster.skipsVerification {
            throw ConfigurationError(
                "cluster \"\(context.cluster)\" has no certificate-authority, "
                    + "expected one or insecure-skip-tls-verify: true")
        }
        if !context.user.isEmpty {
            guard let user = users[context.user] else {
                throw ConfigurationError(
                    "user \"\(context.user)\" of context \"\(contextName)\" does not exist")
            }
            try add(user, named: context.user, to: &connection, readFile)
        }
        return connection
    }

    private func add(
        _ user: User, named name: String, to connection: inout ClusterConnection,
        _ readFile: (String) throws(ConfigurationError) -> [UInt8]
    ) throws(ConfigurationError) {
        if let way = user.unsupported {
            throw ConfigurationError(
                "user \"\(name)\" logs in by \(way), which is not supported; expected a client certificate or a token"
            )
        }
        switch (user.clientCertificate, user.clientKey) {
        case (let certificate?, let key?):
            let chain = try text(certificate, "client-certificate of user \"\(name)\"", readFile)
            let keyText = try text(key, "client-key of user \"\(name)\"", readFile)
            connection.identity = try tls("client certificate of user \"\(name)\"") { () throws(TLSError) in
                try TLSIdentity(chainPEM: chain, keyPEM: keyText)
            }
        case (nil, nil): break
        case (_?, nil):
            throw ConfigurationError("user \"\(name)\" has a client-certificate but no client-key")
        case (nil, _?):
            throw ConfigurationError("user \"\(name)\" has a client-key but no client-certificate")
        }
        if let file = user.tokenFile, !file.isEmpty {
            connection.credential = .tokenFile(file)
        } else if let token = user.token, !token.isEmpty {
            connection.credential = .token(token)
        } else if let username = user.username, !username.isEmpty {
            connection.credential = .basic(username: username, password: user.password ?? "")
        }
    }

    private func text(
        _ material: Material, _ what: String, _ readFile: (String) throws(ConfigurationError) -> [UInt8]
    ) throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        switch material {
        case .data(let data): bytes = data
        case .file(let path): bytes = try readFile(path)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError("\(what) is not text, expected PEM")
        }
        return text
    }

    private func tls<T>(
        _ what: String, _ body: () throws(TLSError) -> T
    ) throws(ConfigurationError) -> T {
        do {
            return try body()
        } catch {
            throw ConfigurationError("\(what): \(error.message)")
        }
    }
}
