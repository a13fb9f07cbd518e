import Document
import Reactor
import Resources

/// What is wrong with the files of a preview; every line is one fault.
struct PreviewError: Error {
    var lines: [String]
}

/// Objects read from files, as `kubectl apply -f` would take them.
struct PreviewFiles {
    /// Objects by kind and key, in the order of the files.
    private(set) var resources: [Resource] = []
    /// What is passed over or may not be meant.
    private(set) var warnings: [PreviewWarning] = []
    private var places: [Identity: Int] = [:]
    private var faults: [String] = []
    private let schemas: SchemaRegistry
    private let namespace: String

    private struct Identity: Hashable {
        var type: ResourceType
        var key: ObjectKey
    }

    /// Objects without a namespace belong to `namespace`.
    init(schemas: SchemaRegistry, namespace: String) {
        self.schemas = schemas
        self.namespace = namespace
    }

    /// Reads files, the manifests directly in directories, and standard input for `-`.
    mutating func read(_ paths: [String]) throws(PreviewError) {
        for path in paths {
            if path == "-" {
                guard let bytes = Output.readStandardInput(limit: FileSystem.defaultLimit) else {
                    faults.append("-: cannot read standard input")
                    continue
                }
                read(bytes, file: "stdin")
                continue
            }
            guard let info = FileSystem.info(path) else {
                faults.append("\(path): does not exist")
                continue
            }
            if info.kind == .directory { readDirectory(path) } else { readFile(path) }
        }
        guard faults.isEmpty else { throw PreviewError(lines: faults) }
    }

    private mutating func readDirectory(_ path: String) {
        do {
            let names = try FileSystem.list(path).sorted()
            let manifests = names.filter { name in
                [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
            }
            if manifests.isEmpty { faults.append("\(path): holds no .yaml, .yml or .json file") }
            for name in manifests { readFile(path.hasSuffix("/") ? path + name : "\(path)/\(name)") }
        } catch {
            faults.append("\(error)")
        }
    }

    private mutating func readFile(_ path: String) {
        do {
            read(try FileSystem.read(path), file: path)
        } catch {
            faults.append("\(error)")
        }
    }

    /// Reads the documents of one file.
    mutating func read(_ bytes: [UInt8], file: String) {
        do {
            for document in try YAML.parse(bytes, file: file) { add(document, file: file) }
        } catch {
            faults += error.findings.map(\.description)
        }
    }

    private mutating func add(_ node: Node, file: String) {
        if let kind = node["kind"]?.string, kind.hasSuffix("List"), let items = node["items"]?.array {
            for item in items { add(item, file: file) }
            return
        }
        do {
            var resource = try Resource(reading: node)
            if resource.type.isNamespaced, resource.namespace.isEmpty { resource.namespace = namespace }
            check(resource, file: file)
        } catch {
            let at = node.position.line > 0 ? "\(file):\(node.position.line):\(node.position.column)" : file
            if node["kind"]?.string != nil, node["apiVersion"]?.string != nil {
                warnings.append(
                    PreviewWarning(object: at, path: "", message: "\(error.message): passed over"))
            } else {
                faults.append("\(at): \(error.message)")
            }
        }
    }

    private mutating func check(_ resource: Resource, file: String) {
        let result = schemas.validate(resource, mode: .warn)
        guard result.problems.isEmpty else {
            faults += result.problems.map { problem in
                var finding = problem.finding
                finding.file = file
                return finding.description
            }
            return
        }
        let object = "\(resource.type.kind) \(resource.key)"
        for field in result.unknownFields {
            warnings.append(PreviewWarning(object: object, path: field.description, message: "unknown field"))
        }
        let identity = Identity(type: resource.type, key: resource.key)
        if let place = places[identity] {
            warnings.append(
                PreviewWarning(object: object, path: "", message: "is given twice; the last one counts"))
            resources[place] = result.resource
        } else {
            places[identity] = resources.count
            resources.append(result.resource)
        }
    }
}

/// One warning of a preview.
struct PreviewWarning: Hashable, Comparable {
    var object: String
    var path: String
    var message: String

    static func < (a: PreviewWarning, b: PreviewWarning) -> Bool {
        (a.object, a.path, a.message) < (b.object, b.path, b.message)
    }
}
