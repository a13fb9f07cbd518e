import Bytes
import Document
import Resources

/// What the API fills in when a built-in object leaves it out.
enum BuiltinDefaults {
    /// Sets the defaults of a kind; custom kinds have theirs in the CRD.
    static func apply(to node: inout Node, _ type: ResourceType) {
        if type.isCustom { return }
        node = withoutNulls(node)
        switch type {
        case .namespace: namespace(&node)
        case .service: service(&node)
        case .secret: secret(&node)
        case .endpoints: endpoints(&node)
        case .endpointSlice: endpointSlice(&node)
        case .deployment: setDefault(&node, ["spec", "replicas"], 1)
        case .pod: setDefault(&node, ["status", "phase"], "Pending")
        default: break
        }
    }

    private static func setDefault(_ node: inout Node, _ path: [String], _ value: Node) {
        // Only an object can take the default: a value of another type is for validation to report.
        if node.at(path) == nil, node[path[0]].map({ $0.object != nil }) ?? true { node.set(path, to: value) }
    }

    /// A typed API forgets members that are `null`.
    private static func withoutNulls(_ node: Node) -> Node {
        switch node.value {
        case .object(let object):
            let members = object.members.compactMap { member -> Object.Member? in
                if member.value.isNull { return nil }
                return Object.Member(
                    key: member.key, keyPosition: member.keyPosition, value: withoutNulls(member.value))
            }
            return Node(.object(Object(members: members)), position: node.position)
        case .array(let items): return Node(.array(items.map(withoutNulls)), position: node.position)
        default: return node
        }
    }

    private static func namespace(_ node: inout Node) {
        setDefault(&node, ["spec", "finalizers"], ["kubernetes"])
        setDefault(&node, ["status", "phase"], "Active")
        if let name = node.at("metadata", "name")?.string {
            node.set(["metadata", "labels", "kubernetes.io/metadata.name"], to: Node(.string(name)))
        }
    }

    private static func service(_ node: inout Node) {
        setDefault(&node, ["spec", "type"], "ClusterIP")
        setDefault(&node, ["spec", "sessionAffinity"], "None")
        setDefault(&node, ["status", "loadBalancer"], [:])
        if let address = node.at("spec", "clusterIP")?.string, !address.isEmpty {
            setDefault(&node, ["spec", "clusterIPs"], [Node(.string(address))])
        }
        mapItems(&node, ["spec", "ports"]) { port in
            if port["protocol"] == nil { port["protocol"] = "TCP" }
            if port["targetPort"] == nil { port["targetPort"] = port["port"] }
        }
    }

    private static func secret(_ node: inout Node) {
        if node["type"]?.string ?? "" == "", node["type"].map({ $0.string != nil }) ?? true {
            node["type"] = "Opaque"
        }
        guard let texts = node["stringData"]?.object else { return }
        guard texts.members.allSatisfy({ $0.value.string != nil }) else { return }
        var data = node["data"]?.object?.members ?? []
        data += texts.members.map {
            Object.Member(
                key: $0.key, value: Node(.string(Base64.encode(Array(($0.value.string ?? "").utf8)))))
        }
        node["data"] = Node(.object(Object(members: data)))
        node["stringData"] = nil
    }

    private static func endpoints(_ node: inout Node) {
        mapItems(&node, ["subsets"]) { subset in
            mapItems(&subset, ["ports"]) { if $0["protocol"] == nil { $0["protocol"] = "TCP" } }
        }
    }

    private static func endpointSlice(_ node: inout Node) {
        mapItems(&node, ["ports"]) { port in
            if port["protocol"] == nil { port["protocol"] = "TCP" }
            if port["name"] == nil { port["name"] = "" }
        }
    }

    private static func mapItems(_ node: inout Node, _ path: [String], _ body: (inout Node) -> Void) {
        guard var items = node.at(path)?.array else { return }
        for index in items.indices where items[index].object != nil { body(&items[index]) }
        node.set(path, to: Node(.array(items)))
    }
}
