import Document
import EnvoyConfig
import Federation
import Translate

extension Preview {
    /// The whole preview as one object, each list sorted as statuses are.
    var node: Node {
        [
            "exports": Node(
                .array(
                    exports.map { export in
                        [
                            "peer": Node(export.peer),
                            "localService": Self.service(
                                export.service.local.name, export.service.local.namespace,
                                export.service.local.hostname),
                            "exportedName": Node(export.service.exportedHostname),
                        ]
                    })),
            "imports": Node(
                .array(
                    imports.map { entry in
                        let name = entry.service.localName
                        return [
                            "peer": Node(entry.peer), "exportedName": Node(entry.service.exported.hostname),
                            "localService": Self.service(
                                name?.name ?? "", name?.namespace ?? "", name?.hostname ?? ""),
                        ]
                    })),
            "routes": Node(.array(routes.map(Self.route))),
            "warnings": Node(
                .array(
                    warnings.map {
                        ["object": Node($0.object), "path": Node($0.path), "message": Node($0.message)]
                    })),
        ]
    }

    private static func service(_ name: String, _ namespace: String, _ hostname: String) -> Node {
        ["name": Node(name), "namespace": Node(namespace), "hostname": Node(hostname)]
    }

    private static func route(_ route: RouteSummary) -> Node {
        [
            "gateway": Node(route.gateway), "host": Node(route.host), "port": Node(.int(Int64(route.port))),
            "virtualService": Node(route.virtualService), "name": Node(route.name),
            "destinations": Node(
                .array(
                    route.destinations.map { destination in
                        [
                            "host": Node(destination.host), "port": Node(.int(Int64(destination.port))),
                            "subset": Node(destination.subset), "peer": Node(destination.peer),
                            "weight": Node(.int(Int64(destination.weight))),
                            "effectiveWeight": Node(.int(Int64(destination.effectiveWeight))),
                        ]
                    })),
            "mirrors": Node(.array(route.mirrors.map { Node($0) })),
        ]
    }

    /// A bootstrap with everything in `static_resources`.
    var bootstrap: Node {
        snapshot.staticBootstrap(
            identity: NodeIdentity(id: "\(meshName)-preview", cluster: meshName),
            adminAddress: EnvoyConfig.Address("127.0.0.1", port: 15000)
        ).node
    }

    /// Tables for people.
    var tables: String {
        var sections: [String] = []
        sections.append(
            Self.table(
                "EXPORTS", ["PEER", "LOCAL SERVICE", "EXPORTED NAME"],
                exports.map { [$0.peer, $0.service.local.hostname, $0.service.exportedHostname] }))
        sections.append(
            Self.table(
                "IMPORTS", ["PEER", "EXPORTED NAME", "LOCAL SERVICE"],
                imports.map {
                    [
                        $0.peer, $0.service.exported.hostname,
                        $0.service.localName?.hostname ?? "<not imported>",
                    ]
                }))
        sections.append(
            Self.table(
                "ROUTES", ["GATEWAY", "HOST", "ROUTE", "WEIGHT", "DESTINATION", "PEER"],
                routes.flatMap(Self.rows)))
        if !warnings.isEmpty {
            sections.append("WARNINGS\n" + warningLines.map { "  \($0)\n" }.joined())
        }
        return sections.joined(separator: "\n")
    }

    /// The warnings, a line each.
    var warningLines: [String] {
        warnings.map { warning in
            let path = warning.path.isEmpty ? "" : "\(warning.path): "
            return "\(warning.object): \(path)\(warning.message)"
        }
    }

    private static func rows(_ route: RouteSummary) -> [[String]] {
        let host = "\(route.host):\(route.port)"
        let destinations = route.destinations.map { destination in
            let subset = destination.subset.isEmpty ? "" : " (\(destination.subset))"
            let weight =
                destination.weight == destination.effectiveWeight
                ? "\(destination.weight)" : "\(destination.effectiveWeight) of \(destination.weight)"
            return [
                route.gateway, host, route.name, weight, "\(destination.host):\(destination.port)\(subset)",
                destination.peer.isEmpty ? "-" : destination.peer,
            ]
        }
        return destinations + route.mirrors.map { [route.gateway, host, route.name, "mirror", $0, "-"] }
    }

    private static func table(_ title: String, _ heading: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "\(title)\n  none\n" }
        let all = [heading] + rows
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return "  " + cells.joined(separator: "   ") + "\n"
        }
        return "\(title)\n" + lines.joined()
    }
}
