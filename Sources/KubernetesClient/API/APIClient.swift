import Bytes
public import Document
import HTTPCodec
public import Resources

/// The verbs of the Kubernetes API, for any kind, on documents as they are.
public final class APIClient: Sendable {
    private let transport: any APITransport
    private let onWarning: @Sendable (String) -> Void

    /// The Accept header of a human `get`.
    static let tableTypes =
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"

    /// A client; `onWarning` hears every `Warning:` the server sends.
    public init(_ transport: any APITransport, onWarning: @escaping @Sendable (String) -> Void = { _ in }) {
        self.transport = transport
        self.onWarning = onWarning
    }

    /// What narrows a list or a watch.
    public struct Selection: Sendable, Hashable {
        /// The namespace; nil for all.
        public var namespace: String?
        /// A label selector, empty for none.
        public var labels: String
        /// A field selector, empty for none.
        public var fields: String

        /// Makes a selection.
        public init(namespace: String?, labels: String = "", fields: String = "") {
            self.namespace = namespace
            self.labels = labels
            self.fields = fields
        }

        var query: [(String, String)] {
            (labels.isEmpty ? [] : [("labelSelector", labels)])
                + (fields.isEmpty ? [] : [("fieldSelector", fields)])
        }
    }

    /// How a write is done.
    public struct WriteOptions: Sendable, Hashable {
        /// Who writes, for `managedFields`.
        public var fieldManager: String
        /// `Strict`, `Warn` or `Ignore`; empty leaves it to the server.
        public var fieldValidation: String
        /// True when nothing is stored.
        public var isDryRun: Bool
        /// True when server-side apply takes fields from other managers.
        public var isForced: Bool

        /// Makes options.
        public init(
            fieldManager: String = "", fieldValidation: String = "", isDryRun: Bool = false,
            isForced: Bool = false
        ) {
            self.fieldManager = fieldManager
            self.fieldValidation = fieldValidation
            self.isDryRun = isDryRun
            self.isForced = isForced
        }

        var query: [(String, String)] {
            (isDryRun ? [("dryRun", "All")] : [])
                + (fieldManager.isEmpty ? [] : [("fieldManager", fieldManager)])
                + (fieldValidation.isEmpty ? [] : [("fieldValidation", fieldValidation)])
                + (isForced ? [("force", "true")] : [])
        }
    }

    /// Reads one object, as a Table of one row when `asTable` is set and the server can.
    public func get(
        _ resource: APIResource, namespace: String?, name: String, asTable: Bool = false
    ) async throws(APIError) -> Node {
        try await call(
            APIRequest(
                target: resource.path(namespace: namespace, name: name),
                accept: asTable ? Self.tableTypes : "application/json"))
    }

    /// Reads all objects of a selection; long lists are asked for in pieces and put together.
    public func list(
        _ resource: APIResource, _ selection: Selection, asTable: Bool = false
    ) async throws(APIError) -> Node {
        var whole: Node?
        var continuation = ""
        repeat {
            var query = selection.query + [("limit", "500")]
            if !continuation.isEmpty { query.append(("continue", continuation)) }
            let piece = try await call(
                APIRequest(
                    target: resource.path(namespace: selection.namespace) + URLText.query(query),
                    accept: asTable ? Self.tableTypes : "application/json"))
            continuation = piece.at("metadata", "continue")?.string ?? ""
            let key = piece["kind"]?.string == "Table" ? "rows" : "items"
            if let before = whole {
                var joined = before
                joined[key] = Node((before[key]?.array ?? []) + (piece[key]?.array ?? []))
                joined.set(["metadata", "resourceVersion"], to: piece.at("metadata", "resourceVersion"))
                whole = joined
            } else {
                whole = piece
            }
        } while !continuation.isEmpty
        whole?.set(["metadata", "continue"], to: nil)
        return whole ?? Node(Object())
    }

    /// Follows the changes of a selection after a version; an empty version begins with what is there.
    public func watch(
        _ resource: APIResource, _ selection: Selection, from resourceVersion: String, asTable: Bool = false,
        allowsBookmarks: Bool = false, timeoutSeconds: Int = 290
    ) async throws(APIError) -> APIWatch {
        var query = selection.query
        query.append(("watch", "true"))
        if !resourceVersion.isEmpty { query.append(("resourceVersion", resourceVersion)) }
        if allowsBookmarks { query.append(("allowWatchBookmarks", "true")) }
        query.append(("timeoutSeconds", String(timeoutSeconds)))
        let stream = try await transport.open(
            APIRequest(
                target: resource.path(namespace: selection.namespace) + URLText.query(query),
                accept: asTable ? Self.tableTypes : "application/json"))
        if stream.status != 200 {
            var body: [UInt8] = []
            while body.count < 1 << 20, let piece = try await stream.next() { body += piece }
            stream.cancel()
            throw Self.failure(status: stream.status, body: body)
        }
        return APIWatch(stream)
    }

