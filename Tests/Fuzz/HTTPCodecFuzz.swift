import Bytes

/// Feeds arbitrary bytes to the request and the response parser, whole and cut in three: they must not trap, and what
/// they read must not hinge on the cuts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTPCodec(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let cuts = [bytes.count / 3, bytes.count / 2, bytes.count]
    precondition(requests(bytes, [count]) == requests(bytes, cuts), "requests differ by cuts")
    precondition(responses(bytes, [count]) == responses(bytes, cuts), "responses differ by cuts")
    return 0
}

private func requests(_ bytes: [UInt8], _ cuts: [Int]) -> String {
    var parser = RequestParser()
    return read(bytes, cuts) { (input) throws(HTTPError) in
        switch try parser.next(&input) {
        case nil: nil
        case .head(let head): "\n\(head)\n"
        case .body(let piece): String(decoding: piece, as: Unicode.ASCII.self)
        case .end(let trailers): "\nend \(trailers?.description ?? "")\n"
        }
    }
}

private func responses(_ bytes: [UInt8], _ cuts: [Int]) -> String {
    var parser = ResponseParser()
    return read(bytes, cuts) { (input) throws(HTTPError) in
        switch try parser.next(&input) {
        case nil: nil
        case .head(let head): "\n\(head)\n"
        case .body(let piece): String(decoding: piece, as: Unicode.ASCII.self)
        case .end(let trailers): "\nend \(trailers?.description ?? "")\n"
        }
    }
}

private func read(
    _ bytes: [UInt8], _ cuts: [Int], _ next: (inout ByteQueue) throws(HTTPError) -> String?
) -> String {
    var input = ByteQueue()
    var text = ""
    var start = 0
    for cut in cuts {
        input.append(Array(bytes[start..<cut]))
        start = cut
        do throws(HTTPError) {
            while let event = try next(&input) { text += event }
        } catch {
            return text + "\nerror \(error.kind)"
        }
    }
    return text
}
