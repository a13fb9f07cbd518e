import Bytes
import Document
import Resources

/// Objects as a `meta.k8s.io/v1` Table: what `kubectl get` prints.
struct Table: Sendable {
    /// What each row carries beside its cells.
    enum IncludeObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    /// The columns in order.
    let columns: [TableColumn]

    /// The table of a built-in kind.
    init(kind: String) { columns = BuiltinColumns.columns(kind: kind) }

    /// The table of a custom kind: Name, the CRD's columns, and Age where the CRD has no Age of its own.
    init(printerColumns: [PrinterColumn]) {
        let listed = printerColumns.compactMap(TableColumn.init(printerColumn:))
        let hasAge = listed.contains { $0.name == "Age" }
        columns = [.name] + listed + (hasAge ? [] : [.age])
    }

    /// The Table of `objects`; `metadata` is that of the list or of the single object.
    func node(
        of objects: [Node], metadata: Node, include: IncludeObject, now: WallTime,
        withDefinitions: Bool = true
    ) -> Node {
        [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": withDefinitions ? Node(.array(columns.map(\.definition))) : .null,
            "rows": Node(.array(objects.map { row(of: $0, include: include, now: now) })),
        ]
    }

    private func row(of object: Node, include: IncludeObject, now: WallTime) -> Node {
        let cells = columns.map { $0.cell(object, now) }
        let reference: Node =
            switch include {
            case .none: .null
            case .object: object
            case .metadata:
                [
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                    "metadata": object["metadata"] ?? [:],
                ]
            }
        return ["cells": Node(.array(cells)), "object": reference]
    }
}
