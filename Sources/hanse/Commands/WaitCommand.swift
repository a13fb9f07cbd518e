import Bytes
import Document
import KubernetesClient
import Reactor

/// `hanse wait`: waits until objects are as they shall be.
enum WaitCommand {
    static let flags = FlagSet(
        command: "hanse wait", arguments: "(-f FILE | TYPE NAME... | TYPE/NAME... | TYPE -l QUERY) --for=...",
        summary: "Wait until objects have a condition, hold a value, are there or are gone.",
        flags: [
            .value(
                "for", "WHAT",
                "condition=TYPE[=STATUS], jsonpath='{PATH}'[=VALUE], create or delete"),
            .value(
                "timeout", "DURATION", "how long to wait; 0 looks once, below 0 waits a week", default: "30s"),
            .list("filename", short: "f", "FILE", "wait for the objects that files name"),
            .bool("recursive", short: "R", "read the folders below those of -f, too"),
            .value("selector", short: "l", "QUERY", "a label selector"),
            .bool("all", "all objects of the type in the namespace"),
            .bool("all-namespaces", short: "A", "in all namespaces"),
        ] + ClusterSession.flags,
        examples: [
            "hanse wait servicemeshcontrolplane/basic --for=condition=Ready --timeout=60s",
            "hanse wait ns/lab --for=delete", "hanse wait ns/lab --for=jsonpath='{.status.phase}'=Active",
        ])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(CommandFailure) in
            guard let text = flags["for"], let goal = try WaitGoal.parse(text) else {
                throw .usage(
                    UsageError(
                        "must specify --for=condition=TYPE[=STATUS], jsonpath='{PATH}'[=VALUE], create or delete"
                    ))
            }
            var timeout = try usage { () throws(UsageError) in try flags.duration("timeout") } ?? .seconds(30)
            if timeout < .zero { timeout = .seconds(7 * 24 * 3600) }
            let session = try ClusterSession(flags)
            let usesFiles = !flags.list("filename").isEmpty
            var targets =
                usesFiles
                ? try await ResourceArguments.parse(
                    files: flags.list("filename"), isRecursive: flags.bool("recursive"), session: session)
                : try await ResourceArguments.parse(
                    flags.arguments, session: session, allNamespaces: flags.bool("all-namespaces"))
            if targets.contains(where: { $0.name == nil }) {
                guard flags.bool("all") || flags.isGiven("selector") else {
                    throw .usage(
                        UsageError(
                            "resource(s) were provided, but no name, label selector, or --all flag specified")
                    )
                }
                targets = try await expand(targets, labels: flags["selector"] ?? "", session)
                if targets.isEmpty {
                    if case .gone = goal { return ExitCode.ok }
                    throw .message("no matching resources found")
                }
            }
            return try await wait(for: goal, targets, timeout: timeout, session)
        }
    }

    private static func wait(
        for goal: WaitGoal, _ targets: [ResourceTarget], timeout: Duration, _ session: ClusterSession
    ) async throws(CommandFailure) -> Int32 {
        let deadline = Clock.monotonic() + timeout
        var failed = false
        for target in targets {
            let name = target.name ?? ""
            let before = await current(target, name, session)
            switch before {
            case .failure(let error) where error.isNotFound:
                switch goal {
                // What is not there needs no waiting and, as with kubectl, no word.
                case .gone: continue
                case .there: break
                default:
                    Output.stderr(error.text)
                    failed = true
                    continue
                }
            case .failure(let error): throw error
            case .success(let object):
                if try goal.isReached(by: object) {
                    Output.stdout("\(target.label(name)) condition met\n")
                    continue
                }
            }
            let left = deadline - Clock.monotonic()
            // A deleted object takes its uid with it: a new one of the name is not the one waited for.
            let uid = (try? before.get())?.at("metadata", "uid")?.string
            let isReached = try await ObjectWaiter(session: session).wait(
                for: target, name: name, timeout: max(.zero, left)
            ) { (object) throws(CommandFailure) in
                if case .gone = goal, let object, let uid, object.at("metadata", "uid")?.string != uid {
                    return true
                }
                return try goal.isReached(by: object)
            }
            if isReached {
                Output.stdout("\(target.label(name)) condition met\n")
            } else {
                Output.stderr(
                    "error: timed out waiting for the condition on \(target.resource.plural)/\(name)\n")
                failed = true
            }
        }
        return failed ? ExitCode.failed : ExitCode.ok
    }

    private static func current(
        _ target: ResourceTarget, _ name: String, _ session: ClusterSession
    ) async -> Result<Node, CommandFailure> {
        do throws(CommandFailure) {
            return .success(
                try await ClusterSession.call { () async throws(APIError) in
                    try await session.api.get(target.resource, namespace: target.namespace, name: name)
                })
        } catch {
            return .failure(error)
        }
    }

    private static func expand(
        _ targets: [ResourceTarget], labels: String, _ session: ClusterSession
    ) async throws(CommandFailure) -> [ResourceTarget] {
        var found: [ResourceTarget] = []
        for target in targets where target.name == nil {
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

/// What `--for` asks.
enum WaitGoal: Sendable {
    case condition(type: String, status: String)
    case path(JSONPath, value: String?)
    case gone
    case there

    /// Reads the value of `--for`; nil when it is none of the forms.
    static func parse(_ text: String) throws(CommandFailure) -> WaitGoal? {
        switch ASCII.lowercased(text) {
        case "delete": return .gone
        case "create": return .there
        default: break
        }
        if text.hasPrefix("condition=") {
            let parts = text.dropFirst(10).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let type = parts.first, !type.isEmpty else { return nil }
            return .condition(type: String(type), status: parts.count > 1 ? String(parts[1]) : "true")
        }
        guard text.hasPrefix("jsonpath=") else { return nil }
        var expression = String(text.dropFirst(9))
        var value: String?
        // The value follows the `=` behind the closing brace: a filter may hold others.
        let searchStart = expression.lastIndex(of: "}") ?? expression.startIndex
        if let equals = expression[searchStart...].firstIndex(of: "=") {
            value = unquoted(String(expression[expression.index(after: equals)...]))
            expression = String(expression[..<equals])
        }
        do {
            return .path(try JSONPath(relaxed: unquoted(expression)), value: value)
        } catch {
            throw .usage(UsageError("invalid value of --for: \(error.message)"))
        }
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count > 1, let quote = text.first, quote == "'" || quote == "\"", text.last == quote else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }

    /// True when an object (nil: none) is as it shall be.
    func isReached(by object: Node?) throws(CommandFailure) -> Bool {
        switch self {
        case .gone: return object == nil
        case .there: return object != nil
        case .condition(let type, let status):
            guard let object else { return false }
            for condition in object.at("status", "conditions")?.array ?? [] {
                guard ASCII.equalsIgnoringCase(condition["type"]?.string ?? "", type) else { continue }
                let generation = object.at("metadata", "generation")?.int ?? 0
                let observed =
                    condition["observedGeneration"]?.int ?? object.at("status", "observedGeneration")?.int
                if let observed, observed < generation { return false }
                return ASCII.equalsIgnoringCase(condition["status"]?.string ?? "", status)
            }
            return false
        case .path(let path, let value):
            guard let object else { return false }
            // An index beyond a list is a value that is not there yet.
            let found = (try? path.values(in: object)) ?? []
            if found.count > 1 {
                throw .message("given jsonpath expression matches more than one value")
            }
            guard let first = found.first else { return false }
            return value.map { $0 == JSONPath.print(first) } ?? !JSONPath.print(first).isEmpty
        }
    }
}
