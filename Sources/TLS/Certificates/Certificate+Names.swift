internal import Bytes
internal import COpenSSL

extension Certificate {
    /// The subject as RFC 2253 text, `CN=ruby,O=Hanse`.
    public var subject: String { text(of: X509_get_subject_name(handle.pointer)) }

    /// The issuer as RFC 2253 text.
    public var issuer: String { text(of: X509_get_issuer_name(handle.pointer)) }

    /// The subject's first common name.
    public var commonName: String? { values(NID_commonName).first }

    /// The subject's organizations (`O`), in order.
    public var organizations: [String] { values(NID_organizationName) }

    /// Every URI alternative name, in order.
    public var uriSANs: [String] { alternativeNames.uris }
    /// Every DNS alternative name, in order.
    public var dnsSANs: [String] { alternativeNames.dns }
    /// Every IP alternative name as text, in order.
    public var ipSANs: [String] { alternativeNames.ips }

    var alternativeNames: AlternativeNames { AlternativeNames(certificate: handle.pointer) }

    /// The serial number in lower-case hexadecimal, without a sign.
    public var serialNumberHex: String {
        guard let serial = X509_get0_serialNumber(handle.pointer), let data = ASN1_STRING_get0_data(serial)
        else { return "" }
        // The string owns that many bytes; they are copied at once.
        return Hex.encode([UInt8](UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(serial)))))
    }

    private func text(of name: OpaquePointer?) -> String {
        MemoryBIO.written { COpenSSL_print_name($0, name) == 1 } ?? ""
    }

    private func values(_ nid: Int32) -> [String] {
        guard let name = X509_get_subject_name(handle.pointer) else { return [] }
        var found: [String] = []
        var index = X509_NAME_get_index_by_NID(name, nid, -1)
        while index >= 0 {
            var utf8: UnsafeMutablePointer<UInt8>?
            let count = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)))
            if count >= 0, let utf8 {
                // OpenSSL allocated `count` bytes for us.
                found.append(
                    String(decoding: UnsafeBufferPointer(start: utf8, count: Int(count)), as: UTF8.self))
                CRYPTO_free(utf8, nil, 0)
            }
            index = X509_NAME_get_index_by_NID(name, nid, index)
        }
        return found
    }
}
