import Document
import HTTPService
import Resources

/// Answers requests for stored objects.
struct ObjectResponder: Sendable {
    let service: ObjectService

    typealias Target = RequestRoute.Target

    /// Answers one request.
    func respond(_ request: HTTPRequest, _ target: Target) async throws(ResourceError) -> HTTPResponse {
        guard let key = target.key else {
            switch request.method {
            case "GET" where RequestOptions(request).flag("watch"): return try watch(request, target)
            case "GET": return try list(request, target)
            case "POST" where target.type.isNamespaced == !target.namespace.isEmpty:
                return try await create(request, target)
            case "DELETE" where target.type != .namespace: return try await deleteCollection(request, target)
            default: throw .methodNotAllowed
            }
        }
        if target.subresource == "scale" { return try await scale(request, target, key) }
        let part: ObjectService.Part = target.subresource == "status" ? .status : .main
        switch request.method {
        case "GET" where RequestOptions(request).flag("watch") && part == .main:
            return try watch(request, target)
        case "GET": return try get(request, target, key)
        case "PUT":
            let options = try RequestOptions(request).write(version: target.version)
            let body = try RequestBody.object(request)
            let answer = try await service.update(target.type, key, part: part, body: body, options: options)
            return .node(answer.node, warnings: answer.warnings)
        case "PATCH":
            let options = try RequestOptions(request).write(version: target.version)
            let (kind, patch) = try RequestBody.patch(request, target.type)
            let answer = try await service.patch(
                target.type, key, part: part, kind: kind, patch: patch, options: options)
            return .node(answer.node, warnings: answer.warnings)
        case "DELETE" where part == .main: return try await delete(request, target, key)
        default: throw .methodNotAllowed
        }
    }

    private func table(_ type: ResourceType, _ version: String) -> Table {
        type.isCustom
            ? Table(printerColumns: service.schemas.printerColumns(for: type, version: version))
            : Table(kind: type.kind)
    }

    private func get(
        _ request: HTTPRequest, _ target: Target, _ key: ObjectKey
    ) throws(ResourceError) -> HTTPResponse {
        let options = RequestOptions(request)
        let wantsTable = try options.wantsTable()
        let object = try service.get(target.type, key)
        let node = ObjectService.present(object.node, target.type, version: target.version)
        guard wantsTable else { return .node(node) }
        let metadata: Node = ["resourceVersion": Node(.string(String(object.version)))]
        return .node(
            table(target.type, target.version).node(
                of: [node], metadata: metadata, include: try options.includeObject(), now: service.clock()))
    }

    private func list(_ request: HTTPRequest, _ target: Target) throws(ResourceError) -> HTTPResponse {
        let options = RequestOptions(request)
        let wantsTable = try options.wantsTable()
        let selection = try options.selection(target.type)
        let (all, version) = service.store.list(
            target.type, namespace: target.namespace.isEmpty ? nil : target.namespace)
        if let wanted = try options.resourceVersion(), wanted > version {
            throw .tooLargeResourceVersion(
                requested: ResourceVersion(wanted), current: ResourceVersion(version))
        }
        let objects = selection.isEverything ? all : all.filter(selection.matches)
        if wantsTable {
            let nodes = objects.map {
                ObjectService.present($0.node, target.type, version: target.version)
            }
            let metadata: Node = ["resourceVersion": Node(.string(String(version)))]
            return .node(
                table(target.type, target.version).node(
                    of: nodes, metadata: metadata, include: try options.includeObject(), now: service.clock())
            )
        }
        return .object(json(of: objects, target, version))
    }

