import Document
import KubernetesClient

/// What the arguments of `get`, `delete` and `wait` name.
struct ResourceTarget: Sendable {
    var resource: APIResource
    /// The object; nil for all of a selection.
    var name: String?
    /// The namespace; nil for all, and for kinds without.
    var namespace: String?

    /// `configmap/a`, `servicemeshpeer.federation.maistra.io/west`.
    func label(_ name: String) -> String { "\(resource.qualifiedSingular)/\(name)" }
}

enum ResourceArguments {
    /// Reads `TYPE[,TYPE...] [NAME...]` or `TYPE/NAME...`.
    static func parse(
        _ arguments: [String], session: ClusterSession, allNamespaces: Bool = false
    ) async throws(CommandFailure) -> [ResourceTarget] {
        guard let first = arguments.first else {
            throw .usage(UsageError("you must specify the type of resource, as TYPE, TYPE NAME or TYPE/NAME"))
        }
        func namespace(_ resource: APIResource) -> String? {
            resource.isNamespaced && !allNamespaces ? session.namespace : nil
        }
        var targets: [ResourceTarget] = []
        if arguments.contains(where: { $0.contains("/") }) {
            for argument in arguments {
                let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw .message(
                        "there is no need to specify a resource type as a separate argument when passing arguments "
                            + "in resource/name form (e.g. '\(argument.contains("/") ? "TYPE/NAME" : argument + "/NAME")')"
                    )
                }
                guard let resource = try await session.resources(named: parts[0]).first else { continue }
                targets.append(
                    ResourceTarget(resource: resource, name: parts[1], namespace: namespace(resource)))
            }
        } else {
            for type in first.split(separator: ",").map(String.init) {
                for resource in try await session.resources(named: type) {
                    let names = arguments.dropFirst()
                    if names.isEmpty {
                        targets.append(
                            ResourceTarget(resource: resource, name: nil, namespace: namespace(resource)))
                    }
                    for name in names {
                        targets.append(
                            ResourceTarget(resource: resource, name: name, namespace: namespace(resource)))
                    }
                }
            }
        }
        if allNamespaces, targets.contains(where: { $0.name != nil && $0.resource.isNamespaced }) {
            throw .message("a resource cannot be retrieved by name across all namespaces")
        }
        return targets
    }

    /// The objects that manifest files name.
    static func parse(
        files: [String], isRecursive: Bool, session: ClusterSession
    ) async throws(CommandFailure) -> [ResourceTarget] {
        var targets: [ResourceTarget] = []
        for manifest in try ManifestReader.read(files, isRecursive: isRecursive) {
            let resource = try await session.resource(of: manifest)
            if manifest.name.isEmpty { throw .message("\(manifest.source): \(manifest.kind) without a name") }
            targets.append(
                ResourceTarget(
                    resource: resource, name: manifest.name,
                    namespace: try session.namespace(of: manifest, resource)))
        }
        return targets
    }
}
