import Bytes
import Document
import KubernetesClient
import Reactor
import Resources

/// `hanse create`: makes objects from flags or files.
enum CreateCommand {
    static let group = CommandGroup(
        command: "hanse create",
        summary: "Create an object: from a file with 'hanse create -f FILE', or from flags.",
        commands: [
            Command(name: "namespace", summary: "create a namespace", run: runNamespace),
            Command(name: "ns", summary: "the same as namespace", run: runNamespace),
            Command(
                name: "configmap", summary: "create a config map from files and literals", run: runConfigMap),
            Command(name: "cm", summary: "the same as configmap", run: runConfigMap),
            Command(name: "secret", summary: "create a secret: 'secret generic NAME'", run: runSecret),
        ])

    private static let writeFlags: [Flag] =
        [
            .optionalValue("dry-run", "MODE", whenBare: "client", "none, client or server", default: "none"),
            .optionalValue(
                "validate", "MODE", whenBare: "strict", "strict, warn or ignore unknown fields",
                default: "strict"),
            .value("field-manager", "NAME", "who writes, for managedFields", default: "kubectl-create"),
            .value("output", short: "o", "FORMAT", "one of \(ObjectFormat.words)"),
        ] + ClusterSession.flags

    private static let dataFlags: [Flag] = [
        .list("from-literal", "KEY=VALUE", "a key and its value"),
        .list("from-file", "[KEY=]PATH", "a file, or all files of a folder; the key is the file's name"),
        .list("from-env-file", "PATH", "a file of lines KEY=VALUE"),
    ]

    static let fileFlags = FlagSet(
        command: "hanse create", arguments: "-f FILE|DIR|-", summary: "Create the objects of manifests.",
        flags: [
            .list("filename", short: "f", "FILE", "a file, a folder, or - for standard input"),
            .bool("recursive", short: "R", "read the folders below those of -f, too"),
        ] + writeFlags)

    static let namespaceFlags = FlagSet(
        command: "hanse create namespace", arguments: "NAME", summary: "Create a namespace.",
        flags: writeFlags)

    static let configMapFlags = FlagSet(
        command: "hanse create configmap", arguments: "NAME",
        summary: "Create a config map from files, folders and literals.", flags: dataFlags + writeFlags,
        examples: [
            "hanse create configmap west-ca-root-cert --from-file=root-cert.pem=west.pem -n east-mesh-system"
        ])

    static let secretFlags = FlagSet(
        command: "hanse create secret generic", arguments: "NAME",
        summary: "Create a secret from files, folders and literals.",
        flags: dataFlags + [.value("type", "TYPE", "the type of the secret")] + writeFlags,
        examples: ["hanse create secret generic cacerts --from-file=certs/ -n east-mesh-system"])

    static func run(_ arguments: [String]) async -> Int32 {
        if let first = arguments.first, first.hasPrefix("-"), first != "-h", first != "--help" {
            return await fileFlags.run(arguments) { (flags) throws(CommandFailure) in
                if flags.list("filename").isEmpty {
                    throw .usage(UsageError("must specify one of -f and --filename"))
                }
                var failed = false
                let creator = try Creator(flags)
                for manifest in try ManifestReader.read(
                    flags.list("filename"), isRecursive: flags.bool("recursive"))
                {
                    do throws(CommandFailure) {
                        try await creator.create(manifest)
                    } catch {
                        Output.stderr(error.inSource("creating", manifest.source).text)
                        failed = true
                    }
                }
                return failed ? ExitCode.failed : ExitCode.ok
            }
        }
        return await group.run(arguments)
    }

    @Sendable private static func runNamespace(_ arguments: [String]) async -> Int32 {
        await namespaceFlags.run(arguments) { (flags) throws(CommandFailure) in
            let object: Node = [
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": ["creationTimestamp": .null, "name": Node(try name(flags, "NAME"))],
                "spec": Node(Object()), "status": Node(Object()),
            ]
            try await Creator(flags).create(Manifest(node: object, source: ""))
            return ExitCode.ok
        }
    }

