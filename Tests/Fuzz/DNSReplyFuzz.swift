internal import Bytes

/// Feeds arbitrary bytes to the reader of name servers' messages, as the answer to the question they hold.
///
/// It must not trap, and what it finds stays within its limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDNSReply(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    var position = DNSQuestion.headerBytes
    guard let name = DNSName(in: bytes.span, at: &position) else { return 0 }
    precondition(name.wire.count <= DNSName.maxBytes && position <= count, "beyond the end")
    for type in [DNSRecordType.a, .aaaa] {
        let question = DNSQuestion(id: UInt16(bytes[0]) << 8 | UInt16(bytes[1]), name: name, type: type)
        var at = DNSQuestion.headerBytes
        precondition(DNSName(in: question.message.span, at: &at) == name, "another name")
        if case .addresses(let found, _) = DNSReply(bytes.span, to: question) {
            precondition(found.count <= DNSReply.maxAddresses, "too many addresses")
            precondition(found.allSatisfy { $0.isV6 == (type == .aaaa) }, "another family")
        }
    }
    return 0
}
