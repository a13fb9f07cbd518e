internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor

/// A tag of `custom_tags`, compiled.
struct SpanTag: Sendable {
    let name: String
    /// The header that holds the value; nil where the value is known before.
    private let header: [UInt8]?
    /// The value without the header; nil where there is no tag then.
    private let fixed: [UInt8]?

    init(_ tag: CustomTag) {
        name = tag.tag
        switch tag.source {
        case .literal(let value):
            header = nil
            fixed = Array(value.utf8)
        case .environment(let name, let value):
            header = nil
            fixed = Self.present(Environment.get(name) ?? value)
        case .requestHeader(let name, let value):
            header = Array(name.lowercased().utf8)
            fixed = Self.present(value)
        }
    }

    private static func present(_ value: String) -> [UInt8]? { value.isEmpty ? nil : Array(value.utf8) }

    /// The value in the span of a request with this head; nil for no tag.
    func value(_ head: HeadView?) -> [UInt8]? {
        guard let header, let head, let range = head.value(named: header) else { return fixed }
        return Array(head.bytes[range])
    }
}
