import Document
import HTTPCodec
import KubernetesClient
import Resources
import Synchronization
import Testing

@Suite struct KubernetesClientTests {
    let server = FakeServer()
    var client: KubernetesClient { KubernetesClient(server) }
    let key = ObjectKey(namespace: "lab", name: "west")
    static let peerPath = "/apis/federation.maistra.io/v1/namespaces/lab/servicemeshpeers"

    @Test func readsAnObject() async throws {
        server.answer(
            "GET \(Self.peerPath)/west", .init(body: ["metadata": ["name": "west", "resourceVersion": "7"]]))
        let peer = try await client.get(.serviceMeshPeer, key)
        #expect(peer.name == "west")
        #expect(peer.resourceVersion == ResourceVersion(7))
        #expect(peer.node["kind"] == "ServiceMeshPeer")
    }

    @Test func errorsAreTheServersWords() async {
        let status: Node = [
            "kind": "Status", "status": "Failure",
            "message": "servicemeshpeers.federation.maistra.io \"west\" not found",
            "reason": "NotFound", "code": 404,
            "details": ["name": "west", "causes": [["reason": "r", "message": "m", "field": "f"]]],
        ]
        server.answer("GET \(Self.peerPath)/west", .init(status: 404, body: status))
        let error = await #expect(throws: ResourceError.self) { try await client.get(.serviceMeshPeer, key) }
        #expect(error?.isNotFound == true)
        #expect(error?.causes.first?.field == "f")
    }

    @Test(arguments: [
        (401, "Unauthorized"), (404, "NotFound"), (410, "Expired"), (503, "ServiceUnavailable"),
        (500, "InternalError"),
    ])
    func errorsWithoutStatusGetTheirReason(code: Int, reason: String) async {
        server.answer("GET \(Self.peerPath)/west", .init(status: code, body: "plain"))
        let error = await #expect(throws: ResourceError.self) { try await client.get(.serviceMeshPeer, key) }
        #expect(error?.code == code)
        #expect(error?.reason == reason)
    }

