import Bytes
import Document

/// The columns of the built-in kinds.
enum BuiltinColumns {
    /// The columns of `kind`; Name and Age for a kind without a table of its own.
    static func columns(kind: String) -> [TableColumn] {
        switch kind {
        case "Namespace": [.name, text("Status") { $0.at("status", "phase")?.string ?? "" }, .age]
        case "ConfigMap": [.name, count("Data", "data", "binaryData"), .age]
        case "Secret":
            [.name, text("Type") { $0["type"]?.string ?? "" }, count("Data", "data"), .age]
        case "Service": service
        case "Endpoints": [.name, text("Endpoints", endpoints), .age]
        case "EndpointSlice": endpointSlice
        case "Deployment": deployment
        case "Event": event
        case "Pod": pod
        case "CustomResourceDefinition":
            [
                .name,
                text("Created At") { $0.at("metadata", "creationTimestamp")?.string ?? "" },
            ]
        default: [.name, .age]
        }
    }

    private static func text(
        _ name: String, wide: Bool = false, _ read: @escaping @Sendable (Node) -> String
    ) -> TableColumn {
        TableColumn(name, priority: wide ? 1 : 0) { object, _ in Node(.string(read(object))) }
    }

    private static func count(_ name: String, _ members: String...) -> TableColumn {
        TableColumn(name, type: "integer") { object, _ in
            Node(.int(Int64(members.reduce(0) { $0 + (object[$1]?.object?.count ?? 0) })))
        }
    }

    private static func age(_ name: String, wide: Bool = false, _ paths: [String]...) -> TableColumn {
        TableColumn(name, priority: wide ? 1 : 0) { object, now in
            let time = paths.lazy.compactMap { object.at($0)?.string }.first
            return Node(.string(AgeText.text(since: time, now: now)))
        }
    }

    private static func list(_ items: [String], limit: Int) -> String {
        if items.isEmpty { return "<none>" }
        if items.count <= limit { return items.joined(separator: ",") }
        return items.prefix(limit).joined(separator: ",") + " + \(items.count - limit) more..."
    }

    private static func labels(_ node: Node?) -> String {
        let pairs = node?.object?.members.map { "\($0.key)=\($0.value.string ?? "")" } ?? []
        return pairs.isEmpty ? "<none>" : pairs.sorted().joined(separator: ",")
    }

    private static let service: [TableColumn] = [
        .name, text("Type") { $0.at("spec", "type")?.string ?? "" },
        text("Cluster-IP") {
            let address = $0.at("spec", "clusterIP")?.string ?? ""
            return address.isEmpty ? "<none>" : address
        },
        text("External-IP", externalAddress),
        text("Port(s)") { object in
            let ports = object.at("spec", "ports")?.array ?? []
            if ports.isEmpty { return "<none>" }
            return ports.map { port in
                let number = port["port"]?.int ?? 0
                let node = port["nodePort"]?.int.map { ":\($0)" } ?? ""
                return "\(number)\(node)/\(port["protocol"]?.string ?? "TCP")"
            }.joined(separator: ",")
        },
        .age, text("Selector", wide: true) { labels($0.at("spec", "selector")) },
    ]

    private static func externalAddress(_ object: Node) -> String {
        let declared = object.at("spec", "externalIPs")?.array?.compactMap(\.string) ?? []
        switch object.at("spec", "type")?.string {
        case "ExternalName": return object.at("spec", "externalName")?.string ?? "<none>"
        case "LoadBalancer":
            let ingress = object.at("status", "loadBalancer", "ingress")?.array ?? []
            let addresses = ingress.compactMap { $0["ip"]?.string ?? $0["hostname"]?.string } + declared
            return addresses.isEmpty ? "<pending>" : addresses.joined(separator: ",")
        default: return declared.isEmpty ? "<none>" : declared.joined(separator: ",")
        }
    }

