import Document

/// Feeds arbitrary bytes to the readers of configuration.
///
/// They must not trap, a refusal must say something, and what they accept must be accepted again as they write it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfigJSON(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    do throws(ConfigError) {
        let bootstrap = try Bootstrap.parse(bytes)
        do throws(ConfigError) {
            let again = try Bootstrap.parse(Array(JSON.serialize(bootstrap.node, style: .compact).utf8))
            precondition(again == bootstrap, "another bootstrap came back")
        } catch {
            preconditionFailure("what was written is refused: \(error)")
        }
    } catch {
        precondition(!error.findings.isEmpty, "refused without a reason")
    }
    for kind in ResourceKind.allCases {
        do throws(ConfigError) {
            _ = try DiscoveryResponse.parse(bytes, expecting: kind)
        } catch {
            precondition(!error.findings.isEmpty, "refused without a reason")
        }
    }
    return 0
}
