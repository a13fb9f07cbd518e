import Bytes
import Document
import Resources

/// One column of a Table: its definition and how an object's cell is read.
struct TableColumn: Sendable {
    let name: String
    let type: String
    let format: String
    let description: String
    /// 0 is always shown, higher only with `-o wide`.
    let priority: Int64
    /// The cell's value; `null` is shown blank.
    let cell: @Sendable (_ object: Node, _ now: WallTime) -> Node

    init(
        _ name: String, type: String = "string", format: String = "", description: String = "",
        priority: Int64 = 0, cell: @escaping @Sendable (_ object: Node, _ now: WallTime) -> Node
    ) {
        self.name = name
        self.type = type
        self.format = format
        self.description = description
        self.priority = priority
        self.cell = cell
    }

    /// The object's name: the first column of every table.
    static let name = TableColumn("Name", format: "name") { object, _ in
        Node(.string(object.at("metadata", "name")?.string ?? ""))
    }

    /// The object's age: the last column that is always shown.
    static let age = TableColumn("Age") { object, now in
        Node(.string(AgeText.text(since: object.at("metadata", "creationTimestamp")?.string, now: now)))
    }

    /// A column of a CRD's `additionalPrinterColumns`; `nil` when its path is not understood.
    init?(printerColumn column: PrinterColumn) {
        guard let path = ColumnPath(column.jsonPath) else { return nil }
        let type = column.type
        self.init(
            column.name, type: type, format: column.format, description: column.description,
            priority: Int64(column.priority)
        ) { object, now in
            Self.render(path.first(in: object), type: type, now: now)
        }
    }

    private static func render(_ value: Node?, type: String, now: WallTime) -> Node {
        guard let value, !value.isNull else { return Node(.null) }
        switch (type, value.value) {
        case ("date", _): return Node(.string(AgeText.text(since: value.string, now: now)))
        case ("integer", .int), ("integer", .uint), ("number", .int), ("number", .uint), ("number", .double),
            ("boolean", .bool), (_, .string):
            return value
        default: return Node(.string(JSON.serialize(value)))
        }
    }

    /// The definition in the form of a Table.
    var definition: Node {
        [
            "name": Node(.string(name)), "type": Node(.string(type)), "format": Node(.string(format)),
            "description": Node(.string(description)), "priority": Node(.int(priority)),
        ]
    }
}
