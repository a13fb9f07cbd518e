import Document
import KubernetesClient
import Reactor
import Resources
import Synchronization

/// Why a command failed, put in the words kubectl uses.
enum CommandFailure: Error {
    /// What the server, or the way to it, says.
    case api(APIError)
    /// What was found wrong on this side; printed behind `error: `.
    case message(String)
    /// The command line cannot be understood.
    case usage(UsageError)

    /// The text for standard error, with its line end.
    var text: String {
        switch self {
        case .message(let message): "error: \(message)\n"
        case .usage(let error): "error: \(error.message)\n"
        case .api(.status(let error)): Self.text(of: error)
        case .api(.refused(let place)): APIError.refused(place: place).description + "\n"
        case .api(.connection(let place, let message)):
            APIError.connection(place: place, message).description + "\n"
        case .api(.timeout(let place)): APIError.timeout(place: place).description + "\n"
        case .api(let error): "error: \(error.description)\n"
        }
    }

    /// Exit code 2 for command lines, 1 for all else.
    var exitCode: Int32 {
        if case .usage = self { return ExitCode.usage }
        return ExitCode.failed
    }

    /// True for an object that is not there.
    var isNotFound: Bool {
        if case .api(.status(let error)) = self { return error.isNotFound }
        return false
    }

    /// The failure with the file it is about in its message.
    func inSource(_ verb: String, _ source: String) -> CommandFailure {
        switch self {
        case .api(.status(var error)) where error.reason != "Invalid":
            error.message = "error when \(verb) \"\(source)\": \(error.message)"
            return .api(.status(error))
        case .message(let message): return .message("error when \(verb) \"\(source)\": \(message)")
        default: return self
        }
    }

    private static func text(of error: ResourceError) -> String {
        switch error.reason {
        case "Unauthorized": return "error: You must be logged in to the server (Unauthorized)\n"
        case "Invalid":
            guard let details = error.details, !details.kind.isEmpty, !details.causes.isEmpty else { break }
            var causes: [String] = []
            for cause in details.causes where !causes.contains(cause.description) {
                causes.append(cause.description)
            }
            let head = "The \(details.kind) \"\(details.name)\" is invalid: "
            if causes.count == 1 { return head + causes[0] + "\n" }
            return head + "\n" + causes.map { "* \($0)\n" }.joined()
        case "": return "Error from server: \(error.message)\n"
        default: break
        }
        return "Error from server (\(error.reason)): \(error.message)\n"
    }
}

/// One server as one command line sees it.
final class ClusterSession: Sendable {
    /// The verbs.
    let api: APIClient
    /// The namespace of objects that name none.
    let namespace: String
    /// True when the command line named the namespace.
    let isNamespaceGiven: Bool
    private let catalog = Mutex<APICatalog?>(nil)

    /// The flags every command that talks to a server has.
    static let flags: [Flag] = [
        .value("kubeconfig", "FILE", "the kubeconfig to use instead of KUBECONFIG or ~/.kube/config"),
        .value("context", "NAME", "the context to use instead of the current one"),
        .value("namespace", short: "n", "NAME", "the namespace to use instead of the context's"),
    ]

    /// The session the flags ask for.
    init(_ flags: ParsedFlags) throws(CommandFailure) {
        do {
            let connection = try ConfigurationLoader.connection(
                kubeconfig: flags["kubeconfig"], context: flags["context"])
            let seen = Mutex<Set<String>>([])
            api = APIClient(try HTTPTransport(connection)) { text in
                if seen.withLock({ $0.insert(text).inserted }) { Output.stderr("Warning: \(text)\n") }
            }
            namespace = flags["namespace"] ?? connection.namespace
            isNamespaceGiven = flags["namespace"] != nil
        } catch {
            throw .message(error.message)
        }
    }

    /// What the server offers; asked once.
    func resources() async throws(CommandFailure) -> APICatalog {
        if let known = catalog.withLock({ $0 }) { return known }
        let found = try await Self.call { () async throws(APIError) in try await self.api.discover() }
        catalog.withLock { $0 = found }
        return found
    }

    /// The kind a manifest names.
    func resource(of manifest: Manifest) async throws(CommandFailure) -> APIResource {
        if let found = try await resources().find(apiVersion: manifest.apiVersion, kind: manifest.kind) {
            return found
        }
        throw .message(
            "resource mapping not found for name: \"\(manifest.name)\" namespace: \"\(manifest.namespace)\" "
                + "from \"\(manifest.source)\": no matches for kind \"\(manifest.kind)\" in version "
                + "\"\(manifest.apiVersion)\"\nensure CRDs are installed first")
    }

    /// The kinds a word on the command line names.
    func resources(named name: String) async throws(CommandFailure) -> [APIResource] {
        let found = try await resources().find(name: name)
        if found.isEmpty { throw .message("the server doesn't have a resource type \"\(name)\"") }
        return found
    }

    /// The namespace an object of a manifest lives in; nil for kinds without.
    func namespace(of manifest: Manifest, _ resource: APIResource) throws(CommandFailure) -> String? {
        guard resource.isNamespaced else { return nil }
        if manifest.namespace.isEmpty { return namespace }
        if isNamespaceGiven, manifest.namespace != namespace {
            throw .message(
                "the namespace from the provided object \"\(manifest.namespace)\" does not match the namespace "
                    + "\"\(namespace)\". You must pass '--namespace=\(manifest.namespace)' to perform this operation."
            )
        }
        return manifest.namespace
    }

    /// Runs a request and puts its error into the command's words.
    static func call<T: Sendable>(
        _ body: () async throws(APIError) -> T
    ) async throws(CommandFailure) -> T {
        do {
            return try await body()
        } catch {
            throw .api(error)
        }
    }
}

extension FlagSet {
    /// Reads the command line, runs `body` and prints its failure.
    func run(
        _ arguments: [String], failing body: (ParsedFlags) async throws(CommandFailure) -> Int32
    ) async -> Int32 {
        await run(arguments) { (flags) throws(UsageError) in
            do throws(CommandFailure) {
                return try await body(flags)
            } catch {
                if case .usage(let usage) = error { throw usage }
                Output.stderr(error.text)
                return error.exitCode
            }
        }
    }
}

/// Turns a usage error into the failure of a command.
func usage<T>(_ body: () throws(UsageError) -> T) throws(CommandFailure) -> T {
    do {
        return try body()
    } catch {
        throw .usage(error)
    }
}
