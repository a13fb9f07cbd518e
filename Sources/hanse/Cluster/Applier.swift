import Document
import KubernetesClient
import Reactor
import Resources

/// Applies manifests, one object at a time.
struct Applier {
    /// What became of one manifest.
    struct Result {
        var label: String
        var verb: String
        var object: Node
        var resource: APIResource
    }

    let session: ClusterSession
    let dryRun: DryRun
    let validation: String
    let isServerSide: Bool
    let isForced: Bool
    let manager: String?

    /// How often a write that lost a race is tried again.
    private static let attempts = 5

    func apply(_ manifest: Manifest) async throws(CommandFailure) -> Result {
        let resource = try await session.resource(of: manifest)
        if manifest.name.isEmpty {
            let hasPrefix = manifest.node.at("metadata", "generateName") != nil
            throw .message(
                hasPrefix
                    ? "from \(manifest.node.at("metadata", "generateName")?.string ?? ""): cannot use generate name with apply"
                    : "error when retrieving current configuration of \"\(manifest.source)\": resource name may not be empty"
            )
        }
        let namespace = try session.namespace(of: manifest, resource)
        var object = manifest.node
        if let namespace { object.set(["metadata", "namespace"], to: Node(namespace)) }
        if isServerSide { return try await applyOnServer(object, resource, namespace, manifest) }
        object.set(["metadata", "managedFields"], to: nil)
        let modified = LastApplied.annotated(object)
        var attempt = 1
        while true {
            do {
                return try await merge(modified, resource, namespace, manifest)
            } catch {
                guard case .api(.status(let status)) = error, status.isConflict, attempt < Self.attempts
                else {
                    throw error
                }
                attempt += 1
            }
        }
    }

    private func options(_ manager: String) -> APIClient.WriteOptions {
        APIClient.WriteOptions(
            fieldManager: self.manager ?? manager, fieldValidation: validation, isDryRun: dryRun == .server,
            isForced: isForced)
    }

    private func applyOnServer(
        _ object: Node, _ resource: APIResource, _ namespace: String?, _ manifest: Manifest
    ) async throws(CommandFailure) -> Result {
        let options = options("kubectl")
        do {
            let stored = try await ClusterSession.call { () async throws(APIError) in
                try await session.api.patch(
                    resource, namespace: namespace, name: manifest.name, kind: .apply, object, options)
            }
            return result(resource, manifest, "serverside-applied", stored)
        } catch {
            if case .api(.status(let status)) = error, status.code == 415 {
                throw .message("Server-side apply not available on the server: (\(status.message))")
            }
            throw error.inSource("applying", manifest.source)
        }
    }

    private func merge(
        _ modified: Node, _ resource: APIResource, _ namespace: String?, _ manifest: Manifest
    ) async throws(CommandFailure) -> Result {
        let options = options("kubectl-client-side-apply")
        let current: Node
        do {
            current = try await ClusterSession.call { () async throws(APIError) in
                try await session.api.get(resource, namespace: namespace, name: manifest.name)
            }
        } catch {
            guard error.isNotFound else {
                throw error.inSource("retrieving current configuration of", manifest.source)
            }
            if dryRun == .client { return result(resource, manifest, "created", modified) }
            do {
                let stored = try await ClusterSession.call { () async throws(APIError) in
                    try await session.api.create(resource, namespace: namespace, modified, options)
                }
                return result(resource, manifest, "created", stored)
            } catch {
                throw error.inSource("creating", manifest.source)
            }
        }
        let original = LastApplied.manifest(of: current)
        if original == nil {
            Output.stderr(
                "Warning: resource \(resource.plural)/\(manifest.name) is missing the \(LastApplied.annotation) annotation "
                    + "which is required by hanse apply. hanse apply should only be used on resources created "
                    + "declaratively by hanse apply. The missing annotation will be patched automatically.\n")
        }
        let merge = ThreeWayMerge(kind: resource.kind, isCustom: !resource.isBuiltIn)
        let desired = merge.merge(original: original, modified: modified, current: current)
        var patch = ThreeWayMerge.patch(from: current, to: desired)
        if patch.object?.isEmpty != false { return result(resource, manifest, "unchanged", current) }
        if dryRun == .client { return result(resource, manifest, "configured", desired) }
        if resource.isBuiltIn, let version = current.at("metadata", "resourceVersion") {
            // Lists were merged here by what we saw; a change in between must not be lost.
            patch.set(["metadata", "resourceVersion"], to: version)
        }
        let sent = patch
        do {
            let stored = try await ClusterSession.call { () async throws(APIError) in
                try await session.api.patch(
                    resource, namespace: namespace, name: manifest.name, kind: .merge, sent, options)
            }
            return result(resource, manifest, "configured", stored)
        } catch {
            throw error.inSource("applying patch to", manifest.source)
        }
    }

    private func result(
        _ resource: APIResource, _ manifest: Manifest, _ verb: String, _ object: Node
    ) -> Result {
        Result(
            label: "\(resource.qualifiedSingular)/\(manifest.name)", verb: verb, object: object,
            resource: resource)
    }
}
