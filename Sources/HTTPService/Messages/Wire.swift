internal import Bytes
internal import HTTPCodec

/// Messages to bytes.
///
/// Field values are made safe: a handler that repeats foreign text cannot split a response.
enum Wire {
    static let continueResponse = {
        var output = ByteQueue()
        output.append(utf8: "HTTP/1.1 100 Continue\r\n\r\n")
        return output
    }()

    static func head(_ status: Int, _ headers: HTTPHeaders) -> ByteQueue {
        var output = ByteQueue()
        HTTP1Serializer.write(HTTPResponseHead(status: status, headers: safe(headers)), to: &output)
        return output
    }

    static func head(_ method: String, _ target: String, _ headers: HTTPHeaders) -> ByteQueue {
        var output = ByteQueue()
        HTTP1Serializer.write(
            HTTPRequestHead(method: method, target: target, headers: safe(headers)), to: &output)
        return output
    }

    static func chunk(_ bytes: [UInt8]) -> ByteQueue {
        var output = ByteQueue()
        HTTP1Serializer.writeChunk(bytes, to: &output)
        return output
    }

    static func lastChunk() -> ByteQueue {
        var output = ByteQueue()
        HTTP1Serializer.writeLastChunk(to: &output)
        return output
    }

    /// Whether a method is a token and a target holds neither spaces nor control characters.
    static func isValid(method: String, target: String) -> Bool {
        !method.isEmpty && method.utf8.allSatisfy { isTokenByte($0) }
            && !target.isEmpty && target.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    private static func safe(_ headers: HTTPHeaders) -> HTTPHeaders {
        let isClean = headers.entries.allSatisfy { entry in
            entry.value.utf8.allSatisfy(isValueByte) && !entry.name.isEmpty
                && entry.name.utf8.allSatisfy(isTokenByte)
        }
        if isClean { return headers }
        var result = HTTPHeaders()
        for entry in headers.entries where !entry.name.isEmpty && entry.name.utf8.allSatisfy(isTokenByte) {
            let bytes = entry.value.utf8.map { isValueByte($0) ? $0 : 0x20 }
            result.add(entry.name, String(decoding: bytes, as: UTF8.self))
        }
        return result
    }

    private static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// RFC 9110 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