    @Sendable private static func endpoints(_ object: Node) -> String {
        var items: [String] = []
        for subset in object["subsets"]?.array ?? [] {
            let addresses = subset["addresses"]?.array?.compactMap { $0["ip"]?.string } ?? []
            let ports = subset["ports"]?.array?.compactMap { $0["port"]?.int } ?? []
            for address in addresses {
                let host = address.contains(":") ? "[\(address)]" : address
                items += ports.isEmpty ? [host] : ports.map { "\(host):\($0)" }
            }
        }
        return list(items, limit: 3)
    }

    private static let endpointSlice: [TableColumn] = [
        .name, text("AddressType") { $0["addressType"]?.string ?? "" },
        text("Ports") { object in
            let ports = object["ports"]?.array ?? []
            return ports.isEmpty
                ? "<unset>" : list(ports.map { $0["port"]?.int.map(String.init) ?? "*" }, limit: 3)
        },
        text("Endpoints") { object in
            let endpoints = object["endpoints"]?.array ?? []
            let addresses = endpoints.flatMap { $0["addresses"]?.array?.compactMap(\.string) ?? [] }
            return addresses.isEmpty ? "<unset>" : list(addresses, limit: 3)
        },
        .age,
    ]

    private static let deployment: [TableColumn] = [
        .name,
        text("Ready") {
            "\($0.at("status", "readyReplicas")?.int ?? 0)/\($0.at("spec", "replicas")?.int ?? 0)"
        },
        TableColumn("Up-to-date", type: "integer") { object, _ in
            Node(.int(object.at("status", "updatedReplicas")?.int ?? 0))
        },
        TableColumn("Available", type: "integer") { object, _ in
            Node(.int(object.at("status", "availableReplicas")?.int ?? 0))
        },
        .age, text("Containers", wide: true) { containers($0, "name") },
        text("Images", wide: true) { containers($0, "image") },
        text("Selector", wide: true) { labels($0.at("spec", "selector", "matchLabels")) },
    ]

    private static func containers(_ object: Node, _ member: String) -> String {
        let containers = object.at("spec", "template", "spec", "containers")?.array ?? []
        return containers.compactMap { $0[member]?.string }.joined(separator: ",")
    }

    private static let event: [TableColumn] = [
        age("Last Seen", ["lastTimestamp"], ["eventTime"], ["firstTimestamp"]),
        text("Type") { $0["type"]?.string ?? "" }, text("Reason") { $0["reason"]?.string ?? "" },
        text("Object") { object in
            let kind = object.at("involvedObject", "kind")?.string?.lowercased() ?? ""
            return "\(kind)/\(object.at("involvedObject", "name")?.string ?? "")"
        },
        text("Subobject", wide: true) { $0.at("involvedObject", "fieldPath")?.string ?? "" },
        text("Source", wide: true) { object in
            let parts = ["component", "host"].compactMap { object.at("source", $0)?.string }
            return parts.joined(separator: ", ")
        },
        text("Message") { $0["message"]?.string ?? "" },
        age("First Seen", wide: true, ["firstTimestamp"], ["eventTime"]),
        TableColumn("Count", type: "integer", priority: 1) { object, _ in
            Node(.int(object["count"]?.int ?? 1))
        },
        TableColumn("Name", format: "name", priority: 1) { object, _ in
            Node(.string(object.at("metadata", "name")?.string ?? ""))
        },
    ]

    private static let pod: [TableColumn] = [
        .name,
        text("Ready") { object in
            let statuses = object.at("status", "containerStatuses")?.array ?? []
            let containers = object.at("spec", "containers")?.array?.count ?? 0
            return "\(statuses.count { $0["ready"]?.bool == true })/\(containers)"
        },
        text("Status") { $0.at("status", "phase")?.string ?? "Unknown" },
        text("Restarts") { object in
            let statuses = object.at("status", "containerStatuses")?.array ?? []
            return String(statuses.reduce(0) { $0 &+ ($1["restartCount"]?.int ?? 0) })
        },
        .age, text("IP", wide: true) { $0.at("status", "podIP")?.string ?? "<none>" },
        text("Node", wide: true) { $0.at("spec", "nodeName")?.string ?? "<none>" },
    ]
}
