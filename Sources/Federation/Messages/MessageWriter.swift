extension ServiceList {
    /// The body of a `GET /v1/services/` answer, byte for byte as a Go exporter writes it.
    public var json: [UInt8] {
        var writer = MessageWriter()
        writer.raw("{\"checksum\":")
        writer.raw(String(checksum))
        if !services.isEmpty {
            writer.raw(",\"services\":[")
            for (index, service) in services.enumerated() {
                if index > 0 { writer.raw(",") }
                writer.service(service)
            }
            writer.raw("]")
        }
        writer.raw("}")
        return writer.bytes
    }
}

extension WatchEvent {
    /// The event as it stands in a watch stream: compact JSON and CRLF.
    public var line: [UInt8] {
        var writer = MessageWriter()
        writer.raw("{\"action\":")
        writer.string(action.rawValue)
        writer.raw(",\"service\":")
        writer.service(service)
        writer.raw(",\"checksum\":\(checksum)}\r\n")
        return writer.bytes
    }
}

extension WatchMessage {
    /// The message as it stands in a watch stream: compact JSON and CRLF.
    public var line: [UInt8] {
        switch self {
        case .change(let event): event.line
        case .heartbeat(let checksum): Array("{\"action\":\"heartbeat\",\"checksum\":\(checksum)}\r\n".utf8)
        case .resync(let checksum): Array("{\"action\":\"resync\",\"checksum\":\(checksum)}\r\n".utf8)
        }
    }
}

/// Writes messages with Go's key order, omitted empties and HTML-safe escapes.
private struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func service(_ service: ServiceMessage) {
        var members = Members()
        bytes.append(UInt8(ascii: "{"))
        text("name", service.name, &members)
        text("namespace", service.namespace, &members)
        text("hostname", service.hostname, &members)
        if !service.servicePorts.isEmpty {
            key("servicePorts", &members)
            list(service.servicePorts) { writer, port in writer.port(port) }
        }
        if !service.serviceAccounts.isEmpty {
            key("serviceAccounts", &members)
            list(service.serviceAccounts) { writer, account in writer.string(account) }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func port(_ port: ServicePort) {
        var members = Members()
        bytes.append(UInt8(ascii: "{"))
        text("name", port.name, &members)
        if port.port != 0 {
            key("port", &members)
            raw(String(port.port))
        }
        text("protocol", port.protocol, &members)
        bytes.append(UInt8(ascii: "}"))
    }

    private struct Members { var count = 0 }

    private mutating func key(_ key: String, _ members: inout Members) {
        if members.count > 0 { bytes.append(UInt8(ascii: ",")) }
        members.count += 1
        string(key)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func text(_ name: String, _ value: String, _ members: inout Members) {
        if value.isEmpty { return }
        key(name, &members)
        string(value)
    }

    private mutating func list<Element>(
        _ elements: [Element], _ write: (inout MessageWriter, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// True for bytes that stand for themselves; 0xE2 begins the two line separators that do not.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, 0x22, 0x26, 0x3c, 0x3e, 0x5c, 0xe2: false
        default: true
        }
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        if text.utf8.allSatisfy(Self.isPlain) {
            bytes.append(contentsOf: text.utf8)
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": raw("\\\"")
            case "\\": raw("\\\\")
            case "\n": raw("\\n")
            case "\r": raw("\\r")
            case "\t": raw("\\t")
            case "<", ">", "&", "\u{0}"..<"\u{20}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}
