import Document
import HTTPService
import Resources

/// Answers requests for the CustomResourceDefinitions the server is built with.
///
/// They are read-only.
struct DefinitionResponder: Sendable {
    private let service: ObjectService
    private let definitions: [Node]

    init(service: ObjectService) {
        self.service = service
        definitions = service.schemas.definitions.map { definition in
            var node = definition.node
            node.set(["metadata", "resourceVersion"], to: "1")
            return node
        }
    }

    /// Answers one request.
    func respond(
        _ request: HTTPRequest, _ target: RequestRoute.Target
    ) throws(ResourceError) -> HTTPResponse {
        guard request.method == "GET" else { throw .methodNotAllowed }
        let options = RequestOptions(request)
        let wantsTable = try options.wantsTable()
        let selection = try options.selection(target.type)
        let matching = definitions.filter { node in
            (selection.fields?.matches(node) ?? true)
                && (selection.labels?.matches(node.at("metadata", "labels")?.stringMap ?? [:]) ?? true)
                && (target.name == nil || node.at("metadata", "name")?.string == target.name)
        }
        if options.flag("watch") { return try watch(matching, options) }
        let version = String(service.store.version)
        if wantsTable {
            if let name = target.name, matching.isEmpty { throw .notFound(target.type, name) }
            return .node(
                Table(kind: target.type.kind).node(
                    of: matching, metadata: ["resourceVersion": Node(.string(version))],
                    include: try options.includeObject(), now: service.clock()))
        }
        if let name = target.name {
            guard let node = matching.first else { throw .notFound(target.type, name) }
            return .node(node)
        }
        return .node([
            "kind": Node(.string(target.type.listKind)), "apiVersion": Node(.string(target.type.apiVersion)),
            "metadata": ["resourceVersion": Node(.string(version))], "items": Node(.array(matching)),
        ])
    }

    /// They never change: a watch shows what there is, and ends in time.
    private func watch(_ nodes: [Node], _ options: RequestOptions) throws(ResourceError) -> HTTPResponse {
        let timeout = try options.timeout() ?? .seconds(600)
        let showsObjects = try options.resourceVersion() ?? 0 == 0
        return .stream(contentType: "application/json") { writer in
            do {
                for node in nodes where showsObjects {
                    try await writer.write(
                        JSON.bytes(["type": "ADDED", "object": node]) + [UInt8(ascii: "\n")])
                }
                try await Task.sleep(for: timeout)
            } catch {
                // The client left.
            }
        }
    }
}
