/// The JSON form of `google.protobuf.Duration`: seconds with up to nine decimals and a final `s`.
public enum DurationText {
    /// The largest number of seconds protobuf allows: 10,000 years.
    static let maxSeconds: Int64 = 315_576_000_000

    /// The longest that a field may say: what Envoy counts in nanoseconds of 64 bits, less one second.
    public static let longest: Duration = .seconds(9_223_372_036) - .nanoseconds(1)

    /// Reads `"1.5s"`; nil when it is not such a text or out of protobuf's range.
    public static func parse(_ text: String) -> Duration? {
        var digits = Array(text.utf8)
        guard digits.popLast() == UInt8(ascii: "s"), !digits.isEmpty else { return nil }
        let isNegative = digits[0] == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = number(parts[0], maxDigits: 12), whole <= maxSeconds else { return nil }
        var nanoseconds: Int64 = 0
        if parts.count == 2 {
            guard let fraction = number(parts[1], maxDigits: 9) else { return nil }
            nanoseconds = fraction
            for _ in parts[1].count..<9 { nanoseconds *= 10 }
        }
        let duration = Duration.seconds(whole) + .nanoseconds(nanoseconds)
        return isNegative ? .zero - duration : duration
    }

    /// Writes the shortest such text: `15s`, `0.25s`.
    public static func format(_ duration: Duration) -> String {
        let isNegative = duration < .zero
        let (seconds, attoseconds) = (isNegative ? .zero - duration : duration).components
        var text = (isNegative ? "-" : "") + String(seconds)
        var nanoseconds = attoseconds / 1_000_000_000
        if nanoseconds > 0 {
            var fraction: [Character] = []
            for _ in 0..<9 {
                fraction.append(Character(String(nanoseconds % 10)))
                nanoseconds /= 10
            }
            fraction.reverse()
            while fraction.last == "0" { fraction.removeLast() }
            text += "." + String(fraction)
        }
        return text + "s"
    }

    private static func number(_ digits: ArraySlice<UInt8>, maxDigits: Int) -> Int64? {
        guard !digits.isEmpty, digits.count <= maxDigits else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
