import Document
import KubernetesClient
import Reactor

/// `hanse get`: prints objects as tables or documents, and follows their changes.
enum GetCommand {
    static let flags = FlagSet(
        command: "hanse get", arguments: "TYPE[,TYPE...] [NAME...] | TYPE/NAME...",
        summary: "Print one or many objects.",
        flags: [
            .bool("all-namespaces", short: "A", "list the objects of all namespaces"),
            .value("selector", short: "l", "QUERY", "a label selector, such as app=ratings,tier!=db"),
            .value("field-selector", "QUERY", "a field selector, such as metadata.name=west"),
            .value("output", short: "o", "FORMAT", "one of wide, \(ObjectFormat.words)"),
            .bool("watch", short: "w", "print the objects, then every change"),
            .bool("watch-only", "print changes only"),
            .list("filename", short: "f", "FILE", "print the objects that files name"),
            .bool("recursive", short: "R", "read the folders below those of -f, too"),
            .bool("no-headers", "leave out the header of tables"),
            .bool("show-labels", "print labels as last column"),
            .list("label-columns", short: "L", "KEYS", "labels that get a column of their own"),
            .bool("show-managed-fields", "keep metadata.managedFields"),
            .bool("ignore-not-found", "a missing object is no error"),
        ] + ClusterSession.flags,
        examples: [
            "hanse get servicemeshpeers -A",
            "hanse get servicemeshpeer/west -o jsonpath='{.status.discoveryStatus}'",
            "hanse get svc mesh-gateway -o jsonpath='{.status.loadBalancer.ingress[0].ip}'",
        ])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(CommandFailure) in
            let format = try ObjectFormat.parse(flags["output"], others: ["wide"])
            if flags.arguments.isEmpty, flags.list("filename").isEmpty {
                throw .usage(
                    UsageError("you must specify the type of resource, as TYPE, TYPE NAME or TYPE/NAME"))
            }
            let session = try ClusterSession(flags)
            let allNamespaces = flags.bool("all-namespaces")
            let targets =
                flags.list("filename").isEmpty
                ? try await ResourceArguments.parse(
                    flags.arguments, session: session, allNamespaces: allNamespaces)
                : try await ResourceArguments.parse(
                    files: flags.list("filename"), isRecursive: flags.bool("recursive"), session: session)
            if targets.contains(where: { $0.name != nil }),
                flags.isGiven("selector") || flags.isGiven("field-selector")
            {
                throw .usage(UsageError("selectors and names exclude each other"))
            }
            var getter = ObjectGetter(session: session, flags: flags, format: format)
            if flags.bool("watch") || flags.bool("watch-only") {
                guard targets.count == 1, let target = targets.first else {
                    throw .message("you may only specify a single resource type")
                }
                return try await getter.follow(target, printsFirst: !flags.bool("watch-only"))
            }
            return try await getter.print(targets)
        }
    }
}

/// Fetches and prints what `get` was asked for.
private struct ObjectGetter {
    let session: ClusterSession
    let flags: ParsedFlags
    let format: ObjectFormat?
    var table = TextTable()

    init(session: ClusterSession, flags: ParsedFlags, format: ObjectFormat?) {
        self.session = session
        self.flags = flags
        self.format = format
    }

    private func selection(_ target: ResourceTarget) -> APIClient.Selection {
        APIClient.Selection(
            namespace: target.namespace, labels: flags["selector"] ?? "",
            fields: flags["field-selector"] ?? "")
    }

    private func options(_ target: ResourceTarget, hasSeveralKinds: Bool) -> ServerTable.Options {
        var options = ServerTable.Options()
        options.isWide = flags["output"] == "wide"
        options.showsNamespace = flags.bool("all-namespaces") && target.resource.isNamespaced
        options.showsLabels = flags.bool("show-labels")
        options.labelColumns = flags.list("label-columns", separated: true)
        options.isHeaderless = flags.bool("no-headers")
        if hasSeveralKinds { options.namePrefix = target.resource.qualifiedSingular + "/" }
        return options
    }

    /// The answer to one target: an object, a list or a Table.
    private func fetch(_ target: ResourceTarget, asTable: Bool) async throws(CommandFailure) -> Node {
        let session = session
        if let name = target.name {
            return try await ClusterSession.call { () async throws(APIError) in
                try await session.api.get(
                    target.resource, namespace: target.namespace, name: name, asTable: asTable)
            }
        }
        let selection = selection(target)
        return try await ClusterSession.call { () async throws(APIError) in
            try await session.api.list(target.resource, selection, asTable: asTable)
        }
    }

    mutating func print(_ targets: [ResourceTarget]) async throws(CommandFailure) -> Int32 {
        var failures: [CommandFailure] = []
        var found: [(target: ResourceTarget, answer: Node)] = []
        for target in targets {
            do {
                found.append((target, try await fetch(target, asTable: format == nil)))
            } catch {
                if error.isNotFound, target.name != nil, flags.bool("ignore-not-found") { continue }
                failures.append(error)
                // Without a connection the next request fails alike.
                guard case .api(.status) = error else { break }
            }
        }
        if let format {
            try printDocuments(found, format, isSingle: targets.count == 1 && targets[0].name != nil)
        } else {
            let printed = printTables(found)
            if !printed, failures.isEmpty, !flags.bool("ignore-not-found") {
                let place = targets.first { $0.resource.isNamespaced && !flags.bool("all-namespaces") }
                let words = place.map { " in \($0.namespace ?? session.namespace) namespace." }
                Output.stderr("No resources found\(words ?? "")\n")
            }
        }
        for failure in failures { Output.stderr(failure.text) }
        return failures.isEmpty ? ExitCode.ok : ExitCode.failed
    }

