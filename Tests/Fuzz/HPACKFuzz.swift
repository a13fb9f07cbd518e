/// Feeds arbitrary bytes to the header decoder, whole and in pieces.
///
/// It must not trap, and what it reads must not hinge on the pieces. Then takes the bytes for fields, and what the
/// encoder makes of them must come back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHPACK(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    for form in [FieldBuilder.Form.request, .trailers, .nothing] {
        let whole = decode(bytes, form, [count])
        precondition(whole == decode(bytes, form, [count / 2, count]), "blocks differ by pieces")
        precondition(whole == decode(bytes, form, Array(stride(from: 1, to: count, by: 5)) + [count]))
    }
    comeBack(bytes)
    return 0
}

private func decode(_ bytes: [UInt8], _ form: FieldBuilder.Form, _ cuts: [Int]) -> String {
    var settings = H2Settings()
    settings.maxHeaderListBytes = 2000
    settings.maxHeaders = 20
    var decoder = HPACKDecoder(maxTableSize: 4096)
    var text = ""
    // Twice, so that the second block finds the first one's table.
    for _ in 0..<2 {
        var section = FieldBuilder(form, settings)
        var view = HeadView()
        var start = 0
        do throws(H2Error) {
            for cut in cuts {
                start += try decoder.decode(
                    bytes.span.extracting(start..<cut), isLast: cut == bytes.count, section: &section,
                    into: &view)
            }
        } catch {
            return text + "\(error)"
        }
        let fault = section.finish(in: &view)
        precondition(fault == nil || view.fields.isEmpty, "a refused head kept fields")
        precondition(view.fields.count <= 21, "too many fields")
        text += "\(fault.map(\.rawValue) ?? "") \(view.text(view.target)) \(view.headers)\n"
    }
    return text
}

/// Blocks of fields cut out of `bytes`; the first byte of each says how long name and value are.
private func comeBack(_ bytes: [UInt8]) {
    var encoder = HPACKEncoder(ownLimit: 4096)
    var decoder = HPACKDecoder(maxTableSize: 4096)
    var at = 0
    while at < bytes.count {
        var block: [UInt8] = []
        var expected: [(name: [UInt8], value: [UInt8])] = []
        if bytes[at] == 0xFF, at + 1 < bytes.count {
            encoder.peerAllows(tableSize: Int(bytes[at + 1]) * 20)
            at += 2
        }
        encoder.begin(into: &block)
        for _ in 0..<4 where at < bytes.count {
            let length = bytes[at]
            let nameEnd = min(bytes.count, at + 1 + Int(length & 7))
            let valueEnd = min(bytes.count, nameEnd + Int(length >> 3))
            // Letters only: what names may hold is not what is tested here.
            let name = [0x78] + bytes[(at + 1)..<nameEnd].map { 0x61 + $0 % 26 }
            let value = [0x76] + bytes[nameEnd..<valueEnd].map { max(0x80, $0) } + [0x76]
            encoder.field(name.span, value.span, isSecret: length % 16 == 3, into: &block)
            expected.append((name, value))
            at = valueEnd
        }
        var section = FieldBuilder(.trailers, H2Settings())
        var view = HeadView()
        do throws(H2Error) {
            let done = try decoder.decode(block.span, isLast: true, section: &section, into: &view)
            precondition(done == block.count && section.finish(in: &view) == nil, "block refused")
        } catch {
            preconditionFailure("block not read: \(error)")
        }
        precondition(view.fields.count == expected.count, "fields lost")
        for (field, wanted) in zip(view.fields, expected) {
            precondition(Array(view.bytes[field.name]) == wanted.name, "another name")
            precondition(Array(view.bytes[field.value]) == wanted.value, "another value")
        }
    }
}
