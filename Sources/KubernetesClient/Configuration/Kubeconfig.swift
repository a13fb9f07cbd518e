import Bytes
public import Document

/// The clusters, users and contexts of one or several kubeconfig files.
public struct Kubeconfig: Sendable, Hashable {
    /// A value written in the file, or the path of a file that holds it.
    public enum Material: Sendable, Hashable {
        /// The bytes, from a `...-data` field.
        case data([UInt8])
        /// A path, made absolute by the folder of the kubeconfig.
        case file(String)
    }

    /// A server.
    public struct Cluster: Sendable, Hashable {
        /// The URL as written.
        public var server = ""
        /// The roots the server's certificate is checked against.
        public var certificateAuthority: Material?
        /// True when the server's certificate is not checked.
        public var skipsVerification = false
        /// The name the server's certificate must be made for, instead of the URL's host.
        public var serverName: String?
    }

    /// Credentials.
    public struct User: Sendable, Hashable {
        /// The client certificate chain.
        public var clientCertificate: Material?
        /// The key of the client certificate.
        public var clientKey: Material?
        /// A bearer token.
        public var token: String?
        /// A file with a bearer token; it is read anew when it changes and wins over `token`.
        public var tokenFile: String?
        /// A user name and password for basic authentication.
        public var username: String?
        /// The password that goes with `username`.
        public var password: String?
        /// The name of a way to log in that needs another program (`exec`, `auth-provider`).
        public var unsupported: String?
    }

    /// A cluster with the user and the namespace to use there.
    public struct Context: Sendable, Hashable {
        /// The name of the cluster.
        public var cluster = ""
        /// The name of the user; empty for none.
        public var user = ""
        /// The namespace of commands that name none; nil means `default`.
        public var namespace: String?
    }

    /// The clusters by name.
    public var clusters: [String: Cluster] = [:]
    /// The users by name.
    public var users: [String: User] = [:]
    /// The contexts by name.
    public var contexts: [String: Context] = [:]
    /// The context of commands that name none; empty when there is none.
    public var currentContext = ""

    /// A configuration without anything.
    public init() {}

    /// Reads one file.
    ///
    /// `directory` is the folder that relative paths in it start from.
    public init(_ bytes: [UInt8], file: String, directory: String) throws(DocumentError) {
        let documents = try YAML.parse(bytes, file: file)
        guard let node = documents.first else { return }
        var reader = KubeconfigReader(file: file, directory: directory)
        self = reader.read(node)
        if !reader.findings.isEmpty { throw DocumentError(findings: reader.findings) }
    }

    /// Adds what another file has; entries and the current context that are here already stay.
    public mutating func merge(_ other: Kubeconfig) {
        clusters.merge(other.clusters) { first, _ in first }
        users.merge(other.users) { first, _ in first }
        contexts.merge(other.contexts) { first, _ in first }
        if currentContext.isEmpty { currentContext = other.currentContext }
    }
}

/// Reads the fields of a kubeconfig and collects what is wrong.
private struct KubeconfigReader {
    let file: String
    let directory: String
    var findings: [Finding] = []

    mutating func read(_ node: Node) -> Kubeconfig {
        var result = Kubeconfig()
        guard node.object != nil else {
            findings.append(
                Finding(file: file, position: node.position, message: "not a kubeconfig, expected a mapping"))
            return result
        }
        if let kind = node["kind"], kind.string != "Config" {
            report(kind, FieldPath("kind"), "expected Config")
        }
        result.currentContext = string(node, "current-context", FieldPath()) ?? ""
        for (name, entry, path) in entries(node, "clusters", "cluster") where result.clusters[name] == nil {
            result.clusters[name] = cluster(entry, path)
        }
        for (name, entry, path) in entries(node, "users", "user") where result.users[name] == nil {
            result.users[name] = user(entry, path)
        }
        for (name, entry, path) in entries(node, "contexts", "context") where result.contexts[name] == nil {
            var context = Kubeconfig.Context()
            context.cluster = string(entry, "cluster", path) ?? ""
            context.user = string(entry, "user", path) ?? ""
            context.namespace = string(entry, "namespace", path)
            result.contexts[name] = context
        }
        return result
    }

    private mutating func cluster(_ entry: Node, _ path: FieldPath) -> Kubeconfig.Cluster {
        var cluster = Kubeconfig.Cluster()
        cluster.server = string(entry, "server", path) ?? ""
        cluster.certificateAuthority = material(entry, "certificate-authority", path)
        cluster.serverName = string(entry, "tls-server-name", path)
        if let flag = entry["insecure-skip-tls-verify"], !flag.isNull {
            if let bool = flag.bool {
                cluster.skipsVerification = bool
            } else {
                report(flag, path.appending("insecure-skip-tls-verify"), "expected true or false")
            }
        }
        return cluster
    }

    private mutating func user(_ entry: Node, _ path: FieldPath) -> Kubeconfig.User {
        var user = Kubeconfig.User()
        user.clientCertificate = material(entry, "client-certificate", path)
        user.clientKey = material(entry, "client-key", path)
        user.token = string(entry, "token", path)
        user.tokenFile = string(entry, "tokenFile", path).map(absolute)
        user.username = string(entry, "username", path)
        user.password = string(entry, "password", path)
        user.unsupported = ["exec", "auth-provider"].first { entry[$0]?.object != nil }
        return user
    }

    private mutating func entries(
        _ node: Node, _ list: String, _ member: String
    ) -> [(name: String, entry: Node, path: FieldPath)] {
        guard let value = node[list], !value.isNull else { return [] }
        guard let elements = value.array else {
            report(value, FieldPath(list), "expected a list")
            return []
        }
        var result: [(name: String, entry: Node, path: FieldPath)] = []
        for (index, element) in elements.enumerated() {
            let path = FieldPath(list).appending(index)
            guard let name = element["name"]?.string, !name.isEmpty else {
                report(element, path.appending("name"), "required")
                continue
            }
            result.append((name, element[member] ?? Node(Object()), path.appending(member)))
        }
        return result
    }

    private mutating func material(_ entry: Node, _ key: String, _ path: FieldPath) -> Kubeconfig.Material? {
        if let text = string(entry, key + "-data", path), !text.isEmpty {
            guard let bytes = Base64.decode(text) else {
                report(entry[key + "-data"] ?? entry, path.appending(key + "-data"), "not base64")
                return nil
            }
            return .data(bytes)
        }
        guard let name = string(entry, key, path), !name.isEmpty else { return nil }
        return .file(absolute(name))
    }

    private mutating func string(_ node: Node, _ key: String, _ path: FieldPath) -> String? {
        guard let value = node[key], !value.isNull else { return nil }
        if let string = value.string { return string }
        report(value, path.appending(key), "expected a string")
        return nil
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : "\(directory)/\(path)"
    }

    private mutating func report(_ node: Node, _ path: FieldPath, _ message: String) {
        findings.append(Finding(file: file, position: node.position, path: path, message: message))
    }
}
