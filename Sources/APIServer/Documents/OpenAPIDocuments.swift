import Bytes
import Document
import Resources
import Synchronization

/// The OpenAPI v3 documents: enough for clients to see that the server validates fields, and for `explain`.
///
/// They are built when the first client asks, so that they cost a start nothing.
final class OpenAPIDocuments: Sendable {
    private struct Built {
        var index: [UInt8]
        var documents: [String: [UInt8]]
    }

    private let schema: @Sendable (ResourceType, _ version: String) -> Node?
    private let built = Mutex<Built?>(nil)

    /// Documents with the custom kinds' schemas that `schema` gives.
    init(schema: @escaping @Sendable (ResourceType, _ version: String) -> Node?) { self.schema = schema }

    /// The index at `/openapi/v3`.
    var index: [UInt8] { all().index }

    /// The document of a group version by its path, such as `api/v1` or `apis/apps/v1`.
    func document(_ path: String) -> [UInt8]? { all().documents[path] }

    private func all() -> Built {
        built.withLock { built in
            if let built { return built }
            let new = build()
            built = new
            return new
        }
    }

    private func build() -> Built {
        var documents: [String: [UInt8]] = [:]
        var paths = Object()
        for group in ResourceType.groups {
            for version in DiscoveryDocuments.versions(of: group) {
                let path = Self.path(group, version)
                let bytes = JSON.bytes(Self.document(group, version, schema))
                documents[path] = bytes
                let hash = Hex.encode(
                    (0..<8).map { UInt8(truncatingIfNeeded: FNV1.hash64a(bytes) >> ($0 * 8)) })
                paths[path] = ["serverRelativeURL": Node(.string("/openapi/v3/\(path)?hash=\(hash)"))]
            }
        }
        return Built(index: JSON.bytes(["paths": Node(.object(paths))]), documents: documents)
    }

    private static func path(_ group: String, _ version: String) -> String {
        group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)"
    }

    private static func document(
        _ group: String, _ version: String, _ schema: (ResourceType, String) -> Node?
    ) -> Node {
        var paths = Object()
        var schemas = Object()
        for type in DiscoveryDocuments.types(group, version) {
            let kind: Node = [
                "group": Node(.string(group)), "version": Node(.string(version)),
                "kind": Node(.string(type.kind)),
            ]
            let scope = type.isNamespaced ? "/namespaces/{namespace}" : ""
            let parameter: Node = ["name": "fieldValidation", "in": "query", "schema": ["type": "string"]]
            if type.isWritable {
                paths["/\(path(group, version))\(scope)/\(type.plural)/{name}"] = [
                    "patch": [
                        "parameters": [parameter], "responses": [:],
                        "x-kubernetes-group-version-kind": kind,
                    ]
                ]
            }
            var model = schema(type, version) ?? ["type": "object"]
            var properties = model["properties"] ?? [:]
            let text: Node = ["type": "string"]
            properties["apiVersion"] = properties["apiVersion"] ?? text
            properties["kind"] = properties["kind"] ?? text
            properties["metadata"] = ["type": "object"]
            model["properties"] = properties
            model["x-kubernetes-group-version-kind"] = [kind]
            schemas[modelName(type, version)] = model
        }
        return [
            "openapi": "3.0.0", "info": ["title": "Hanse", "version": "v1"], "paths": Node(.object(paths)),
            "components": ["schemas": Node(.object(schemas))],
        ]
    }

    /// `io.maistra.federation.v1.ServiceMeshPeer`: the group's parts in reverse, version, kind.
    private static func modelName(_ type: ResourceType, _ version: String) -> String {
        let group = type.group.isEmpty ? "core.api.k8s.io" : type.group
        return (group.split(separator: ".").reversed().map(String.init) + [version, type.kind])
            .joined(separator: ".")
    }
}
