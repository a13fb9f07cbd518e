/// YAML as Kubernetes tools read and write it, to and from nodes.
public enum YAML {
    /// Parses all documents of a YAML stream; empty ones are left out.
    ///
    /// Plain scalars resolve as `sigs.k8s.io/yaml` has them: YAML 1.1 booleans (`yes`, `off`, `y`), octal `0777` and
    /// `0o777`, `0x1f`, `0b11`, `1_000`; timestamps and base-60 numbers stay strings, and keys of other types
    /// become strings. Anchors, aliases and merge keys (`<<`) are resolved; in merges the later entry wins.
    /// Stricter than kubectl: a key given twice and a tag other than YAML's own are errors.
    public static func parse(
        _ bytes: [UInt8], file: String? = nil, limits: ParseLimits = .default
    ) throws(DocumentError) -> [Node] {
        if bytes.count > limits.maxBytes {
            throw DocumentError(
                Finding(
                    file: file,
                    message: "\(bytes.count) bytes are too many, at most \(limits.maxBytes) are read"))
        }
        do {
            return try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLFailure) -> [Node] in
                // The reader lives within this closure, so the buffer outlives it.
                var builder = YAMLBuilder(reader: YAMLEventReader(buffer), limits: limits)
                return try builder.documents()
            }
        } catch {
            throw DocumentError(Finding(file: file, position: error.position, message: error.message))
        }
    }

    /// Parses all documents of a YAML text; see `parse(_:file:limits:)` for bytes.
    public static func parse(
        _ text: String, file: String? = nil, limits: ParseLimits = .default
    ) throws(DocumentError) -> [Node] {
        try parse(Array(text.utf8), file: file, limits: limits)
    }

    /// The node as one YAML document with a final line end, as `kubectl -o yaml` prints it.
    ///
    /// Keys are sorted, lists stand at their parent's indentation, strings are quoted only where a reader would
    /// misread them, and those of several lines are literal blocks.
    public static func serialize(_ node: Node) -> String {
        let writer = YAMLEventWriter()
        writer.beginDocument()
        writer.write(node)
        return writer.finish()
    }

    /// The nodes as a stream of documents separated by `---`.
    public static func serialize(documents: [Node]) -> String {
        documents.map { serialize($0) }.joined(separator: "---\n")
    }
}

/// What stopped the YAML reader.
struct YAMLFailure: Error {
    var position: Position
    var message: String
}