    @Test func aServerThatIsDownIsUnavailable() async {
        let error = await #expect(throws: ResourceError.self) {
            try await client.get(.namespace, ObjectKey(namespace: "", name: "x"))
        }
        #expect(error?.code == 503)
        #expect(
            error?.message
                == "The connection to the server fake:6443 was refused - did you specify the right host or port?"
        )
    }

    @Test func longListsArePutTogether() async throws {
        server.answer(
            "GET /api/v1/configmaps?labelSelector=a%3Db&limit=500",
            .init(body: [
                "metadata": ["resourceVersion": "9", "continue": "c/1"],
                "items": [["metadata": ["name": "b", "namespace": "n"]]],
            ]))
        server.answer(
            "GET /api/v1/configmaps?labelSelector=a%3Db&limit=500&continue=c%2F1",
            .init(body: [
                "metadata": ["resourceVersion": "9"],
                "items": [["metadata": ["name": "a", "namespace": "n"]]],
            ]))
        let list = try await client.list(
            .configMap, namespace: nil, selector: LabelSelector(matchLabels: ["a": "b"]))
        #expect(list.items.map(\.name) == ["a", "b"])
        #expect(list.resourceVersion == ResourceVersion(9))
    }

    @Test func writesNameTheirManagerAndVersion() async throws {
        let gateway = Resource(
            type: .gateway,
            node: [
                "apiVersion": "networking.istio.io/v1alpha3", "kind": "Gateway",
                "metadata": ["name": "g", "namespace": "lab"],
            ])
        let path = "/apis/networking.istio.io/v1alpha3/namespaces/lab/gateways"
        server.answer("POST \(path)?fieldManager=hanse", .init(status: 201, body: gateway.node))
        server.answer("PUT \(path)/g?fieldManager=hanse", .init(body: gateway.node))
        server.answer("PUT \(path)/g/status?fieldManager=hanse", .init(body: gateway.node))
        #expect(try await client.create(gateway).name == "g")
        _ = try await client.update(gateway)
        _ = try await client.updateStatus(gateway)
        #expect(server.last?.contentType == "application/json")
    }

    @Test func patchesCarryTheirType() async throws {
        server.answer("PATCH \(Self.peerPath)/west?fieldManager=hanse", .init(body: [:]))
        _ = try await client.patch(.serviceMeshPeer, key, kind: .merge, patch: ["spec": ["x": .null]])
        #expect(server.last?.contentType == "application/merge-patch+json")
        #expect(server.last.map { String(decoding: $0.body, as: UTF8.self) } == #"{"spec":{"x":null}}"#)
    }

    @Test func deletesCanAskForOneUID() async throws {
        server.answer("DELETE \(Self.peerPath)/west", .init(body: ["kind": "Status", "status": "Success"]))
        try await client.delete(.serviceMeshPeer, key, preconditionUID: "u1")
        let body = try JSON.parse(server.last?.body ?? [])
        #expect(body.at("preconditions", "uid") == "u1")
    }

    static let watchTarget =
        "GET /api/v1/namespaces/lab/configmaps?watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=290"

    @Test func eventsMayComeInAnyPieces() async throws {
        let text =
            #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"6"}}}"# + "\n\r\n"
            + #"{"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"7"}}}"# + "\n"
            + #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}}"# + "\n"
            + #"{"type":"NEW","object":{}}"# + "\n"
            + #"{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"9"}}}"# + "\n"
        for size in [1, 7, 60, 1000] {
            let server = FakeServer()
            var rest = text[...]
            var pieces: [String] = []
            while !rest.isEmpty {
                pieces.append(String(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            server.answer(Self.watchTarget, .init(pieces: pieces))
            let watch = try await KubernetesClient(server).watch(
                .configMap, namespace: "lab", from: ResourceVersion(5))
            var versions: [UInt64] = []
            while let event = try await watch.next() { versions.append(event.resourceVersion?.value ?? 0) }
            #expect(versions == [6, 7, 8, 9])
        }
    }

    @Test func anExpiredVersionIsSaidAtOnceOrLater() async throws {
        let status: Node = [
            "kind": "Status", "status": "Failure", "message": "too old resource version: 1 (534)",
            "reason": "Expired", "code": 410,
        ]
        server.answer(Self.watchTarget, .init(status: 410, body: status))
        let now = await #expect(throws: ResourceError.self) {
            try await client.watch(.configMap, namespace: "lab", from: ResourceVersion(5))
        }
        #expect(now?.isExpired == true)

        let second = FakeServer()
        second.answer(
            Self.watchTarget, .init(pieces: [JSON.serialize(["type": "ERROR", "object": status]) + "\n"]))
        let watch = try await KubernetesClient(second).watch(
            .configMap, namespace: "lab", from: ResourceVersion(5))
        let later = await #expect(throws: ResourceError.self) { try await watch.next() }
        #expect(later?.isExpired == true)
    }

    @Test func aCancelledWatchEnds() async throws {
        server.answer(Self.watchTarget, .init(pieces: [#"{"type":"ADDED","object":{}}"# + "\n"]))
        let watch = try await client.watch(.configMap, namespace: "lab", from: ResourceVersion(5))
        watch.cancel()
        #expect(try await watch.next() == nil)
    }

    @Test func garbageInAWatchIsAnError() async throws {
        server.answer(Self.watchTarget, .init(pieces: ["{nope}\n"]))
        let watch = try await client.watch(.configMap, namespace: "lab", from: ResourceVersion(5))
        await #expect(throws: ResourceError.self) { try await watch.next() }
    }

    @Test func warningsAreHeard() async throws {
        let heard = Mutex<[String]>([])
        var headers = HTTPHeaders()
        headers.add("Warning", #"299 - "unknown field \"spec.x\"""#)
        headers.add("Warning", #"299 - "second""#)
        server.answer("GET /api/v1/namespaces/x", .init(headers: headers, body: [:]))
        let api = APIClient(server) { text in heard.withLock { $0.append(text) } }
        _ = try await api.get(APIResource(.namespace), namespace: nil, name: "x")
        #expect(heard.withLock { $0 } == ["unknown field \"spec.x\"", "second"])
    }

    @Test func discoveryReadsBothForms() async throws {
        let legacy = FakeServer()
        legacy.answer("GET /api", .init(body: ["kind": "APIVersions", "versions": ["v1"]]))
        legacy.answer(
            "GET /api/v1",
            .init(body: [
                "groupVersion": "v1",
                "resources": [
                    [
                        "name": "configmaps", "singularName": "configmap", "namespaced": true,
                        "kind": "ConfigMap", "shortNames": ["cm"],
                    ],
                    ["name": "namespaces/status", "kind": "Namespace"],
                ],
            ]))
        legacy.answer(
            "GET /apis",
            .init(body: [
                "kind": "APIGroupList",
                "groups": [["versions": [["groupVersion": "a.b/v2"], ["groupVersion": "gone/v1"]]]],
            ]))
        legacy.answer(
            "GET /apis/a.b/v2",
            .init(body: [
                "groupVersion": "a.b/v2",
                "resources": [
                    [
                        "name": "things", "singularName": "thing", "namespaced": false, "kind": "Thing",
                        "categories": ["all"], "verbs": ["list"],
                    ]
                ],
            ]))
        legacy.answer("GET /apis/gone/v1", .init(status: 503, body: [:]))
        let catalog = try await APIClient(legacy).discover()
        #expect(catalog.resources.map(\.qualifiedPlural) == ["configmaps", "things.a.b"])
        #expect(catalog.find(name: "CM").first?.kind == "ConfigMap")
        #expect(catalog.find(name: "thing.a.b").first?.apiVersion == "a.b/v2")
        #expect(catalog.find(name: "things.v2.a.b").count == 1)
        #expect(catalog.find(name: "things.v1.a.b").isEmpty)
        #expect(catalog.find(name: "all").map(\.kind) == ["Thing"])
        #expect(catalog.find(apiVersion: "a.b/v2", kind: "Thing")?.isNamespaced == false)

        let aggregated = try #require(
            APICatalog(aggregated: [
                "kind": "APIGroupDiscoveryList",
                "items": [
                    [
                        "metadata": ["name": "a.b"],
                        "versions": [
                            [
                                "version": "v2",
                                "resources": [
                                    [
                                        "resource": "things", "responseKind": ["kind": "Thing"],
                                        "scope": "Cluster", "singularResource": "thing", "verbs": ["list"],
                                        "categories": ["all"],
                                    ]
                                ],
                            ]
                        ],
                    ]
                ],
            ]))
        #expect(aggregated.resources == catalog.resources.filter { $0.group == "a.b" })
    }

    @Test func pathsAreEncoded() {
        let resource = APIResource(.configMap)
        #expect(resource.path(namespace: "a b", name: "x/y") == "/api/v1/namespaces/a%20b/configmaps/x%2Fy")
        #expect(resource.path(namespace: nil) == "/api/v1/configmaps")
        #expect(
            APIResource(.namespace).path(namespace: "ignored", name: "n", subresource: "status")
                == "/api/v1/namespaces/n/status")
    }
}
