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

        /// The value; nil where its operators have none, since then nothing is added, as in Envoy.
        func evaluated(_ record: borrowing StreamRecord) -> [UInt8]? {
            if let literal { return literal }
            var text: [UInt8] = []
            guard value.append(record, absent: "", to: &text), !text.isEmpty else { return nil }
            // What a client sent must never end the line.
            return text.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        }
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

    /// Changes a request; operators read it as it is when the list begins, as in Envoy.
    func applyToRequest(_ head: inout HeadView, _ record: inout StreamRecord) {
        for name in requestRemove { head.remove(named: name) }
        guard !requestAdd.isEmpty else { return }
        swap(&head, &record.requestHead)
        let values = requestAdd.map { $0.evaluated(record) }
        swap(&head, &record.requestHead)
        Self.apply(requestAdd, values, &head)
    }

    /// Changes a response in the same way.
    func applyToResponse(_ head: inout HeadView, _ record: inout StreamRecord) {
        for name in responseRemove { head.remove(named: name) }
        guard !responseAdd.isEmpty else { return }
        swap(&head, &record.responseHead)
        let values = responseAdd.map { $0.evaluated(record) }
        swap(&head, &record.responseHead)
        Self.apply(responseAdd, values, &head)
    }

    /// What replaces comes before what is added, and both are decided by the head as it was, as in Envoy.
    private static func apply(_ additions: [Addition], _ values: [[UInt8]?], _ head: inout HeadView) {
        var added: [(name: [UInt8], value: [UInt8])] = []
        var replaced: [(name: [UInt8], value: [UInt8])] = []
        for (addition, value) in zip(additions, values) {
            guard let value else { continue }
            let isNew = head.value(named: addition.name) == nil
            switch addition.action {
            case .appendIfExistsOrAdd: added.append((addition.name, value))
            case .addIfAbsent: if isNew { added.append((addition.name, value)) }
            case .overwriteIfExistsOrAdd: replaced.append((addition.name, value))
            case .overwriteIfExists: if !isNew { replaced.append((addition.name, value)) }
            }
        }
        for change in replaced { head.set(change.name, change.value) }
        for change in added { head.add(change.name, change.value) }
    }
}
