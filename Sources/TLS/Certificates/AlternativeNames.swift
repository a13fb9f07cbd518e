internal import Bytes
internal import COpenSSL

/// The subject alternative names of a certificate or request which this house uses.
struct AlternativeNames: Sendable, Equatable {
    var uris: [String] = []
    var dns: [String] = []
    var ips: [String] = []
    /// True when the extension is there but malformed, or there twice.
    var isMalformed = false

    init() {}

    init(certificate: OpaquePointer) {
        var state: Int32 = -1
        self.init(owned: COpenSSL_certificate_names(certificate, &state), state: state)
    }

    init(request: OpaquePointer) {
        var state: Int32 = -1
        self.init(owned: COpenSSL_request_names(request, &state), state: state)
    }

    private init(owned names: OpaquePointer?, state: Int32) {
        guard let names else {
            isMalformed = state != -1
            ErrorQueue.clear()
            return
        }
        defer { GENERAL_NAMES_free(names) }
        for index in 0..<max(0, COpenSSL_names_count(names)) {
            var data: UnsafePointer<UInt8>?
            var count: Int32 = 0
            let type = COpenSSL_name_at(names, index, &data, &count)
            // OpenSSL owns `count` bytes at `data` until the names are freed; they are copied at once.
            let bytes = [UInt8](UnsafeBufferPointer(start: data, count: Int(max(0, count))))
            switch type {
            case Int32(GEN_URI): uris.append(text(bytes))
            case Int32(GEN_DNS): dns.append(text(bytes))
            case Int32(GEN_IPADD): ips.append(IPAddress(bytes: bytes)?.description ?? Hex.encode(bytes))
            default: break
            }
        }
    }

    /// Names are IA5 text; anything else (a NUL that would cut a C string short) spoils the whole certificate.
    private mutating func text(_ bytes: [UInt8]) -> String {
        if bytes.contains(where: { $0 < 0x21 || $0 > 0x7E }) { isMalformed = true }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Builds the extension's value and lends it.
    func withNames<R>(_ body: (OpaquePointer) throws(TLSError) -> R) throws(TLSError) -> R {
        guard let names = COpenSSL_names_new() else { throw TLSError(.internalError, "out of memory") }
        defer { GENERAL_NAMES_free(names) }
        for uri in uris { try add(Int32(GEN_URI), Array(uri.utf8), uri, to: names) }
        for name in dns { try add(Int32(GEN_DNS), Array(name.utf8), name, to: names) }
        for ip in ips {
            guard let address = IPAddress(ip) else {
                throw TLSError(.invalidInput, "\"\(ip)\" is not an IP address")
            }
            try add(Int32(GEN_IPADD), address.bytes, ip, to: names)
        }
        return try body(names)
    }

    private func add(
        _ type: Int32, _ bytes: [UInt8], _ shown: String, to names: OpaquePointer
    ) throws(TLSError) {
        let isText = type == Int32(GEN_IPADD) || !bytes.contains { $0 < 0x21 || $0 > 0x7E }
        guard !bytes.isEmpty, bytes.count <= 2048, isText else {
            throw TLSError(
                .invalidInput, "a name in a certificate must be 1 to 2048 printable ASCII characters")
        }
        guard COpenSSL_names_add(names, type, bytes, Int32(bytes.count)) == 1 else {
            throw ErrorQueue.error(.internalError, "cannot add the name \(shown)")
        }
    }

    var isEmpty: Bool { uris.isEmpty && dns.isEmpty && ips.isEmpty }
}
