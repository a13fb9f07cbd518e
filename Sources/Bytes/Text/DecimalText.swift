/// Decimal numbers as bytes, without a `String` on the way.
public enum DecimalText {
    /// Appends the number as `String` would write it.
    public static func append(_ value: Int64, to text: inout [UInt8]) {
        var rest = value.magnitude
        if value < 0 { text.append(UInt8(ascii: "-")) }
        let start = text.count
        repeat {
            text.append(UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0"))
            rest /= 10
        } while rest > 0
        // In place: reversing a slice would copy the whole text.
        var left = start
        var right = text.count - 1
        while left < right {
            text.swapAt(left, right)
            left += 1
            right -= 1
        }
    }
}
