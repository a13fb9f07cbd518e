import Bytes
import Document
import Resources

/// What a built-in object must hold beyond the types of its fields, and what may not change.
struct BuiltinRules {
    private var causes: [ResourceError.Cause] = []
    private let node: Node

    private init(_ node: Node) { self.node = node }

    /// The rules broken by `node`, on an update also by the change from `stored`.
    static func check(_ node: Node, _ type: ResourceType, replacing stored: Node?) -> [ResourceError.Cause] {
        var rules = BuiltinRules(node)
        switch type {
        case .service: rules.service()
        case .configMap: rules.configMap()
        case .secret: rules.secret()
        case .endpoints: rules.endpoints()
        case .endpointSlice: rules.endpointSlice()
        case .deployment: rules.deployment()
        case .pod: rules.containers(node["spec"], "spec")
        case .event: rules.event()
        default: break
        }
        if let stored { rules.change(type, from: stored) }
        return rules.causes
    }

    private static let maxDataBytes = 1 << 20

    private func quoted(_ text: String) -> String { ObjectMetadata.quoted(text) }

    private mutating func oneOf(_ value: Node?, _ field: String, _ allowed: [String]) {
        guard let text = value?.string, !allowed.contains(text) else { return }
        causes.append(.notSupported(field, value: quoted(text), supported: allowed))
    }

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