    @Sendable private static func runConfigMap(_ arguments: [String]) async -> Int32 {
        await configMapFlags.run(arguments) { (flags) throws(CommandFailure) in
            var object: Node = ["apiVersion": "v1", "kind": "ConfigMap"]
            var texts = Object()
            var binaries = Object()
            for (key, bytes) in try DataArguments.read(flags) {
                if let text = String(validating: bytes, as: UTF8.self) {
                    texts[key] = Node(text)
                } else {
                    binaries[key] = Node(Base64.encode(bytes))
                }
            }
            if !texts.isEmpty { object["data"] = Node(texts) }
            if !binaries.isEmpty { object["binaryData"] = Node(binaries) }
            object["metadata"] = ["creationTimestamp": .null, "name": Node(try name(flags, "NAME"))]
            try await createNamed(object, "configmap", flags)
            return ExitCode.ok
        }
    }

    @Sendable private static func runSecret(_ arguments: [String]) async -> Int32 {
        guard arguments.first == "generic" || arguments.contains("--help") || arguments.contains("-h") else {
            Output.stderr(
                "error: expected 'hanse create secret generic NAME'\nSee 'hanse create secret --help' for usage.\n"
            )
            return ExitCode.usage
        }
        return await secretFlags.run(Array(arguments.dropFirst(arguments.first == "generic" ? 1 : 0))) {
            (flags) throws(CommandFailure) in
            var object: Node = ["apiVersion": "v1", "kind": "Secret"]
            var data = Object()
            for (key, bytes) in try DataArguments.read(flags) { data[key] = Node(Base64.encode(bytes)) }
            if !data.isEmpty { object["data"] = Node(data) }
            if let type = flags["type"] { object["type"] = Node(type) }
            object["metadata"] = ["creationTimestamp": .null, "name": Node(try name(flags, "NAME"))]
            try await createNamed(object, "secret", flags)
            return ExitCode.ok
        }
    }

    private static func createNamed(_ object: Node, _ word: String, _ flags: ParsedFlags)
        async throws(CommandFailure)
    {
        do {
            try await Creator(flags).create(Manifest(node: object, source: ""))
        } catch {
            if case .api(.status(let status)) = error, status.reason != "Unauthorized" {
                throw .message("failed to create \(word): \(status.message)")
            }
            throw error
        }
    }

    private static func name(_ flags: ParsedFlags, _ placeholder: String) throws(CommandFailure) -> String {
        guard let name = flags.arguments.first, flags.arguments.count == 1, !name.isEmpty else {
            throw .usage(
                UsageError("exactly one \(placeholder) is required, got \(flags.arguments.count)"))
        }
        return name
    }
}

/// Creates single objects and says so.
private struct Creator {
    let flags: ParsedFlags
    let dryRun: DryRun
    let format: ObjectFormat?
    let options: APIClient.WriteOptions
    /// Nil for a dry run on the client of an object of a well-known kind: no server is needed for that.
    let session: ClusterSession?

    init(_ flags: ParsedFlags) throws(CommandFailure) {
        self.flags = flags
        dryRun = try DryRun.parse(flags)
        format = try ObjectFormat.parse(flags["output"])
        options = APIClient.WriteOptions(
            fieldManager: flags["field-manager"] ?? "", fieldValidation: try FieldValidation.parse(flags),
            isDryRun: dryRun == .server)
        session = dryRun == .client ? nil : try ClusterSession(flags)
    }

