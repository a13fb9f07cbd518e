import Document
import KubernetesClient
import Reactor

/// `hanse delete`: deletes objects and waits until they are gone.
enum DeleteCommand {
    static let flags = FlagSet(
        command: "hanse delete", arguments: "(-f FILE|DIR|- | TYPE NAME... | TYPE/NAME... | TYPE -l QUERY)",
        summary: "Delete objects by file, by name or by label.",
        flags: [
            .list("filename", short: "f", "FILE", "a file, a folder, or - for standard input"),
            .bool("recursive", short: "R", "read the folders below those of -f, too"),
            .value("selector", short: "l", "QUERY", "a label selector"),
            .bool("all", "all objects of the type in the namespace"),
            .bool("all-namespaces", short: "A", "with --all or -l: in all namespaces"),
            .bool("wait", "wait until the objects are gone", default: true),
            .value("timeout", "DURATION", "how long to wait; 0 waits for ever", default: "0s"),
            .bool("ignore-not-found", "a missing object is no error"),
            .optionalValue("dry-run", "MODE", whenBare: "client", "none, client or server", default: "none"),
            .optionalValue(
                "cascade", "MODE", whenBare: "background", "background, foreground or orphan dependents",
                default: "background"),
            .value("grace-period", "SECONDS", "how long the object may take to end"),
            .value("output", short: "o", "FORMAT", "name prints TYPE/NAME only"),
        ] + ClusterSession.flags,
        examples: ["hanse delete -f mesh.yaml", "hanse delete servicemeshpeer west -n east-mesh-system"])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(CommandFailure) in
            let dryRun = try DryRun.parse(flags)
            let timeout = try usage { () throws(UsageError) in try flags.duration("timeout") } ?? .zero
            _ = try usage { () throws(UsageError) in try flags.choice("output", of: ["name"]) }
            let options = try deleteOptions(flags)
            let usesFiles = !flags.list("filename").isEmpty
            if usesFiles, !flags.arguments.isEmpty {
                throw .usage(UsageError("-f and resource arguments exclude each other"))
            }
            if !usesFiles, flags.arguments.isEmpty {
                throw .usage(UsageError("you must provide one or more resources by argument or filename"))
            }
            let session = try ClusterSession(flags)
            var targets =
                usesFiles
                ? try await ResourceArguments.parse(
                    files: flags.list("filename"), isRecursive: flags.bool("recursive"), session: session)
                : try await ResourceArguments.parse(
                    flags.arguments, session: session, allNamespaces: flags.bool("all-namespaces"))
            // A missing object is what `delete --all` and `-l` want anyway.
            var ignoresMissing = flags.bool("ignore-not-found")
            if targets.contains(where: { $0.name == nil }) {
                guard flags.bool("all") || flags.isGiven("selector") else {
                    throw .message("resource(s) were provided, but no name was specified")
                }
                ignoresMissing = true
                targets = try await expand(targets, labels: flags["selector"] ?? "", session)
                if targets.isEmpty { Output.stdout("No resources found\n") }
            }
            let deleter = Deleter(
                session: session, options: options, dryRun: dryRun, printsNames: flags["output"] == "name")
            return try await deleter.delete(
                targets, ignoresMissing: ignoresMissing, waits: flags.bool("wait") && dryRun == .none,
                timeout: timeout == .zero ? nil : timeout)
        }
    }

    private static func deleteOptions(_ flags: ParsedFlags) throws(CommandFailure) -> Node {
        var options = Node(Object())
        switch flags["cascade"] {
        case "background", "true", nil: options["propagationPolicy"] = "Background"
        case "foreground": options["propagationPolicy"] = "Foreground"
        case "orphan", "false": options["propagationPolicy"] = "Orphan"
        case let other?:
            throw .usage(
                UsageError(
                    "invalid value \"\(other)\" of --cascade: expected background, foreground or orphan"))
        }
        let grace = try usage { () throws(UsageError) in try flags.int("grace-period", in: -1...86_400) }
        if let grace, grace >= 0 { options["gracePeriodSeconds"] = Node(grace) }
        return options
    }

    private static func expand(
        _ targets: [ResourceTarget], labels: String, _ session: ClusterSession
    ) async throws(CommandFailure) -> [ResourceTarget] {
        var found: [ResourceTarget] = []
        for target in targets {
            let list = try await ClusterSession.call { () async throws(APIError) in
                try await session.api.list(
                    target.resource, APIClient.Selection(namespace: target.namespace, labels: labels))
            }
            for item in list["items"]?.array ?? [] {
                found.append(
                    ResourceTarget(
                        resource: target.resource, name: item.at("metadata", "name")?.string ?? "",
                        namespace: item.at("metadata", "namespace")?.string))
            }
        }
        return found
    }
}

/// Deletes objects and waits for their end.
private struct Deleter {
    let session: ClusterSession
    let options: Node
    let dryRun: DryRun
    let printsNames: Bool

    func delete(
        _ targets: [ResourceTarget], ignoresMissing: Bool, waits: Bool, timeout: Duration?
    ) async throws(CommandFailure) -> Int32 {
        var failed = false
        var waiting: [(target: ResourceTarget, uid: String)] = []
        for target in targets {
            let name = target.name ?? ""
            do {
                let answer = try await ask(target, name)
                Output.stdout(
                    printsNames
                        ? "\(target.label(name))\n"
                        : "\(target.resource.qualifiedSingular) \"\(name)\" deleted\(dryRun.suffix)\n")
                let uid = answer.at("details", "uid")?.string ?? answer.at("metadata", "uid")?.string ?? ""
                waiting.append((target, uid))
            } catch {
                if error.isNotFound, ignoresMissing { continue }
                Output.stderr(error.text)
                failed = true
                guard case .api(.status) = error else { break }
            }
        }
        guard waits else { return failed ? ExitCode.failed : ExitCode.ok }
        for (target, uid) in waiting {
            let name = target.name ?? ""
            let isGone = try await ObjectWaiter(session: session).wait(
                for: target, name: name, timeout: timeout
            ) {
                (object) throws(CommandFailure) in
                // An object of the same name with another uid is a new one.
                guard let object else { return true }
                return !uid.isEmpty && object.at("metadata", "uid")?.string != uid
            }
            if !isGone {
                Output.stderr(
                    "error: timed out waiting for the condition on \(target.resource.plural)/\(name)\n")
                failed = true
            }
        }
        return failed ? ExitCode.failed : ExitCode.ok
    }

    private func ask(_ target: ResourceTarget, _ name: String) async throws(CommandFailure) -> Node {
        try await ClusterSession.call { () async throws(APIError) in
            if dryRun == .client {
                return try await session.api.get(target.resource, namespace: target.namespace, name: name)
            }
            return try await session.api.delete(
                target.resource, namespace: target.namespace, name: name, options: options,
                isDryRun: dryRun == .server)
        }
    }
}
