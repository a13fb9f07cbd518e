import Document
import KubernetesClient
import Reactor

/// The machine-readable outputs of `-o`.
enum ObjectFormat: Sendable {
    case json
    case yaml
    case name
    case jsonPath(JSONPath, template: String)

    /// The words `-o` takes besides those a command adds.
    static let words = "json, yaml, name, jsonpath=TEMPLATE, jsonpath-file=FILE"

    /// Reads the value of `-o`; nil for an empty one and for the words in `others`.
    static func parse(_ text: String?, others: [String] = []) throws(CommandFailure) -> ObjectFormat? {
        guard let text, !text.isEmpty, !others.contains(text) else { return nil }
        switch text {
        case "json": return .json
        case "yaml": return .yaml
        case "name": return .name
        default: break
        }
        var template: String?
        if text.hasPrefix("jsonpath=") { template = String(text.dropFirst(9)) }
        if text.hasPrefix("jsonpath-file=") {
            template = String(decoding: try ManifestReader.read(String(text.dropFirst(14))), as: UTF8.self)
        }
        guard var template else {
            throw .usage(
                UsageError(
                    "unable to match a printer suitable for the output format \"\(text)\", allowed formats are: "
                        + (others + [words]).joined(separator: ", ")))
        }
        // Shells keep quotes that do not enclose the whole word.
        if template.count > 1, let quote = template.first, quote == "'" || quote == "\"",
            template.last == quote
        {
            template = String(template.dropFirst().dropLast())
        }
        do {
            return .jsonPath(try JSONPath(template), template: template)
        } catch {
            throw .message("error parsing jsonpath \(template), \(error.message)")
        }
    }

    /// One object, or several as a list, in this format.
    func render(_ object: Node, resource: APIResource?) throws(CommandFailure) -> String {
        switch self {
        case .json: return JSON.serialize(object, style: .pretty, sortedKeys: true) + "\n"
        case .yaml: return YAML.serialize(object)
        case .name:
            guard let items = object["items"]?.array, object["kind"]?.string == "List" else {
                return name(of: object, resource) + "\n"
            }
            return items.map { name(of: $0, resource) + "\n" }.joined()
        case .jsonPath(let path, let template):
            do {
                return try path.render(object)
            } catch {
                throw .message(
                    "error executing jsonpath \"\(template)\": Error executing template: \(error.message)")
            }
        }
    }

    private func name(of object: Node, _ resource: APIResource?) -> String {
        let name = object.at("metadata", "name")?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        if let resource, resource.kind == kind || kind.isEmpty {
            return "\(resource.qualifiedSingular)/\(name)"
        }
        let apiVersion = object["apiVersion"]?.string ?? ""
        let group = apiVersion.split(separator: "/").count == 2 ? "." + apiVersion.prefix { $0 != "/" } : ""
        return "\(kind.lowercased())\(group)/\(name)"
    }
}

/// Helpers for objects on their way to the user.
enum ObjectText {
    /// Several objects as kubectl puts them together.
    static func list(_ items: [Node]) -> Node {
        [
            "apiVersion": "v1", "items": Node(items), "kind": "List", "metadata": ["resourceVersion": ""],
        ]
    }

    /// The object without what kubectl hides, and with its kind.
    static func presentable(_ object: Node, _ resource: APIResource, showsManagedFields: Bool) -> Node {
        var object = object
        if object["apiVersion"] == nil { object["apiVersion"] = Node(resource.apiVersion) }
        if object["kind"] == nil { object["kind"] = Node(resource.kind) }
        if !showsManagedFields { object.set(["metadata", "managedFields"], to: nil) }
        return object
    }
}
