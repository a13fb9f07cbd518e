import Document
import HTTPCodec
public import HTTPService
import Resources
import Synchronization

/// The REST surface of the API server: what `kubectl`, `oc` and client libraries ask, over one object service.
public final class APIHandler: Sendable {
    let service: ObjectService
    private let authenticator: Authenticator
    private let openAPI: OpenAPIDocuments
    private let definitions: DefinitionResponder
    private let aggregated: [Bool: [UInt8]]
    private let objects: ObjectResponder
    private let address: String

    /// Makes the handler; `token` admits its bearer as administrator.
    init(service: ObjectService, token: [UInt8]?, address: String) {
        self.service = service
        self.address = address
        authenticator = Authenticator(token: token)
        let schemas = service.schemas
        openAPI = OpenAPIDocuments { type, version in schemas.openAPI(for: type, version: version) }
        definitions = DefinitionResponder(service: service)
        objects = ObjectResponder(service: service)
        aggregated = [
            true: JSON.bytes(DiscoveryDocuments.aggregated(core: true)),
            false: JSON.bytes(DiscoveryDocuments.aggregated(core: false)),
        ]
    }

    /// Answers one request.
    ///
    /// Every failure is an answer too.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(ResourceError) {
            return try await answer(request)
        } catch {
            return .failure(error)
        }
    }

    private func answer(_ request: HTTPRequest) async throws(ResourceError) -> HTTPResponse {
        let route = RequestRoute(request.pathSegments)
        switch route {
        case .health(let name): return health(name, request)
        case .version: return .json(Self.version)
        default: break
        }
        let user = try authenticator.user(of: request)
        guard user.isAdministrator else { throw forbidden(user, request) }
        switch route {
        case .health, .version: return .pageNotFound
        case .metrics: return metrics()
        case .discovery(let core): return discovery(core: core, request)
        case .group(let group): return document(DiscoveryDocuments.legacyGroup(group))
        case .resources(let group, let version):
            return document(DiscoveryDocuments.legacyResources(group, version))
        case .openAPIv2:
            var response = HTTPResponse(status: 200)
            response.headers.set(
                "Content-Type", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
            return response
        case .openAPIv3Index: return .json(openAPI.index)
        case .openAPIv3(let path): return openAPI.document(path).map { .json($0) } ?? .pageNotFound
        case .accessReview: return try accessReview(request)
        case .selfReview: return try selfReview(request, user)
        case .objects(let target) where target.type == .customResourceDefinition:
            return try definitions.respond(request, target)
        case .objects(let target): return try await objects.respond(request, target)
        case .unknown: return .pageNotFound
        }
    }

    private static let version = """
        {"major":"1","minor":"32","gitVersion":"v1.32.0","gitCommit":"","gitTreeState":"clean",\
        "buildDate":"1970-01-01T00:00:00Z","goVersion":"","compiler":"","platform":"linux/amd64"}
        """

    private func health(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        var response: HTTPResponse
        if request.query.contains(where: { $0.0 == "verbose" }) {
            response = .text("[+]ping ok\n[+]store ok\n\(name) check passed\n")
        } else {
            response = .text("ok")
        }
        response.headers.set("Cache-Control", "no-cache, private")
        return response
    }

    private func metrics() -> HTTPResponse {
        let store = service.store
        let text = """
            # HELP hanse_apiserver_objects Objects stored.
            # TYPE hanse_apiserver_objects gauge
            hanse_apiserver_objects \(store.count)
            # HELP hanse_apiserver_resource_version The newest version.
            # TYPE hanse_apiserver_resource_version counter
            hanse_apiserver_resource_version \(store.version)
            # HELP hanse_apiserver_watches Watches being answered.
            # TYPE hanse_apiserver_watches gauge
            hanse_apiserver_watches \(service.openWatches.load(ordering: .relaxed))
            # HELP hanse_apiserver_quarantined_files Files moved to the quarantine at start.
            # TYPE hanse_apiserver_quarantined_files gauge
            hanse_apiserver_quarantined_files \(store.quarantined.count)

            """
        var response = HTTPResponse.text(text)
        response.headers.set("Content-Type", "text/plain; version=0.0.4")
        return response
    }

    private func discovery(core: Bool, _ request: HTTPRequest) -> HTTPResponse {
        let clauses = (request.headers["accept"] ?? "").split(separator: ",")
        let wantsAggregated = clauses.contains { clause in
            let parts = clause.split(separator: ";").map { $0.filter { $0 != " " } }
            return parts.contains("v=v2") && parts.contains("as=APIGroupDiscoveryList")
        }
        guard wantsAggregated else {
            return document(
                core ? DiscoveryDocuments.legacyCore(address: address) : DiscoveryDocuments.legacyGroups())
        }
        var response = HTTPResponse.json(aggregated[core] ?? [])
        response.headers.set(
            "Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
        response.headers.set("Vary", "Accept")
        return response
    }

    private func document(_ node: Node?) -> HTTPResponse {
        node.map { .json(JSON.bytes($0)) } ?? .pageNotFound
    }

    private func accessReview(_ request: HTTPRequest) throws(ResourceError) -> HTTPResponse {
        guard request.method == "POST" else { throw .methodNotAllowed }
        let body = try RequestBody.object(request)
        return .node(
            [
                "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": [:],
                "spec": body["spec"] ?? [:], "status": ["allowed": true],
            ], status: 201)
    }

    private func selfReview(_ request: HTTPRequest, _ user: User) throws(ResourceError) -> HTTPResponse {
        guard request.method == "POST" else { throw .methodNotAllowed }
        _ = try RequestBody.object(request)
        let groups = (user.groups + ["system:authenticated"]).map { Node(.string($0)) }
        return .node(
            [
                "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1",
                "metadata": ["creationTimestamp": .null],
                "status": [
                    "userInfo": ["username": Node(.string(user.name)), "groups": Node(.array(groups))]
                ],
            ], status: 201)
    }

    private func forbidden(_ user: User, _ request: HTTPRequest) -> ResourceError {
        guard case .objects(let target) = RequestRoute(request.pathSegments) else {
            return ResourceError(
                code: 403, reason: "Forbidden",
                message: "forbidden: User \"\(user.name)\" cannot \(request.method.lowercased()) path "
                    + "\"\(request.path)\"", details: ResourceError.Details())
        }
        let verbs = ["POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"]
        let verb = verbs[request.method] ?? (target.name == nil ? "list" : "get")
        let place =
            target.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(target.namespace)\""
        return .forbidden(
            target.type, target.name ?? "",
            why: "User \"\(user.name)\" cannot \(verb) resource \"\(target.type.plural)\" in API group "
                + "\"\(target.type.group)\" \(place)")
    }
}
