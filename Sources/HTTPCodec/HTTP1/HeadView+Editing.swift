public import Bytes

/// Changes on the way through a proxy.
extension HeadView {
    /// Appends a field.
    ///
    /// `name` is lower case; both hold what a field may hold.
    public mutating func add(_ name: [UInt8], _ value: [UInt8]) {
        let nameRange = append(name)
        let valueRange = append(value)
        fields.append(
            FieldView(
                name: nameRange, value: valueRange, known: KnownField.recognize(bytes.span, nameRange)))
    }

    /// Appends a field whose value `write` appends to the bytes.
    ///
    /// `name` is lower case; both hold what a field may hold.
    public mutating func add(_ name: [UInt8], writing write: (inout [UInt8]) -> Void) {
        let nameRange = append(name)
        write(&bytes)
        fields.append(
            FieldView(
                name: nameRange, value: nameRange.upperBound..<bytes.count,
                known: KnownField.recognize(bytes.span, nameRange)))
    }

    /// The bytes of memory kept for what the view will hold.
    public var capacity: Int { bytes.capacity }

    /// Replaces the value of field `index`.
    public mutating func setValue(at index: Int, _ value: [UInt8]) {
        fields[index].value = append(value)
    }

    /// Replaces every field of this lower-case name by one.
    public mutating func set(_ name: [UInt8], _ value: [UInt8]) {
        remove(named: name)
        add(name, value)
    }

    /// Removes every field with this lower-case name.
    public mutating func remove(named name: [UInt8]) {
        var kept = 0
        for index in fields.indices where !isName(fields[index], name) {
            if kept != index { fields[kept] = fields[index] }
            kept += 1
        }
        fields.removeLast(fields.count - kept)
    }

    /// Removes every field for which `condition` holds.
    public mutating func removeFields(where condition: (FieldView) -> Bool) {
        fields.removeAll(where: condition)
    }

    /// Says that no framing field speaks for the body: its sender will add what is needed.
    public mutating func setUnframed() { framing = .none }

    /// Replaces the method.
    public mutating func setMethod(_ value: [UInt8]) { method = append(value) }

    /// Replaces the scheme.
    public mutating func setScheme(_ value: [UInt8]) { scheme = append(value) }

    /// Replaces the scheme by a part of the bytes.
    public mutating func setScheme(_ range: Range<Int>) { scheme = range }

    /// Replaces the target.
    public mutating func setTarget(_ value: [UInt8]) { target = append(value) }

    /// Replaces the target by a part of the bytes.
    public mutating func setTarget(_ range: Range<Int>) { target = range }

    private mutating func append(_ value: [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: value)
        return start..<bytes.count
    }

    /// Removes what belongs to one hop: `connection` and every field it names, `keep-alive`, `proxy-connection`,
    /// `transfer-encoding`, `upgrade` (unless kept) and `te` other than `trailers` (RFC 9110 7.6.1).
    public mutating func removeHopByHop(keepingUpgrade: Bool = false) {
        var named: [Range<Int>] = []
        for field in fields where field.known == .connection {
            forEachToken(bytes.span, field.value) { named.append($0) }
        }
        let arena = bytes
        fields.removeAll { field in
            switch field.known {
            case .connection, .keepAlive, .proxyConnection, .transferEncoding: return true
            case .upgrade: return !keepingUpgrade
            case .te: return !Grammar.equals(arena.span, field.value, "trailers")
            // Framing, routing and identity must not hinge on a client's list.
            case .host, .contentLength: return false
            default:
                return named.contains { token in
                    token.count == field.name.count
                        && zip(token, field.name).allSatisfy {
                            ASCII.lowercased(arena[$0]) == arena[$1]
                        }
                }
            }
        }
    }

    /// Appends the fields as lines, without the empty line that ends a head.
    public func appendFields(to output: inout ByteQueue) {
        let span = bytes.span
        for field in fields {
            output.append(span.extracting(field.name))
            output.append(Self.colon.span)
            output.append(span.extracting(field.value))
            output.append(Self.lineEnd.span)
        }
    }

    private static let colon: [UInt8] = [0x3A, 0x20]
    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    func forEachToken(_ head: Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, head[end] != 0x2C { end += 1 }
            let token = Grammar.trimmed(head, start..<end)
            if !token.isEmpty { body(token) }
            start = end + 1
        }
    }
}