    private func printDocuments(
        _ found: [(target: ResourceTarget, answer: Node)], _ format: ObjectFormat, isSingle: Bool
    ) throws(CommandFailure) {
        let keepsFields = flags.bool("show-managed-fields")
        var items: [(Node, APIResource)] = []
        for (target, answer) in found {
            let objects = target.name == nil ? answer["items"]?.array ?? [] : [answer]
            items += objects.map {
                (
                    ObjectText.presentable($0, target.resource, showsManagedFields: keepsFields),
                    target.resource
                )
            }
        }
        if isSingle {
            if let (object, resource) = items.first {
                Output.stdout(try format.render(object, resource: resource))
            }
        } else if case .name = format {
            for (object, resource) in items { Output.stdout(try format.render(object, resource: resource)) }
        } else if !found.isEmpty {
            Output.stdout(try format.render(ObjectText.list(items.map(\.0)), resource: nil))
        }
    }

    /// Prints tables; false when there was no row.
    private mutating func printTables(_ found: [(target: ResourceTarget, answer: Node)]) -> Bool {
        let hasSeveralKinds = Set(found.map(\.target.resource.qualifiedPlural)).count > 1
        var printed = false
        var current: APIResource?
        var block: [[String]] = []
        func flush(_ block: inout [[String]]) {
            if block.isEmpty { return }
            // Each kind has a table of its own; they stand apart by an empty line.
            var table = TextTable()
            Output.stdout((printed ? "\n" : "") + table.render(block))
            printed = true
            block = []
        }
        for (target, answer) in found {
            guard let table = serverTable(answer, target), !table.rows.isEmpty else { continue }
            let options = options(target, hasSeveralKinds: hasSeveralKinds)
            if current != target.resource {
                flush(&block)
                current = target.resource
                if !options.isHeaderless { block.append(table.header(options)) }
            }
            block += table.lines(options)
        }
        flush(&block)
        return printed
    }

    /// The server's table, or one of names and ages when it sent plain objects.
    private func serverTable(_ answer: Node, _ target: ResourceTarget) -> ServerTable? {
        if let table = ServerTable(answer) { return table }
        let objects = target.name == nil ? answer["items"]?.array ?? [] : [answer]
        let now = Clock.wall()
        return ServerTable(
            objects: objects,
            ages: objects.map { AgeColumn.text($0.at("metadata", "creationTimestamp")?.string, now: now) },
            resourceVersion: answer.at("metadata", "resourceVersion")?.string ?? "")
    }

    /// Prints what is there and then every change, until the server ends it for good.
    mutating func follow(_ target: ResourceTarget, printsFirst: Bool) async throws(CommandFailure) -> Int32 {
        let answer = try await fetch(target, asTable: format == nil)
        var version: String
        let options = options(target, hasSeveralKinds: false)
        var needsHeader = !options.isHeaderless
        var columns: [ServerTable.Column] = []
        if let format {
            version = answer.at("metadata", "resourceVersion")?.string ?? ""
            let objects = target.name == nil ? answer["items"]?.array ?? [] : [answer]
            if printsFirst { for object in objects { try printChange(object, format, target) } }
        } else {
            guard let first = serverTable(answer, target) else { return ExitCode.failed }
            version = first.resourceVersion
            columns = first.columns
            if printsFirst, !first.rows.isEmpty {
                Output.stdout(
                    table.render((needsHeader ? [first.header(options)] : []) + first.lines(options)))
                needsHeader = false
            }
        }
        var selection = selection(target)
        if let name = target.name { selection.fields = "metadata.name=\(name)" }
        let session = session
        while true {
            let (from, wanted) = (version, selection)
            let watch = try await ClusterSession.call { () async throws(APIError) in
                try await session.api.watch(target.resource, wanted, from: from, asTable: self.format == nil)
            }
            while let event = try await ClusterSession.call({ () async throws(APIError) in
                try await watch.next()
            }) {
                let isTable = ServerTable(event.object) != nil
                let metadata =
                    isTable ? event.object["rows"]?[0]?.at("object", "metadata") : event.object["metadata"]
                if let seen = (metadata ?? event.object["metadata"])?["resourceVersion"]?.string {
                    version = seen
                }
                if event.type == "BOOKMARK" { continue }
                if let format {
                    try printChange(event.object, format, target)
                    continue
                }
                let single = ResourceTarget(resource: target.resource, name: "", namespace: target.namespace)
                guard var change = serverTable(event.object, single) else { continue }
                if change.columns.isEmpty { change.columns = columns } else { columns = change.columns }
                let rows = (needsHeader ? [change.header(options)] : []) + change.lines(options)
                needsHeader = false
                if !Output.stdout(table.render(rows)) { return ExitCode.ok }
            }
        }
    }

    private func printChange(
        _ object: Node, _ format: ObjectFormat, _ target: ResourceTarget
    ) throws(CommandFailure) {
        let shown = ObjectText.presentable(
            object, target.resource, showsManagedFields: flags.bool("show-managed-fields"))
        if case .yaml = format { Output.stdout("---\n") }
        Output.stdout(try format.render(shown, resource: target.resource))
    }
}
