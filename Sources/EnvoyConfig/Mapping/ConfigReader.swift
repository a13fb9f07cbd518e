import Document

/// What a reading pass has found so far, and where it stands in the document.
///
/// One reader serves any number of resources; `findings` grows until `finish()`. A reader never stops at the first
/// fault: the value read is then a placeholder, and only a reader without findings vouches for what it read.
public struct ConfigReader {
    /// How a reader treats a field outside the subset.
    public enum Strictness: Sendable {
        /// A fault: the field is refused by name.
        case strict
        /// Passed over. Only for requests of other implementations, which carry more than the subset knows.
        case lenient
    }

    /// The most findings one reader keeps; the rest are counted in one last line.
    public static let maxFindings = 200

    let context: Context

    /// A reader without findings.
    public init(strictness: Strictness = .strict) {
        context = Context(isStrict: strictness == .strict)
    }

    /// All faults so far, in the order they were met.
    public var findings: [ConfigFinding] {
        guard context.omitted > 0, let last = context.findings.last else { return context.findings }
        return context.findings + [
            ConfigFinding(
                resourceType: last.resourceType, resourceName: last.resourceName, path: "",
                reason: "\(context.omitted) more faults are not listed")
        ]
    }

    /// Throws what was found, if anything was.
    public func finish() throws(ConfigError) {
        guard context.findings.isEmpty else { throw ConfigError(findings: findings) }
    }

    /// State shared by the mappers of one pass.
    ///
    /// A class, so that nested mappers need no copying in and out.
    final class Context {
        enum Step {
            case key(String)
            case index(Int)
        }

        let isStrict: Bool
        var findings: [ConfigFinding] = []
        var omitted = 0
        var resourceType = ""
        var resourceName = ""
        var steps: [Step] = []
        /// How deep messages are nested; bounds recursion of RBAC rules.
        var depth = 0
        /// Whether a source was read: something comes from elsewhere.
        var isDynamic = false

        init(isStrict: Bool) {
            self.isStrict = isStrict
        }

        var path: String {
            var path = FieldPath()
            for step in steps {
                switch step {
                case .key(let key): path = path.appending(key)
                case .index(let index): path = path.appending(index)
                }
            }
            return path.description
        }

        func add(_ reason: String, at position: Position = Position(line: 0, column: 0)) {
            guard findings.count < ConfigReader.maxFindings else {
                omitted += 1
                return
            }
            findings.append(
                ConfigFinding(
                    resourceType: resourceType, resourceName: resourceName, path: path, reason: reason,
                    position: position))
        }

        func add(_ reason: String, under keys: Step..., at position: Position = Position(line: 0, column: 0))
        {
            steps.append(contentsOf: keys)
            add(reason, at: position)
            steps.removeLast(keys.count)
        }

        func within<R>(_ step: Step, _ body: () -> R) -> R {
            steps.append(step)
            defer { steps.removeLast() }
            return body()
        }

        /// Runs `body` with findings attributed to a resource of its own, path starting afresh.
        func scoped<R>(type: String, name: String, _ body: () -> R) -> R {
            let saved = (resourceType, resourceName, steps)
            (resourceType, resourceName, steps) = (type, name, [])
            defer { (resourceType, resourceName, steps) = saved }
            return body()
        }
    }
}