    /// Stores a new object.
    public func create(
        _ resource: APIResource, namespace: String?, _ object: Node, _ options: WriteOptions = WriteOptions()
    ) async throws(APIError) -> Node {
        try await write("POST", resource.path(namespace: namespace), object, options)
    }

    /// Replaces an object, or its status.
    public func update(
        _ resource: APIResource, namespace: String?, name: String, _ object: Node, subresource: String? = nil,
        _ options: WriteOptions = WriteOptions()
    ) async throws(APIError) -> Node {
        try await write(
            "PUT", resource.path(namespace: namespace, name: name, subresource: subresource), object, options)
    }

    /// Changes an object by a patch.
    public func patch(
        _ resource: APIResource, namespace: String?, name: String, kind: PatchKind, _ patch: Node,
        subresource: String? = nil, _ options: WriteOptions = WriteOptions()
    ) async throws(APIError) -> Node {
        try await write(
            "PATCH", resource.path(namespace: namespace, name: name, subresource: subresource), patch,
            options,
            contentType: kind.contentType)
    }

    /// Deletes an object; answers the object when finalizers keep it, else a Status.
    public func delete(
        _ resource: APIResource, namespace: String?, name: String, options: Node = Node(Object()),
        isDryRun: Bool = false
    ) async throws(APIError) -> Node {
        try await write(
            "DELETE", resource.path(namespace: namespace, name: name), options,
            WriteOptions(isDryRun: isDryRun))
    }

    /// What the server offers.
    ///
    /// Two requests when it knows aggregated discovery, else one for each group version; one that fails leaves out
    /// its kinds.
    public func discover() async throws(APIError) -> APICatalog {
        let accept =
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
            + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
        var resources: [APIResource] = []
        for path in ["/api", "/apis"] {
            let node = try await call(APIRequest(target: path, accept: accept))
            if let catalog = APICatalog(aggregated: node) {
                resources += catalog.resources
                continue
            }
            let versions: [String]
            if path == "/api" {
                versions = (node["versions"]?.strings ?? []).map { "/api/\($0)" }
            } else {
                versions = (node["groups"]?.array ?? []).flatMap { group in
                    (group["versions"]?.array ?? []).compactMap { $0["groupVersion"]?.string }.map {
                        "/apis/\($0)"
                    }
                }
            }
            for version in versions {
                do {
                    resources += APICatalog(legacy: try await call(APIRequest(target: version))).resources
                } catch APIError.status {
                    continue
                }
            }
        }
        return APICatalog(resources: resources)
    }

    /// Sends a request and reads the document it answers; an error status is thrown.
    public func call(_ request: APIRequest) async throws(APIError) -> Node {
        let response = try await transport.send(request)
        for value in response.headers.all("Warning") { if let text = Self.warning(value) { onWarning(text) } }
        guard (200..<300).contains(response.status) else {
            throw Self.failure(status: response.status, body: response.body)
        }
        do {
            return try JSON.parse(
                response.body, limits: ParseLimits(maxBytes: 256 << 20, maxNodes: 20_000_000))
        } catch {
            throw .malformed("the server's answer is not JSON: \(error)")
        }
    }

    private func write(
        _ method: String, _ path: String, _ body: Node, _ options: WriteOptions,
        contentType: String = "application/json"
    ) async throws(APIError) -> Node {
        try await call(
            APIRequest(
                method: method, target: path + URLText.query(options.query), contentType: contentType,
                body: JSON.bytes(body)))
    }

    /// The text of a header `299 - "TEXT"`.
    static func warning(_ value: String) -> String? {
        guard let open = value.firstIndex(of: "\"") else { return nil }
        var text = ""
        var isEscaped = false
        for character in value[value.index(after: open)...] {
            if isEscaped {
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                return text
            } else {
                text.append(character)
            }
        }
        return nil
    }

    /// What an error answer says: its Status document, or words for its code.
    static func failure(status: Int, body: [UInt8]) -> APIError {
        if let node = try? JSON.parse(body), var error = ResourceError(statusNode: node) {
            if error.code == 0 { error.code = status }
            return .status(error)
        }
        let (reason, message) =
            switch status {
            case 401: ("Unauthorized", "the server has asked for the client to provide credentials")
            case 403: ("Forbidden", "forbidden")
            case 404: ("NotFound", "the server could not find the requested resource")
            case 405: ("MethodNotAllowed", "the server does not allow this method on the requested resource")
            case 409: ("Conflict", "the server reported a conflict")
            case 410: ("Expired", "the requested version is gone")
            case 429:
                (
                    "TooManyRequests",
                    "the server has received too many requests and has asked us to try again later"
                )
            case 503: ("ServiceUnavailable", "the server is currently unable to handle the request")
            case 504: ("Timeout", "the server was unable to return a response in the time allotted")
            default: ("InternalError", "the server answered with status \(status)")
            }
        return .status(ResourceError(code: status, reason: reason, message: message))
    }
}