    private mutating func address(_ value: Node?, _ field: String) {
        guard let text = value?.string else {
            causes.append(.required(field))
            return
        }
        if IPAddress(text) == nil {
            causes.append(
                .invalid(
                    field, value: quoted(text),
                    why: "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
        }
    }

    private mutating func service() {
        let spec = node["spec"]
        oneOf(spec?["type"], "spec.type", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
        oneOf(spec?["sessionAffinity"], "spec.sessionAffinity", ["ClientIP", "None"])
        let ports = spec?["ports"]?.array ?? []
        let isExternal = spec?["type"]?.string == "ExternalName"
        let address = spec?["clusterIP"]?.string ?? ""
        if ports.isEmpty, !isExternal, address != "None" { causes.append(.required("spec.ports")) }
        if isExternal, spec?["externalName"]?.string ?? "" == "" {
            causes.append(.required("spec.externalName"))
        }
        if !address.isEmpty, address != "None", IPAddress(address) == nil {
            causes.append(
                .invalid(
                    "spec.clusterIPs[0]", value: quoted(address),
                    why: "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
        }
        var names: Set<String> = []
        var numbers: Set<String> = []
        for (index, item) in ports.enumerated() {
            let path = "spec.ports[\(index)]"
            port(item["port"], "\(path).port")
            oneOf(item["protocol"], "\(path).protocol", ["SCTP", "TCP", "UDP"])
            if item["targetPort"]?.int != nil { port(item["targetPort"], "\(path).targetPort") }
            if let name = item["targetPort"]?.string, let why = NameRules.portName(name) {
                causes.append(.invalid("\(path).targetPort", value: quoted(name), why: why))
            }
            let name = item["name"]?.string ?? ""
            if name.isEmpty {
                if ports.count > 1 { causes.append(.required("\(path).name")) }
            } else if let why = NameRules.portName(name) {
                causes.append(.invalid("\(path).name", value: quoted(name), why: why))
            } else if !names.insert(name).inserted {
                causes.append(.duplicate("\(path).name", value: quoted(name)))
            }
            let number = item["port"]?.int ?? 0
            let proto = item["protocol"]?.string ?? "TCP"
            if !numbers.insert("\(number)/\(proto)").inserted {
                causes.append(.duplicate(path, value: JSON.serialize(item)))
            }
        }
        for member in spec?["selector"]?.object?.members ?? [] {
            let value = member.value.string ?? ""
            if let why = NameRules.qualifiedName(member.key) ?? NameRules.labelValue(value) {
                causes.append(.invalid("spec.selector", value: quoted(member.key), why: why))
            }
        }
    }

    private mutating func keys(_ field: String) {
        for member in node[field]?.object?.members ?? [] {
            if let why = NameRules.configKey(member.key) {
                causes.append(.invalid("\(field)[\(member.key)]", value: quoted(member.key), why: why))
            }
        }
    }

    private mutating func base64(_ field: String) -> Int {
        var size = 0
        for member in node[field]?.object?.members ?? [] {
            guard let text = member.value.string else { continue }
            if let bytes = Base64.decode(text) {
                size += bytes.count
            } else {
                causes.append(
                    .invalid("\(field)[\(member.key)]", value: "\"<hidden>\"", why: "must be base64"))
            }
        }
        return size
    }

    private mutating func limit(_ size: Int, _ field: String) {
        guard size > Self.maxDataBytes else { return }
        causes.append(
            ResourceError.Cause(
                reason: "FieldValueTooLong",
                message: "Too long: may not be more than \(Self.maxDataBytes) bytes", field: field))
    }

    private mutating func configMap() {
        keys("data")
        keys("binaryData")
        let both = Set(node["data"]?.object?.keys ?? []).intersection(node["binaryData"]?.object?.keys ?? [])
        for key in both.sorted() {
            causes.append(
                .invalid("data[\(key)]", value: quoted(key), why: "duplicate of key present in binaryData"))
        }
        let texts = node["data"]?.object?.members.reduce(0) { $0 + ($1.value.string?.utf8.count ?? 0) } ?? 0
        limit(texts + base64("binaryData"), "data")
    }

    private mutating func secret() {
        keys("data")
        limit(base64("data"), "data")
        let required: [String: [String]] = [
            "kubernetes.io/tls": ["tls.crt", "tls.key"],
            "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        ]
        for key in required[node["type"]?.string ?? ""] ?? [] where node.at("data", key) == nil {
            causes.append(.required("data[\(key)]"))
        }
    }

    private mutating func endpoints() {
        for (index, subset) in (node["subsets"]?.array ?? []).enumerated() {
            let path = "subsets[\(index)]"
            let ready = subset["addresses"]?.array ?? []
            let notReady = subset["notReadyAddresses"]?.array ?? []
            if ready.isEmpty, notReady.isEmpty {
                causes.append(.required(path, why: "must specify `addresses` or `notReadyAddresses`"))
            }
            for (index, item) in ready.enumerated() { address(item["ip"], "\(path).addresses[\(index)].ip") }
            for (index, item) in notReady.enumerated() {
                address(item["ip"], "\(path).notReadyAddresses[\(index)].ip")
            }
            for (index, item) in (subset["ports"]?.array ?? []).enumerated() {
                port(item["port"], "\(path).ports[\(index)].port")
                oneOf(item["protocol"], "\(path).ports[\(index)].protocol", ["SCTP", "TCP", "UDP"])
            }
        }
    }

    private mutating func endpointSlice() {
        guard let family = node["addressType"]?.string else {
            causes.append(.required("addressType"))
            return
        }
        oneOf(node["addressType"], "addressType", ["IPv4", "IPv6", "FQDN"])
        for (index, endpoint) in (node["endpoints"]?.array ?? []).enumerated() {
            let path = "endpoints[\(index)].addresses"
            let addresses = endpoint["addresses"]?.array ?? []
            if addresses.isEmpty { causes.append(.required(path, why: "must contain at least one address")) }
            for (index, item) in addresses.enumerated() where family != "FQDN" {
                address(item, "\(path)[\(index)]")
            }
        }
        for (index, item) in (node["ports"]?.array ?? []).enumerated() {
            port(item["port"], "ports[\(index)].port", isRequired: false)
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
                    .invalid("type", value: JSON.serialize(node["type"] ?? nil), why: "field is immutable"))
            }
            immutableData(stored, ["data"])
        case .configMap: immutableData(stored, ["data", "binaryData"])
        case .deployment:
            if stored.at("spec", "selector") != node.at("spec", "selector") {
                causes.append(
                    .invalid(
                        "spec.selector", value: JSON.serialize(node.at("spec", "selector") ?? nil),
                        why: "field is immutable"))
            }
        case .endpointSlice:
            if stored["addressType"] != node["addressType"] {
                causes.append(
                    .invalid(
                        "addressType", value: JSON.serialize(node["addressType"] ?? nil),
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
