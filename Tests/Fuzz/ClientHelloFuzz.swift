/// Feeds arbitrary bytes to the ClientHello parser, whole and cut: it must not trap, and more bytes must not turn an
/// answer into another one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzClientHello(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let whole = ClientHello.peek(bytes.span)
    let half = ClientHello.peek(bytes.span.extracting(first: count / 2))
    if half != .needsMore { precondition(half == whole, "an answer changed with more bytes") }
    return 0
}
