import Document
import HTTPCodec
import HTTPService
import Resources

/// Reads request bodies in the formats clients send.
enum RequestBody {
    /// How deep a document may nest; objects of this API need a fraction of it.
    private static let limits = ParseLimits(maxBytes: 3 << 20, maxDepth: 100)

    private static let objectTypes = [
        "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
    ]

    /// The media type of a body, without parameters; empty when none is given.
    static func mediaType(_ request: HTTPRequest) -> String {
        let text = request.headers["content-type"] ?? ""
        let head = text.prefix { $0 != ";" }.lowercased()
        return String(head.filter { $0 != " " && $0 != "\t" })
    }

    /// An object, in any format objects come in.
    ///
    /// A missing media type means JSON.
    static func object(_ request: HTTPRequest) throws(ResourceError) -> Node {
        switch mediaType(request) {
        case "", "application/json": return try json(request.body)
        case "application/yaml": return try yaml(request.body)
        case "application/vnd.kubernetes.protobuf":
            do {
                return try ProtobufObject.decode(request.body)
            } catch {
                throw .badRequest(
                    "the body of the request cannot be read: byte \(error.offset): \(error.message)")
            }
        default: throw .unsupportedMediaType(accepted: objectTypes)
        }
    }

    /// A patch and its kind, for a type that takes it.
    static func patch(_ request: HTTPRequest, _ type: ResourceType) throws(ResourceError) -> (PatchKind, Node)
    {
        var accepted = [PatchKind.json, .merge]
        if !type.isCustom { accepted.append(.strategic) }
        guard let kind = PatchKind(rawValue: mediaType(request)), accepted.contains(kind) else {
            throw .unsupportedMediaType(accepted: accepted.map(\.contentType))
        }
        return (kind, try json(request.body))
    }

    /// JSON text.
    static func json(_ body: [UInt8]) throws(ResourceError) -> Node {
        guard !body.isEmpty else { throw .badRequest("the body of the request is empty") }
        do {
            return try JSON.parse(body, limits: limits)
        } catch {
            throw .badRequest("the body of the request is not valid JSON: \(summary(error))")
        }
    }

    private static func yaml(_ body: [UInt8]) throws(ResourceError) -> Node {
        let documents: [Node]
        do {
            documents = try YAML.parse(body, limits: limits)
        } catch {
            throw .badRequest("the body of the request is not valid YAML: \(summary(error))")
        }
        guard documents.count == 1 else {
            throw .badRequest("the body of the request must be one YAML document, not \(documents.count)")
        }
        return documents[0]
    }

    private static func summary(_ error: DocumentError) -> String {
        error.findings.map(\.description).joined(separator: "; ")
    }
}
