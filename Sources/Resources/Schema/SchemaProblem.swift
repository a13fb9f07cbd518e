public import Document

/// One thing a document does wrong, with its place.
public struct SchemaProblem: Hashable, Sendable {
    /// The field.
    public var path: FieldPath
    /// Where it stands, or where it should.
    public var position: Position
    /// What is wrong, in the API's words.
    public var cause: ResourceError.Cause

    /// Makes a problem; the cause's field is the path.
    public init(_ path: FieldPath, at node: Node?, _ make: (String) -> ResourceError.Cause) {
        self.path = path
        position = node?.position ?? .unknown
        cause = make(path.description)
    }

    /// The problem as a finding for files.
    public var finding: Finding { Finding(position: position, path: path, message: cause.message) }
}

extension SchemaProblem {
    static func invalid(_ path: FieldPath, _ node: Node?, _ why: String) -> SchemaProblem {
        SchemaProblem(path, at: node) { .invalid($0, value: quoted(node), why: why) }
    }

    static func required(_ path: FieldPath, in node: Node?, _ why: String = "") -> SchemaProblem {
        SchemaProblem(path, at: node) { .required($0, why: why) }
    }

    static func notSupported(_ path: FieldPath, _ node: Node?, _ supported: [String]) -> SchemaProblem {
        SchemaProblem(path, at: node) { .notSupported($0, value: quoted(node), supported: supported) }
    }

    static func duplicate(_ path: FieldPath, _ node: Node?) -> SchemaProblem {
        SchemaProblem(path, at: node) { .duplicate($0, value: quoted(node)) }
    }

    static func forbidden(_ path: FieldPath, _ node: Node?, _ why: String) -> SchemaProblem {
        SchemaProblem(path, at: node) { .forbidden($0, why: why) }
    }

    /// A value as messages show it, cut when it is long.
    static func quoted(_ node: Node?) -> String {
        guard let node else { return "\"\"" }
        let text = JSON.serialize(node)
        return text.utf8.count <= 256 ? text : String(text.prefix(200)) + "..."
    }
}
