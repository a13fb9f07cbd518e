internal import Bytes

/// JSON put together by hand: log lines, and the few small documents the admin listener writes itself.
enum JSONText {
    static func string(_ text: String) -> String {
        var bytes: [UInt8] = [0x22]
        bytes += text.utf8
        quote(&bytes, from: 1)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

    /// `{"socket_address": {"address", "port_value"}}`.
    static func address(_ address: SocketAddress) -> String {
        object([
            (
                "socket_address",
                object([("address", string(address.ip.description)), ("port_value", String(address.port))])
            )
        ])
    }

    private static let hex = Array("0123456789abcdef".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
    }

    /// Makes what follows an opening quotation mark a JSON string; what is no UTF-8 is replaced.
    static func quote(_ line: inout [UInt8], from start: Int) {
        var at = start
        while at < line.count, Self.isPlain(line[at]) { at += 1 }
        guard at < line.count else { return line.append(0x22) }
        let value = String(decoding: line[start...], as: UTF8.self)
        line.removeLast(line.count - start)
        for byte in value.utf8 {
            switch byte {
            case 0x22, 0x5C:
                line.append(0x5C)
                line.append(byte)
            case 0..<0x20, 0x7F:
                line += "\\u00".utf8
                line.append(hex[Int(byte >> 4)])
                line.append(hex[Int(byte & 15)])
            default: line.append(byte)
            }
        }
        line.append(0x22)
    }
}
