internal import Bytes
internal import Document
internal import EnvoyConfig
public import HTTPService

/// Who asks for configuration: what its token says.
public struct AuthorizedNode: Hashable, Sendable {
    /// The node whose configuration it may read.
    public var node: String
    /// The gateways whose certificates it may have.
    public var gateways: Set<String>

    /// A node with its gateways.
    public init(node: String, gateways: Set<String>) {
        self.node = node
        self.gateways = gateways
    }

    /// The gateways that a node's id names: `NODE/GATEWAY+GATEWAY`; nil for all of them, `NODE` alone.
    public static func gateways(ofNode id: String) -> Set<String>? {
        guard let slash = id.firstIndex(of: "/") else { return nil }
        return Set(id[id.index(after: slash)...].split(separator: "+").map(String.init))
    }

    /// True for the node itself and for a process that carries some of its gateways.
    public func mayRead(_ id: String) -> Bool {
        if id == node { return true }
        guard id.hasPrefix(node + "/"), let asked = Self.gateways(ofNode: id) else { return false }
        return !asked.isEmpty && asked.isSubset(of: gateways)
    }
}

/// The HTTP side of delivery: `POST /v3/discovery:clusters|endpoints|listeners|routes`, held until there is news.
public struct XDSHandler: Sendable {
    private let hub: DeliveryHub
    private let authorize: @Sendable (String) async -> AuthorizedNode?

    /// A handler over `hub`; `authorize` knows the bearer tokens and compares them in constant time.
    public init(hub: DeliveryHub, authorize: @escaping @Sendable (String) async -> AuthorizedNode?) {
        self.hub = hub
        self.authorize = authorize
    }

    /// True for the paths this handler answers.
    public static func answers(_ path: String) -> Bool { ResourceKind(path: path) != nil }

    /// Answers a poll: 200, 304, 400, 401, 403 or 405.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse {
        guard let kind = ResourceKind(path: request.path), kind != .secrets else {
            return .text("404 page not found\n", status: 404)
        }
        guard request.method == "POST" else { return .text("the method is POST\n", status: 405) }
        guard let token = request.bearerToken, let who = await authorize(token) else {
            return .text("a bearer token of this mesh is required\n", status: 401)
        }
        let question: DiscoveryRequest
        do {
            question = try DiscoveryRequest.read(try JSON.parse(request.body))
        } catch let error as DocumentError {
            return .text("\(error.findings.first?.description ?? "not JSON")\n", status: 400)
        } catch {
            return .text("\(error)\n", status: 400)
        }
        guard question.typeURL.isEmpty || question.typeURL == kind.typeURL else {
            return .text("type_url: must be \(kind.typeURL)\n", status: 400)
        }
        let node = question.identity.id
        guard who.mayRead(node) else {
            return .text("node.id: this token is for node \(who.node) and its gateways\n", status: 403)
        }
        switch await hub.poll(kind, question, node: node) {
        case .changed(let response): return .json(JSON.bytes(response.node))
        case .unchanged: return HTTPResponse(status: 304)
        }
    }
}
