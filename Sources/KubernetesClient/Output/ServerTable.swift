public import Document

/// The Table an API server answers to a human `get`.
public struct ServerTable: Sendable {
    /// One column.
    public struct Column: Sendable, Hashable {
        /// The name as the server has it.
        public var name: String
        /// 0 for columns that are always shown; others only show with `-o wide`.
        public var priority: Int64
    }

    /// One row.
    public struct Row: Sendable {
        /// The cells as text; empty for null.
        public var cells: [String]
        /// The metadata of the object the row is about.
        public var metadata: Node
    }

    /// What is printed besides the server's columns.
    public struct Options: Sendable, Hashable {
        /// Show the columns of lower priority.
        public var isWide = false
        /// Show the namespace first.
        public var showsNamespace = false
        /// Show all labels last.
        public var showsLabels = false
        /// Labels that get a column of their own.
        public var labelColumns: [String] = []
        /// What is put before names: `configmap/`.
        public var namePrefix = ""
        /// Leave out the header.
        public var isHeaderless = false

        /// Options as a plain `get` has them.
        public init() {}
    }

    /// The columns; empty in the later events of a watch.
    public var columns: [Column]
    /// The rows.
    public var rows: [Row]
    /// The version to watch from.
    public var resourceVersion: String
    /// Where the rest of a long list begins; empty when this is all.
    public var continuation: String

    /// Reads a Table document; nil for other documents.
    public init?(_ node: Node) {
        guard node["kind"]?.string == "Table" else { return nil }
        columns = (node["columnDefinitions"]?.array ?? []).map {
            Column(name: $0["name"]?.string ?? "", priority: $0["priority"]?.int ?? 0)
        }
        rows = (node["rows"]?.array ?? []).map { row in
            Row(
                cells: (row["cells"]?.array ?? []).map { $0.isNull ? "" : JSONPath.print($0) },
                metadata: row.at("object", "metadata") ?? Node(Object()))
        }
        resourceVersion = node.at("metadata", "resourceVersion")?.string ?? ""
        continuation = node.at("metadata", "continue")?.string ?? ""
    }

    /// A table of objects as kubectl makes it when the server does not: names and ages.
    public init(objects: [Node], ages: [String], resourceVersion: String) {
        columns = [Column(name: "Name", priority: 0), Column(name: "Age", priority: 0)]
        rows = zip(objects, ages).map { object, age in
            Row(
                cells: [object.at("metadata", "name")?.string ?? "", age],
                metadata: object["metadata"] ?? Node(Object()))
        }
        self.resourceVersion = resourceVersion
        continuation = ""
    }

    /// The header row.
    public func header(_ options: Options) -> [String] {
        var cells = visible(options).map { columns[$0].name.uppercased() }
        if options.showsNamespace { cells.insert("NAMESPACE", at: 0) }
        cells += options.labelColumns.map { label in
            String(label.split(separator: "/").last ?? "").uppercased()
        }
        if options.showsLabels { cells.append("LABELS") }
        return cells
    }

    /// The rows as text.
    public func lines(_ options: Options) -> [[String]] {
        let shown = visible(options)
        return rows.map { row in
            var cells = shown.map { $0 < row.cells.count ? row.cells[$0] : "" }
            if let nameColumn = columns.firstIndex(where: { $0.name == "Name" }),
                let place = shown.firstIndex(of: nameColumn)
            {
                cells[place] = options.namePrefix + cells[place]
            }
            if options.showsNamespace { cells.insert(row.metadata["namespace"]?.string ?? "", at: 0) }
            let labels = row.metadata["labels"]?.stringMap ?? [:]
            cells += options.labelColumns.map { labels[$0] ?? "" }
            if options.showsLabels {
                let text = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                    separator: ",")
                cells.append(text.isEmpty ? "<none>" : text)
            }
            return cells
        }
    }

    private func visible(_ options: Options) -> [Int] {
        columns.indices.filter { options.isWide || columns[$0].priority == 0 }
    }
}