    /// The list as JSON, put together from the objects' own.
    private func json(of objects: [StoredObject], _ target: Target, _ version: UInt64) -> [UInt8] {
        let type = target.type
        let apiVersion = ResourceType.apiVersion(group: type.group, version: target.version)
        var json = Array(
            ("{\"kind\":\"\(type.listKind)\",\"apiVersion\":\"\(apiVersion)\","
                + "\"metadata\":{\"resourceVersion\":\"\(version)\"},\"items\":[").utf8)
        let isStorageVersion = target.version == type.versions.first
        for (index, object) in objects.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json +=
                isStorageVersion
                ? object.json
                : JSON.bytes(ObjectService.present(object.node, type, version: target.version))
        }
        return json + Array("]}".utf8)
    }

    private func create(_ request: HTTPRequest, _ target: Target) async throws(ResourceError) -> HTTPResponse
    {
        let options = try RequestOptions(request).write(version: target.version)
        let body = try RequestBody.object(request)
        let answer = try await service.create(
            target.type, namespace: target.namespace, body: body, options: options)
        return .node(answer.node, status: 201, warnings: answer.warnings)
    }

    private func delete(
        _ request: HTTPRequest, _ target: Target, _ key: ObjectKey
    ) async throws(ResourceError) -> HTTPResponse {
        let answer = try await service.delete(target.type, key, options: try RequestOptions(request).delete())
        let node = ObjectService.present(answer.node, target.type, version: target.version)
        if node.at("metadata", "deletionTimestamp") != nil { return .node(node) }
        var details: Node = ["name": Node(.string(key.name))]
        if !target.type.group.isEmpty { details["group"] = Node(.string(target.type.group)) }
        details["kind"] = Node(.string(target.type.plural))
        details["uid"] = node.at("metadata", "uid")
        return .node([
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
        ])
    }

    private func deleteCollection(
        _ request: HTTPRequest, _ target: Target
    ) async throws(ResourceError) -> HTTPResponse {
        let options = RequestOptions(request)
        let selection = try options.selection(target.type)
        let deletion = try options.delete()
        let (all, version) = service.store.list(
            target.type, namespace: target.namespace.isEmpty ? nil : target.namespace)
        let objects = all.filter(selection.matches)
        for object in objects {
            do throws(ResourceError) {
                _ = try await service.delete(target.type, object.id.key, options: deletion)
            } catch {
                if !error.isNotFound { throw error }
            }
        }
        return .object(json(of: objects, target, version))
    }

    private func watch(_ request: HTTPRequest, _ target: Target) throws(ResourceError) -> HTTPResponse {
        let options = RequestOptions(request)
        let wantsTable = try options.wantsTable()
        var selection = try options.selection(target.type)
        if let name = target.name {
            selection.fields = try FieldSelector("metadata.name=\(name)", target.type)
        }
        let version = try options.resourceVersion() ?? 0
        let wantsBookmarks = options.flag("allowWatchBookmarks")
        var start = version == 0 ? WatchStream.Start.objects : .version(version)
        if options.flag("sendInitialEvents") {
            guard request.queryValue("resourceVersionMatch") == "NotOlderThan", wantsBookmarks else {
                throw ResourceError(
                    code: 422, reason: "Invalid",
                    message:
                        "sendInitialEvents needs resourceVersionMatch=NotOlderThan and allowWatchBookmarks=true"
                )
            }
            let newest = service.store.version
            if version > newest {
                throw .tooLargeResourceVersion(
                    requested: ResourceVersion(version), current: ResourceVersion(newest))
            }
            start = .initialEvents
        }
        return WatchStream(
            service: service, type: target.type, version: target.version,
            namespace: target.namespace.isEmpty ? nil : target.namespace, selection: selection, start: start,
            wantsBookmarks: wantsBookmarks, timeout: try options.timeout(),
            table: wantsTable ? table(target.type, target.version) : nil, include: try options.includeObject()
        ).response
    }

    private func scale(
        _ request: HTTPRequest, _ target: Target, _ key: ObjectKey
    ) async throws(ResourceError) -> HTTPResponse {
        let current = Self.scale(of: try service.get(target.type, key).node)
        let options = try RequestOptions(request).write(version: target.version)
        let wanted: Node
        switch request.method {
        case "GET": return .node(current)
        case "PUT": wanted = try RequestBody.object(request)
        case "PATCH":
            let (kind, patch) = try RequestBody.patch(request, target.type)
            do throws(PatchError) {
                wanted =
                    kind == .json
                    ? try JSONPatch(patch).apply(to: current) : MergePatch.apply(patch, to: current)
            } catch {
                throw .badRequest(error.message)
            }
        default: throw .methodNotAllowed
        }
        guard let replicas = wanted.at("spec", "replicas")?.int else {
            throw .invalid(target.type, key.name, causes: [.required("spec.replicas")])
        }
        var patch: Node = ["spec": ["replicas": Node(.int(replicas))]]
        if let version = wanted.at("metadata", "resourceVersion") {
            patch["metadata"] = ["resourceVersion": version]
        }
        let answer = try await service.patch(target.type, key, kind: .merge, patch: patch, options: options)
        return .node(Self.scale(of: answer.node))
    }

    private static func scale(of object: Node) -> Node {
        var metadata = Object()
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[field] = object.at("metadata", field)
        }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": Node(.object(metadata)),
            "spec": ["replicas": object.at("spec", "replicas") ?? 0],
            "status": ["replicas": object.at("status", "replicas") ?? 0],
        ]
    }
}
