/// Feeds arbitrary bytes to the JSON and YAML readers.
///
/// They must not trap, and what they read must come back from every writer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDocument(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    if let node = try? JSON.parse(bytes, limits: ParseLimits(maxDepth: 60)) {
        for style in [JSON.Style.compact, .pretty, .pretty2] {
            let text = JSON.serialize(node, style: style)
            precondition((try? JSON.parse(text)) == node, "JSON does not come back: \(text)")
        }
        check(node)
    }
    for node in (try? YAML.parse(bytes, limits: ParseLimits(maxDepth: 60))) ?? [] { check(node) }
    return 0
}

private func check(_ node: Node) {
    let text = YAML.serialize(node)
    let read = try? YAML.parse(text)
    precondition(read == (node.isNull ? [] : [node]), "YAML does not come back: \(text)")
}
