import Bytes
import Document
import Resources

/// What a built-in object must hold beyond the types of its fields, and what may not change.
struct BuiltinRules {
    private var causes: [ResourceError.Cause] = []
    private let node: Node

    private init(_ node: Node) { self.node = node }

    /// The rules broken by `node`, beyond those of `SchemaRegistry`.
    static func check(_ node: Node, _ type: ResourceType) -> [ResourceError.Cause] {
        var rules = BuiltinRules(node)
        switch type {
        case .secret: rules.secret()
        case .deployment: rules.deployment()
        case .pod: rules.containers(node["spec"], "spec")
        case .event: rules.event()
        default: break
        }
        return rules.causes
    }

    /// The rules broken by changing `stored` into `node`.
    static func checkChange(_ node: Node, _ type: ResourceType, from stored: Node) -> [ResourceError.Cause] {
        var rules = BuiltinRules(node)
        rules.change(type, from: stored)
        return rules.causes
    }

    private func quoted(_ text: String) -> String { ObjectMetadata.quoted(text) }

    private mutating func port(_ value: Node?, _ field: String, isRequired: Bool = true) {
        guard let value else {
            if isRequired { causes.append(.required(field)) }
            return
        }
        guard let number = value.int else { return }
        if !(1...65_535).contains(number) {
            causes.append(
                .invalid(field, value: "\(number)", why: "must be between 1 and 65535, inclusive"))
        }
    }

    private mutating func secret() {
        let required: [String: [String]] = [
            "kubernetes.io/tls": ["tls.crt", "tls.key"],
            "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        ]
        for key in required[node["type"]?.string ?? ""] ?? []
        where node.at("data", key) == nil && node.at("stringData", key) == nil {
            causes.append(.required("data[\(key)]"))
        }
    }

    private mutating func deployment() {
        guard let spec = node["spec"] else {
            causes.append(.required("spec"))
            return
        }
        if let replicas = spec["replicas"]?.int, replicas < 0 {
            causes.append(
                .invalid("spec.replicas", value: "\(replicas)", why: "must be greater than or equal to 0"))
        }
        if spec["selector"] == nil { causes.append(.required("spec.selector")) }
        containers(spec.at("template", "spec"), "spec.template.spec")
        let labels = spec.at("template", "metadata", "labels")
        for member in spec.at("selector", "matchLabels")?.object?.members ?? []
        where labels?[member.key] != member.value {
            causes.append(
                .invalid(
                    "spec.template.metadata.labels", value: JSON.serialize(labels ?? Node(Object())),
                    why: "`selector` does not match template `labels`"))
            return
        }
    }

    private mutating func containers(_ spec: Node?, _ path: String) {
        let containers = spec?["containers"]?.array ?? []
        if containers.isEmpty { causes.append(.required("\(path).containers")) }
        var names: Set<String> = []
        for (index, container) in containers.enumerated() {
            let path = "\(path).containers[\(index)]"
            let name = container["name"]?.string ?? ""
            if name.isEmpty {
                causes.append(.required("\(path).name"))
            } else if let why = NameRules.label(name) {
                causes.append(.invalid("\(path).name", value: quoted(name), why: why))
            } else if !names.insert(name).inserted {
                causes.append(.duplicate("\(path).name", value: quoted(name)))
            }
            if container["image"]?.string ?? "" == "" { causes.append(.required("\(path).image")) }
            for (index, item) in (container["ports"]?.array ?? []).enumerated() {
                port(item["containerPort"], "\(path).ports[\(index)].containerPort")
            }
        }
    }

    private mutating func event() {
        let involved = node.at("involvedObject", "namespace")?.string ?? ""
        let namespace = node.at("metadata", "namespace")?.string ?? ""
        if !involved.isEmpty, involved != namespace {
            causes.append(
                .invalid(
                    "involvedObject.namespace", value: quoted(involved), why: "does not match event.namespace"
                ))
        }
    }

    private mutating func change(_ type: ResourceType, from stored: Node) {
        switch type {
        case .service:
            let old = stored.at("spec", "clusterIP")?.string ?? ""
            let new = node.at("spec", "clusterIP")?.string ?? ""
            if !old.isEmpty, new != old, node.at("spec", "type")?.string != "ExternalName" {
                causes.append(.invalid("spec.clusterIPs[0]", value: quoted(new), why: "field is immutable"))
            }
        case .secret:
            if stored["type"] != node["type"] {
                causes.append(
                    .invalid("type", value: JSON.serialize(node["type"] ?? .null), why: "field is immutable"))
            }
            immutableData(stored, ["data"])
        case .configMap: immutableData(stored, ["data", "binaryData"])
        case .deployment:
            if stored.at("spec", "selector") != node.at("spec", "selector") {
                causes.append(
                    .invalid(
                        "spec.selector", value: JSON.serialize(node.at("spec", "selector") ?? .null),
                        why: "field is immutable"))
            }
        case .endpointSlice:
            if stored["addressType"] != node["addressType"] {
                causes.append(
                    .invalid(
                        "addressType", value: JSON.serialize(node["addressType"] ?? .null),
                        why: "field is immutable"))
            }
        default: return
        }
    }

    private mutating func immutableData(_ stored: Node, _ fields: [String]) {
        guard stored["immutable"]?.bool == true else { return }
        if node["immutable"]?.bool != true {
            causes.append(.forbidden("immutable", why: "field is immutable when `immutable` is set"))
        }
        for field in fields where stored[field] != node[field] {
            causes.append(.forbidden(field, why: "field is immutable when `immutable` is set"))
        }
    }
}
