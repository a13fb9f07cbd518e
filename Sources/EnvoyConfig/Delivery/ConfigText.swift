internal import Document

/// Configuration as text, for rooms that do not read documents themselves.
public enum ConfigText {
    /// Reads a document of one: JSON when it begins like JSON, else YAML.
    static func node(_ bytes: [UInt8], file: String?, _ type: String, _ name: String) throws(ConfigError)
        -> Node
    {
        do throws(DocumentError) {
            let first = bytes.first { !($0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D)) }
            if first == UInt8(ascii: "{") { return try JSON.parse(bytes, file: file) }
            let documents = try YAML.parse(bytes, file: file)
            guard documents.count == 1, let node = documents.first else {
                throw DocumentError(findings: [])
            }
            return node
        } catch {
            let reasons =
                error.findings.isEmpty
                ? ["must be one JSON or YAML document"] : error.findings.map(\.description)
            throw ConfigError(
                findings: reasons.map {
                    ConfigFinding(resourceType: type, resourceName: name, path: "", reason: $0)
                })
        }
    }
}

extension Bootstrap {
    /// Reads a bootstrap from JSON or YAML.
    ///
    /// `file` is for findings.
    public static func parse(_ bytes: [UInt8], file: String? = nil) throws(ConfigError) -> Bootstrap {
        try read(ConfigText.node(bytes, file: file, "Bootstrap", ""))
    }
}

extension DiscoveryResponse {
    /// Reads the JSON or YAML of a watched file, which must hold resources of one kind.
    ///
    /// `file` is for findings.
    public static func parse(
        _ bytes: [UInt8], file: String? = nil, expecting kind: ResourceKind
    ) throws(ConfigError) -> DiscoveryResponse {
        try read(
            ConfigText.node(bytes, file: file, "DiscoveryResponse", kind.rawValue), expecting: kind)
    }
}

extension Node {
    /// Replaces the inline content of every `private_key`.
    mutating func redactKeys() {
        switch value {
        case .array(let items):
            value = .array(
                items.map { item in
                    var item = item
                    item.redactKeys()
                    return item
                })
        case .object(let object):
            var result = Object()
            for member in object.members {
                var inner = member.value
                if member.key == "private_key", inner["inline_string"] != nil {
                    inner["inline_string"] = Node(.string("[redacted]"))
                }
                inner.redactKeys()
                result[member.key] = inner
            }
            value = .object(result)
        default: return
        }
    }
}
