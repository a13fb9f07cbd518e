internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec

/// Compiled header additions and removals of one level: weight, route or virtual host.
struct HeaderEdits: Sendable {
    private struct Addition: Sendable {
        var name: [UInt8]
        var value: TextFormat
        var literal: [UInt8]?
        var action: HeaderValueOption.AppendAction
    }

    private let requestRemove: [[UInt8]]
    private let requestAdd: [Addition]
    private let responseRemove: [[UInt8]]
    private let responseAdd: [Addition]

    /// Whether nothing is done to requests, and to responses.
    let isEmpty: (request: Bool, response: Bool)

    init(_ changes: HeaderChanges) throws(FormatString.SyntaxError) {
        requestRemove = changes.requestRemove.map { Array(ASCII.lowercased($0).utf8) }
        responseRemove = changes.responseRemove.map { Array(ASCII.lowercased($0).utf8) }
        requestAdd = try Self.compile(changes.requestAdd)
        responseAdd = try Self.compile(changes.responseAdd)
        isEmpty = (
            requestRemove.isEmpty && requestAdd.isEmpty, responseRemove.isEmpty && responseAdd.isEmpty
        )
    }

    private static func compile(_ options: [HeaderValueOption]) throws(FormatString.SyntaxError) -> [Addition]
    {
        var additions: [Addition] = []
        for option in options {
            let value = try TextFormat(option.value)
            additions.append(
                Addition(
                    name: Array(ASCII.lowercased(option.key).utf8), value: value,
                    literal: value.literal, action: option.appendAction))
        }
        return additions
    }

    func applyToRequest(_ head: inout HeadView, _ record: StreamRecord) {
        Self.apply(requestRemove, requestAdd, &head, record)
    }

    func applyToResponse(_ head: inout HeadView, _ record: StreamRecord) {
        Self.apply(responseRemove, responseAdd, &head, record)
    }

    private static func apply(
        _ remove: [[UInt8]], _ add: [Addition], _ head: inout HeadView, _ record: StreamRecord
    ) {
        for name in remove { head.remove(named: name) }
        for addition in add {
            let value =
                addition.literal
                ?? addition.value.bytes(record).map { text in
                    // What a client sent must never end the line.
                    text.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
                }
            // An operator without a value adds nothing, as in Envoy.
            guard let value, !value.isEmpty || addition.literal != nil else { continue }
            let exists = head.value(named: addition.name) != nil
            switch addition.action {
            case .appendIfExistsOrAdd: head.add(addition.name, value)
            case .addIfAbsent: if !exists { head.add(addition.name, value) }
            case .overwriteIfExistsOrAdd: head.set(addition.name, value)
            case .overwriteIfExists: if exists { head.set(addition.name, value) }
            }
        }
    }
}
