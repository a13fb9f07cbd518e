/// Writes nodes as JSON.
struct JSONWriter {
    private(set) var out: [UInt8] = []
    private let indent: Int
    private let isSorted: Bool
    private let escapesHTML: Bool

    init(style: JSON.Style, isSorted: Bool) {
        indent =
            switch style {
            case .compact: 0
            case .pretty: 4
            case .pretty2: 2
            }
        self.isSorted = isSorted
        escapesHTML = style == .pretty
    }

    mutating func write(_ node: Node, depth: Int) {
        switch node.value {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .int(let value): out.append(contentsOf: String(value).utf8)
        case .uint(let value): out.append(contentsOf: String(value).utf8)
        case .double(let value): out.append(contentsOf: (NumberText.json(value) ?? "null").utf8)
        case .string(let value): write(value)
        case .array(let elements):
            if elements.isEmpty {
                out.append(contentsOf: "[]".utf8)
                return
            }
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                newLine(depth + 1)
                write(element, depth: depth + 1)
            }
            newLine(depth)
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            if object.isEmpty {
                out.append(contentsOf: "{}".utf8)
                return
            }
            out.append(UInt8(ascii: "{"))
            let members = isSorted ? object.sortedMembers : object.members
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                newLine(depth + 1)
                write(member.key)
                out.append(UInt8(ascii: ":"))
                if indent > 0 { out.append(UInt8(ascii: " ")) }
                write(member.value, depth: depth + 1)
            }
            newLine(depth)
            out.append(UInt8(ascii: "}"))
        }
    }

    private mutating func newLine(_ depth: Int) {
        guard indent > 0 else { return }
        out.append(UInt8(ascii: "\n"))
        for _ in 0..<depth * indent { out.append(UInt8(ascii: " ")) }
    }

    private mutating func write(_ text: String) {
        var text = text
        out.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            // Bytes that stand for themselves are copied in runs.
            var run = 0
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                let length = escapedLength(byte, at: index, in: bytes)
                if length > 0 {
                    out.append(contentsOf: bytes[run..<index])
                    writeEscape(byte, last: bytes[index + length - 1])
                    run = index + length
                }
                index += max(1, length)
            }
            out.append(contentsOf: bytes[run...])
        }
        out.append(UInt8(ascii: "\""))
    }

    /// How many bytes at this place are written as one escape; 0 for a byte that stands for itself.
    private func escapedLength(_ byte: UInt8, at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        switch byte {
        case 0x00..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"): 1
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): escapesHTML ? 1 : 0
        // U+2028 and U+2029 (E2 80 A8, E2 80 A9) end lines in JavaScript; Go escapes them.
        case 0xE2 where escapesHTML && index + 2 < bytes.count:
            bytes[index + 1] == 0x80 && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9) ? 3 : 0
        default: 0
        }
    }

    private mutating func writeEscape(_ byte: UInt8, last: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): out.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
        case 0x08: out.append(contentsOf: "\\b".utf8)
        case 0x09: out.append(contentsOf: "\\t".utf8)
        case 0x0A: out.append(contentsOf: "\\n".utf8)
        case 0x0C: out.append(contentsOf: "\\f".utf8)
        case 0x0D: out.append(contentsOf: "\\r".utf8)
        case 0xE2: writeUnicodeEscape(last == 0xA8 ? 0x2028 : 0x2029)
        default: writeUnicodeEscape(UInt16(byte))
        }
    }

    private mutating func writeUnicodeEscape(_ code: UInt16) {
        let digits = Array("0123456789abcdef".utf8)
        out.append(contentsOf: "\\u".utf8)
        for shift: UInt16 in [12, 8, 4, 0] { out.append(digits[Int(code >> shift & 15)]) }
    }
}
