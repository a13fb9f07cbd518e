/// A forward reader of protobuf's wire format over bytes received from a client.
///
/// It never reads past its slice: every length is checked before it is used.
struct ProtobufReader {
    /// What is wrong with the message.
    struct Failure: Error, Equatable {
        /// The cause, for a person.
        let message: String
        /// Where in the whole body, in bytes.
        let offset: Int
    }

    /// One field's value as the wire has it.
    enum Value {
        case varint(UInt64)
        case fixed(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    /// Reads the message in `bytes`.
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field's number and value; `nil` at the end of the message.
    mutating func next() throws(Failure) -> (number: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        guard key >> 3 >= 1, key >> 3 <= 536_870_911 else { throw failure("bad field number") }
        let number = Int(key >> 3)
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed(try fixed(8)))
        case 5: return (number, .fixed(try fixed(4)))
        case 2:
            let length = try varint()
            guard length <= UInt64(rest.count) else { throw failure("field \(number) is cut off") }
            let bytes = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            return (number, .bytes(bytes))
        default: throw failure("field \(number) has unsupported wire type \(key & 7)")
        }
    }

    private mutating func varint() throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw failure("number is cut off") }
            guard shift < 63 || byte <= 1 else { throw failure("number does not fit in 64 bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw failure("number does not fit in 64 bits")
    }

    private mutating func fixed(_ count: Int) throws(Failure) -> UInt64 {
        guard rest.count >= count else { throw failure("number is cut off") }
        var value: UInt64 = 0
        for byte in rest.prefix(count).reversed() { value = value << 8 | UInt64(byte) }
        rest = rest.dropFirst(count)
        return value
    }

    /// A failure at the present position.
    func failure(_ message: String) -> Failure { Failure(message: message, offset: rest.startIndex) }
}
