public import Bytes
public import Document

/// The `status` of an ExportedServiceSet: what the peer sees, sorted by local namespace, local name, exported name.
public func exportedServiceSetStatus(_ exports: [ExportedService]) -> Node {
    let sorted = exports.sorted { a, b in
        (a.local.namespace, a.local.name, a.exportedHostname)
            < (b.local.namespace, b.local.name, b.exportedHostname)
    }
    return [
        "exportedServices": Node(
            sorted.map { export in
                entry(
                    name: export.local.name, namespace: export.local.namespace,
                    hostname: export.local.hostname, exportedName: export.exportedHostname)
            })
    ]
}

/// The `status` of an ImportedServiceSet: every service of the peer's list, sorted by exported name; the local
/// service of one that no rule takes has empty strings.
///
/// `staleSince` is when the connection to the peer was lost, nil while the list is known to be current. It is an
/// addition of ours: peers' tools ignore it.
public func importedServiceSetStatus(_ imports: [ImportedService], staleSince: WallTime? = nil) -> Node {
    let sorted = imports.sorted { $0.exported.hostname < $1.exported.hostname }
    var status: Node = [
        "importedServices": Node(
            sorted.map { service in
                entry(
                    name: service.localName?.name ?? "", namespace: service.localName?.namespace ?? "",
                    hostname: service.localName?.hostname ?? "", exportedName: service.exported.hostname)
            })
    ]
    if let staleSince { status["staleSince"] = Node(staleSince.rfc3339) }
    return status
}

private func entry(name: String, namespace: String, hostname: String, exportedName: String) -> Node {
    [
        "exportedName": Node(exportedName),
        "localService": ["hostname": Node(hostname), "name": Node(name), "namespace": Node(namespace)],
    ]
}
