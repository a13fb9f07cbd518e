/// Floating-point numbers as Go's encoders write them.
enum NumberText {
    /// Shortest digits that read back the same; exponents only below 1e-6 and from 1e21.
    ///
    /// Nil when not finite.
    static func json(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let magnitude = value.magnitude
        return text(
            value, digits: magnitude.description, usesExponent: magnitude < 1e-6 || magnitude >= 1e21,
            minimumExponentDigits: 1)
    }

    /// As Kubernetes' YAML writer has it: numbers without fraction like integers, others with an exponent
    /// below 1e-4 and from 1e6 on.
    ///
    /// Not-finite numbers have YAML's names.
    static func yaml(_ value: Double) -> String {
        guard let plain = json(value) else { return value.isNaN ? ".nan" : value < 0 ? "-.inf" : ".inf" }
        if !plain.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") }) {
            return plain
        }
        return general(value, digits: value.magnitude.description)
    }

    /// A key that is a number, with the digits of single precision, as Kubernetes' YAML reader makes it a string.
    static func yamlKey(_ value: Double) -> String {
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let single = Float(value)
        return single.isFinite
            ? general(value, digits: single.magnitude.description) : value < 0 ? "-.inf" : ".inf"
    }

    private static func general(_ value: Double, digits: String) -> String {
        let (_, point) = decimal(digits)
        return text(
            value, digits: digits, usesExponent: point - 1 < -4 || point - 1 >= 6, minimumExponentDigits: 2)
    }

    private static func text(
        _ value: Double, digits: String, usesExponent: Bool, minimumExponentDigits: Int
    ) -> String {
        let (digits, point) = decimal(digits)
        let sign = value < 0 ? "-" : ""
        if usesExponent {
            let exponent = point - 1
            var mantissa = String(digits.prefix(1))
            if digits.utf8.count > 1 { mantissa += "." + digits.dropFirst() }
            var exponentText = String(exponent.magnitude)
            while exponentText.utf8.count < minimumExponentDigits { exponentText = "0" + exponentText }
            return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + exponentText
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        let count = digits.utf8.count
        if point >= count { return sign + digits + String(repeating: "0", count: point - count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// The shortest digits of a positive number and the place of its decimal point counted from their start.
    private static func decimal(_ description: String) -> (digits: String, point: Int) {
        var text = Substring(description)
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = parts.first ?? ""
        let fraction = parts.count > 1 ? parts[1] : ""
        var digits = Substring(String(whole + fraction))
        var point = whole.utf8.count + exponent
        while digits.hasPrefix("0"), digits.utf8.count > 1 {
            digits = digits.dropFirst()
            point -= 1
        }
        while digits.hasSuffix("0"), digits.utf8.count > 1 { digits = digits.dropLast() }
        return (String(digits), point)
    }
}
