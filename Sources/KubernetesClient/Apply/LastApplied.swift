public import Document

/// The annotation in which `apply` keeps the manifest it applied.
public enum LastApplied {
    /// The annotation's key.
    public static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// The manifest that was applied to an object last; nil when there is none that can be read.
    public static func manifest(of object: Node) -> Node? {
        guard let text = object.at("metadata", "annotations", annotation)?.string else { return nil }
        return try? JSON.parse(text)
    }

    /// The manifest with itself in the annotation, as it is sent.
    public static func annotated(_ manifest: Node) -> Node {
        var bare = manifest
        if bare.at("metadata", "annotations")?.object == nil {
            bare.set(["metadata", "annotations"], to: Node(Object()))
        }
        bare.set(["metadata", "annotations", annotation], to: nil)
        var result = bare
        result.set(["metadata", "annotations", annotation], to: Node(text(of: bare)))
        return result
    }

    /// The manifest as kubectl writes it down: sorted, one line with a line end, `<`, `>` and `&` escaped.
    static func text(of manifest: Node) -> String {
        var out = ""
        for character in JSON.serialize(manifest, sortedKeys: true).unicodeScalars {
            switch character {
            case "<": out += "\\u003c"
            case ">": out += "\\u003e"
            case "&": out += "\\u0026"
            case "\u{2028}": out += "\\u2028"
            case "\u{2029}": out += "\\u2029"
            default: out.unicodeScalars.append(character)
            }
        }
        return out + "\n"
    }
}
