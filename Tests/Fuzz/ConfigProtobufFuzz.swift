import Document

/// Feeds arbitrary bytes to the readers of delivered protobuf.
///
/// They must not trap, a refusal must say something, and what was read is the same when it was written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfigProtobuf(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    for name in [DiscoveryResponse.messageName, DeltaDiscoveryResponse.messageName] {
        do throws(ProtobufError) {
            let node = try ProtobufDecoder.decode(bytes, as: name, maxNodes: 100_000)
            for kind in ResourceKind.allCases {
                do throws(ConfigError) {
                    if name == DiscoveryResponse.messageName {
                        _ = try DiscoveryResponse.read(node, expecting: kind)
                    } else {
                        _ = try DeltaDiscoveryResponse.read(node, expecting: kind)
                    }
                } catch {
                    precondition(!error.findings.isEmpty, "refused without a reason")
                }
            }
        } catch {
            precondition(!error.reason.isEmpty && error.offset <= count, "refused without a reason")
        }
    }
    _ = ProtobufEnvelope(bytes)
    let request = DiscoveryRequest.messageName
    if let node = try? ProtobufDecoder.decode(bytes, as: request, maxNodes: 100_000) {
        let again = try? ProtobufDecoder.decode(ProtobufEncoder.encode(node, as: request), as: request)
        precondition(again != nil, "what was written is refused")
    }
    return 0
}
