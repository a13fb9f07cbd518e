import Document
import Reactor
import Resources

/// Reads the state directory at start: what is whole is loaded, everything else is moved aside and named.
struct StoreLoader {
    /// What was found.
    struct Result {
        var objects: [StoredObject] = []
        /// No version up to this one may be given out again.
        var version: UInt64 = 0
        /// What was moved to the quarantine, one line each: file and reason.
        var quarantined: [String] = []
        /// Directories that exist.
        var directories: Set<String> = []
    }

    private let layout: StoreLayout
    private var result = Result()

    private init(layout: StoreLayout) { self.layout = layout }

    /// Loads everything below `layout`.
    static func load(_ layout: StoreLayout) throws(FileError) -> Result {
        var loader = StoreLoader(layout: layout)
        try loader.run()
        return loader.result
    }

    private mutating func run() throws(FileError) {
        for directory in [layout.root, layout.objects, layout.quarantine] {
            try FileSystem.makeDirectory(directory)
            try FileSystem.setMode(directory, 0o700)
        }
        for group in try FileSystem.list(layout.objects) {
            let path = "\(layout.objects)/\(group)"
            guard isDirectory(path) else {
                try setAside(path, "no file belongs here")
                continue
            }
            for kind in try FileSystem.list(path) {
                try loadKind("\(path)/\(kind)", group: group, kind: kind)
            }
        }
        try readMark()
    }

    private mutating func loadKind(_ path: String, group: String, kind: String) throws(FileError) {
        let group = group == "core" ? "" : group
        guard isDirectory(path), let type = ResourceType.find(group: group, kind: kind) else {
            return try setAside(path, "no kind of this server is stored here")
        }
        for namespace in try FileSystem.list(path) {
            let directory = "\(path)/\(namespace)"
            guard isDirectory(directory), (namespace == "_cluster") != type.isNamespaced else {
                try setAside(directory, "not a namespace of \(type.plural)")
                continue
            }
            let files = try FileSystem.list(directory)
            if files.isEmpty {
                _ = try FileSystem.removeDirectory(directory)
                continue
            }
            result.directories.insert(directory)
            let namespace = namespace == "_cluster" ? "" : namespace
            for file in files {
                try loadFile("\(directory)/\(file)", file, type, namespace)
            }
        }
    }

    private mutating func loadFile(
        _ path: String, _ file: String, _ type: ResourceType, _ namespace: String
    ) throws(FileError) {
        if StoreLayout.isTemporary(file) {
            _ = try FileSystem.remove(path)
            return
        }
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(path)
        } catch {
            return try setAside(path, error.description)
        }
        do {
            let node = try JSON.parse(bytes, file: path)
            if let reason = flaw(of: node, file, type, namespace) { return try setAside(path, reason) }
            let name = node.at("metadata", "name")?.string ?? ""
            let version = node.at("metadata", "resourceVersion")?.string.flatMap(UInt64.init) ?? 0
            let id = ObjectID(type, ObjectKey(namespace: namespace, name: name))
            result.objects.append(StoredObject(id: id, node: node, version: version, json: bytes))
            result.version = max(result.version, version)
        } catch let error as DocumentError {
            try setAside(path, error.findings.first?.message ?? "not JSON")
        } catch let error as FileError {
            throw error
        } catch {
            try setAside(path, "not JSON")
        }
    }

    /// Why a parsed file is not the object its path promises; `nil` when it is.
    private func flaw(of node: Node, _ file: String, _ type: ResourceType, _ namespace: String) -> String? {
        guard node.object != nil else { return "not a JSON object" }
        guard node["kind"]?.string == type.kind, let apiVersion = node["apiVersion"]?.string,
            type.versions.contains(where: {
                type.group.isEmpty ? $0 == apiVersion : "\(type.group)/\($0)" == apiVersion
            })
        else { return "not a \(type.kind) of this server" }
        guard let metadata = node["metadata"], metadata["namespace"]?.string ?? "" == namespace else {
            return "metadata.namespace does not match the directory"
        }
        guard let name = metadata["name"]?.string, StoreLayout.fileName(name) == file else {
            return "metadata.name does not match the file name"
        }
        guard metadata["resourceVersion"]?.string.flatMap(UInt64.init) != nil else {
            return "metadata.resourceVersion is missing or not a number"
        }
        guard metadata["uid"]?.string?.isEmpty == false else { return "metadata.uid is missing" }
        return nil
    }

    private mutating func readMark() throws(FileError) {
        guard FileSystem.exists(layout.versionMark) else { return }
        let text = String(decoding: try FileSystem.read(layout.versionMark, limit: 4096), as: UTF8.self)
        if let mark = UInt64(text.prefix { $0 != "\n" }), mark < UInt64(Int64.max) {
            result.version = max(result.version, mark)
        } else {
            try setAside(layout.versionMark, "not a version")
            // Versions of deleted objects are unknown now: step far past whatever they were.
            result.version += 1_000_000
        }
    }

    private func isDirectory(_ path: String) -> Bool { FileSystem.info(path)?.kind == .directory }

    private mutating func setAside(_ path: String, _ reason: String) throws(FileError) {
        let relative = path.hasPrefix(layout.root) ? path.dropFirst(layout.root.utf8.count + 1) : path[...]
        var name = String(relative.map { $0 == "/" ? "_" : $0 })
        if name.utf8.count > 200 { name = String(name.suffix(180)) }
        var target = "\(layout.quarantine)/\(name)"
        var attempt = 1
        while FileSystem.exists(target) {
            target = "\(layout.quarantine)/\(name).\(attempt)"
            attempt += 1
        }
        try FileSystem.move(path, to: target)
        try FileSystem.syncDirectory(FileSystem.parent(of: path))
        result.quarantined.append("\(path): \(reason)")
        Log.error("store", "\(path): \(reason); moved to \(target)")
    }
}
