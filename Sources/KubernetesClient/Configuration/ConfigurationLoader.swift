import Bytes
import Document
import Reactor
import TLS

/// Finds and reads the description of the server that a process shall talk to.
public enum ConfigurationLoader {
    /// Where Kubernetes mounts the credentials of a pod.
    private static let serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The connection a command line asks for.
    ///
    /// Looks at the file given, else at the files of `KUBECONFIG` (separated by colons; missing ones are skipped,
    /// the first to say something wins), else at `~/.kube/config`, else at the credentials of a pod.
    public static func connection(
        kubeconfig: String?, context: String?
    ) throws(ConfigurationError) -> ClusterConnection {
        if let kubeconfig {
            return try load([kubeconfig], skipsMissing: false).connection(context: context, readFile: read)
        }
        if let list = Environment.get("KUBECONFIG"), !list.isEmpty {
            let paths = list.split(separator: ":").map(String.init)
            let found = paths.filter(FileSystem.exists)
            if found.isEmpty { throw ConfigurationError("KUBECONFIG: none of the files exists: \(list)") }
            return try load(found, skipsMissing: true).connection(context: context, readFile: read)
        }
        if let home = Environment.get("HOME"), FileSystem.exists("\(home)/.kube/config") {
            return try load(["\(home)/.kube/config"], skipsMissing: true)
                .connection(context: context, readFile: read)
        }
        if Environment.get("KUBERNETES_SERVICE_HOST") != nil { return try inCluster() }
        throw ConfigurationError("no kubeconfig, expected --kubeconfig FILE, KUBECONFIG or ~/.kube/config")
    }

    /// The connection of a process in a pod, by its service account.
    public static func inCluster() throws(ConfigurationError) -> ClusterConnection {
        guard let host = Environment.get("KUBERNETES_SERVICE_HOST"),
            let port = Environment.get("KUBERNETES_SERVICE_PORT"),
            let server = ServerURL("https://\(host.contains(":") ? "[\(host)]" : host):\(port)")
        else {
            throw ConfigurationError(
                "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
        }
        let pem = String(decoding: try read("\(serviceAccount)/ca.crt"), as: UTF8.self)
        let roots: [Certificate]
        do {
            roots = try Certificate.parseChain(pem: pem)
        } catch {
            throw ConfigurationError("\(serviceAccount)/ca.crt: \(error.message)")
        }
        let namespace = try? read("\(serviceAccount)/namespace")
        return ClusterConnection(
            server: server, roots: roots, credential: .tokenFile("\(serviceAccount)/token"),
            namespace: namespace.map { ASCII.trimmed(String(decoding: $0, as: UTF8.self)) } ?? "default")
    }

    /// Reads and merges kubeconfig files.
    static func load(_ paths: [String], skipsMissing: Bool) throws(ConfigurationError) -> Kubeconfig {
        var merged = Kubeconfig()
        for path in paths {
            if skipsMissing, !FileSystem.exists(path) { continue }
            do {
                merged.merge(
                    try Kubeconfig(try read(path), file: path, directory: FileSystem.parent(of: path)))
            } catch let error as DocumentError {
                throw ConfigurationError(error.description)
            } catch let error as ConfigurationError {
                throw error
            } catch {
                throw ConfigurationError("\(path): \(error)")
            }
        }
        return merged
    }

    /// Reads a file named in a kubeconfig.
    static func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
        do {
            return try FileSystem.read(path, limit: 4 << 20)
        } catch {
            throw ConfigurationError(error.description)
        }
    }
}
