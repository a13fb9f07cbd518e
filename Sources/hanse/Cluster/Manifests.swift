import Document
import Reactor

/// One object of a manifest file.
struct Manifest: Sendable {
    /// The object.
    var node: Node
    /// The file it came from, as the user named it; `STDIN` for standard input.
    var source: String

    var apiVersion: String { node["apiVersion"]?.string ?? "" }
    var kind: String { node["kind"]?.string ?? "" }
    var name: String { node.at("metadata", "name")?.string ?? "" }
    var namespace: String { node.at("metadata", "namespace")?.string ?? "" }
}

/// Reads the files that `-f` names.
enum ManifestReader {
    /// What files may hold at most.
    static let maxBytes = 64 << 20

    /// The objects of files, folders (`.json`, `.yaml` and `.yml` in them, by name) and `-` for standard
    /// input, in order.
    ///
    /// Lists are taken apart.
    static func read(_ paths: [String], isRecursive: Bool) throws(CommandFailure) -> [Manifest] {
        var manifests: [Manifest] = []
        for path in paths {
            if path == "-" {
                guard let bytes = Output.readStandardInput(limit: maxBytes) else {
                    throw .message("cannot read standard input")
                }
                manifests += try parse(bytes, source: "STDIN")
                continue
            }
            if path.hasPrefix("http://") || path.hasPrefix("https://") {
                throw .message("\(path): manifests are read from files, expected a path")
            }
            guard let info = FileSystem.info(path) else {
                throw .message("the path \"\(path)\" does not exist")
            }
            let files =
                info.kind == .directory ? try self.files(in: path, isRecursive: isRecursive) : [path]
            for file in files { manifests += try parse(try read(file), source: file) }
        }
        if manifests.isEmpty { throw .message("no objects passed") }
        return manifests
    }

    private static func files(in directory: String, isRecursive: Bool) throws(CommandFailure) -> [String] {
        var files: [String] = []
        do {
            for name in try FileSystem.list(directory).sorted() {
                let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
                guard let info = FileSystem.info(path) else { continue }
                if info.kind == .directory {
                    if isRecursive { files += try self.files(in: path, isRecursive: true) }
                } else if [".json", ".yaml", ".yml"].contains(where: name.hasSuffix) {
                    files.append(path)
                }
            }
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw .message("\(error)")
        }
        return files
    }

    /// Reads one file.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        do {
            return try FileSystem.read(path, limit: maxBytes)
        } catch {
            throw .message("\(error)")
        }
    }

    /// The objects of one text: JSON when it begins with a brace, else YAML.
    static func parse(_ bytes: [UInt8], source: String) throws(CommandFailure) -> [Manifest] {
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        let limits = ParseLimits(maxBytes: maxBytes)
        var documents: [Node]
        do {
            if first == UInt8(ascii: "{") {
                do {
                    documents = [try JSON.parse(bytes, file: source, limits: limits)]
                } catch {
                    // Flow-style YAML and several JSON documents begin with a brace, too.
                    guard let found = try? YAML.parse(bytes, file: source, limits: limits) else {
                        throw error
                    }
                    documents = found
                }
            } else {
                documents = try YAML.parse(bytes, file: source, limits: limits)
            }
        } catch {
            throw .message("error parsing \(source): \(error)")
        }
        var manifests: [Manifest] = []
        for document in documents { try add(document, source: source, to: &manifests) }
        return manifests
    }

    private static func add(
        _ document: Node, source: String, to manifests: inout [Manifest]
    ) throws(CommandFailure) {
        let place = Finding(file: source, position: document.position, message: "").description
        guard document.object != nil else {
            throw .message("\(place)not an object, expected a mapping with apiVersion and kind")
        }
        for field in ["apiVersion", "kind"] where (document[field]?.string ?? "").isEmpty {
            throw .message("\(place)\(field): required, expected a string")
        }
        if document["kind"]?.string?.hasSuffix("List") == true, let items = document["items"]?.array {
            for item in items { try add(item, source: source, to: &manifests) }
            return
        }
        manifests.append(Manifest(node: document, source: source))
    }
}