    func create(_ manifest: Manifest) async throws(CommandFailure) {
        var object = manifest.node
        guard let session else {
            if let namespace = flags["namespace"], manifest.kind != "Namespace", manifest.namespace.isEmpty {
                object.set(["metadata", "namespace"], to: Node(namespace))
            }
            let known = ResourceType.find(apiVersion: manifest.apiVersion, kind: manifest.kind)
            let label = known.map { APIResource($0).qualifiedSingular } ?? manifest.kind.lowercased()
            return try report(object, label: label, resource: known.map { APIResource($0) })
        }
        let resource = try await session.resource(of: manifest)
        let namespace = try session.namespace(of: manifest, resource)
        if let namespace { object.set(["metadata", "namespace"], to: Node(namespace)) }
        let sent = object
        let stored = try await ClusterSession.call { () async throws(APIError) in
            try await session.api.create(resource, namespace: namespace, sent, options)
        }
        try report(stored, label: resource.qualifiedSingular, resource: resource)
    }

    private func report(_ object: Node, label: String, resource: APIResource?) throws(CommandFailure) {
        if let format {
            var shown = object
            shown.set(["metadata", "managedFields"], to: nil)
            Output.stdout(try format.render(shown, resource: resource))
        } else {
            Output.stdout("\(label)/\(object.at("metadata", "name")?.string ?? "") created\(dryRun.suffix)\n")
        }
    }
}

/// Reads `--from-literal`, `--from-file` and `--from-env-file`.
enum DataArguments {
    static func read(_ flags: ParsedFlags) throws(CommandFailure) -> [(key: String, bytes: [UInt8])] {
        var entries: [(key: String, bytes: [UInt8])] = []
        func add(_ key: String, _ bytes: [UInt8]) throws(CommandFailure) {
            let isValid =
                !key.isEmpty && key.utf8.count <= 253 && key != "." && !key.hasPrefix("..")
                && key.utf8.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || "-._".utf8.contains($0) }
            guard isValid else {
                throw .message(
                    "\"\(key)\" is not a valid key name: a valid key must consist of alphanumeric characters, "
                        + "'-', '_' or '.'")
            }
            guard !entries.contains(where: { $0.key == key }) else {
                throw .message("cannot add key \"\(key)\", another key by that name already exists")
            }
            entries.append((key, bytes))
        }
        for literal in flags.list("from-literal") {
            guard let equals = literal.firstIndex(of: "="), equals != literal.startIndex else {
                throw .usage(UsageError("invalid literal source \(literal), expected key=value"))
            }
            try add(String(literal[..<equals]), Array(literal[literal.index(after: equals)...].utf8))
        }
        for source in flags.list("from-file") {
            let equals = source.firstIndex(of: "=")
            let path = equals.map { String(source[source.index(after: $0)...]) } ?? source
            let key = equals.map { String(source[..<$0]) }
            guard !path.isEmpty, key?.isEmpty != true else {
                throw .usage(UsageError("invalid file source \(source), expected PATH or key=PATH"))
            }
            guard let info = FileSystem.info(path) else {
                throw .message("error reading \(path): no such file or directory")
            }
            if info.kind == .directory {
                if key != nil { throw .message("cannot give a key name for a directory path") }
                for file in try files(of: path) {
                    try add(FileSystem.name(of: file), try ManifestReader.read(file))
                }
            } else {
                try add(key ?? FileSystem.name(of: path), try ManifestReader.read(path))
            }
        }
        for path in flags.list("from-env-file") {
            let text = String(decoding: try ManifestReader.read(path), as: UTF8.self)
            for line in text.split(whereSeparator: \.isNewline) {
                let trimmed = String(line.drop { $0 == " " || $0 == "\t" })
                if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
                let equals = trimmed.firstIndex(of: "=")
                let key = equals.map { String(trimmed[..<$0]) } ?? trimmed
                let value =
                    equals.map { String(trimmed[trimmed.index(after: $0)...]) } ?? Environment.get(key)
                if let value { try add(key, Array(value.utf8)) }
            }
        }
        return entries
    }

    private static func files(of directory: String) throws(CommandFailure) -> [String] {
        do {
            return try FileSystem.list(directory).sorted().map { "\(directory)/\($0)" }
                .filter { FileSystem.info($0)?.kind == .file }
        } catch {
            throw .message("\(error)")
        }
    }
}
