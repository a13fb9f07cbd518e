/// The strings at the top of a message, for one whose content may be damaged.
public struct ProtobufEnvelope: Sendable {
    private var texts: [Int: String] = [:]

    /// Nil when the fields of the message itself cannot be told apart.
    public init?(_ bytes: [UInt8]) {
        var reader = WireReader(0..<bytes.count)
        do throws(WireReader.Fault) {
            while !reader.isAtEnd {
                let (number, type) = try reader.tag(bytes)
                guard type == .bytes else {
                    try reader.skip(type, bytes)
                    continue
                }
                let range = try reader.chunk(bytes)
                // Nonces and versions are short; resources are not kept.
                guard range.count <= 4_096 else { continue }
                texts[number] = String(validating: bytes[range], as: UTF8.self)
            }
        } catch {
            return nil
        }
    }

    /// The last string of this field number; empty when there is none.
    public func text(_ number: Int) -> String { texts[number] ?? "" }
}
