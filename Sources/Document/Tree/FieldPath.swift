/// The way from the root of a document to one of its fields, written as Kubernetes and Envoy write it:
/// `spec.exportRules[0].type`, with odd keys in brackets: `data["a.b"]`.
public struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    /// One step of a path.
    public enum Step: Hashable, Sendable {
        /// Into a member of an object.
        case key(String)
        /// Into an element of a list, counted from 0.
        case index(Int)
    }

    /// The steps from the root.
    public var steps: [Step]

    /// The path of the root itself.
    public init() {
        steps = []
    }

    /// Makes a path of steps.
    public init(steps: [Step]) {
        self.steps = steps
    }

    /// Makes a path of keys.
    public init(_ keys: String...) {
        steps = keys.map(Step.key)
    }

    /// True for the root.
    public var isEmpty: Bool { steps.isEmpty }

    /// The path of a member.
    public func appending(_ key: String) -> FieldPath {
        FieldPath(steps: steps + [.key(key)])
    }

    /// The path of an element.
    public func appending(_ index: Int) -> FieldPath {
        FieldPath(steps: steps + [.index(index)])
    }

    /// The path with all steps of another one behind it.
    public func appending(_ path: FieldPath) -> FieldPath {
        FieldPath(steps: steps + path.steps)
    }

    /// The path as text; empty for the root.
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where Self.isPlain(key): text += text.isEmpty ? key : "." + key
            case .key(let key): text += "[" + JSON.serialize(Node(key)) + "]"
            }
        }
        return text
    }

    private static func isPlain(_ key: String) -> Bool {
        !key.isEmpty
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "@"), UInt8(ascii: "$"):
                    true
                default: false
                }
            }
    }
}
