extension Duration {
    /// Reads a duration as Go and kubectl write it: `300ms`, `1.5h`, `2h45m`, `-3s`, `0`.
    ///
    /// Units are `ns us µs ms s m h`. Nil for anything else and for what exceeds 292 years.
    public init?(go text: String) {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        if bytes.elementsEqual("0".utf8) {
            self = .zero
            return
        }
        guard !bytes.isEmpty else { return nil }
        var total: Int64 = 0
        while !bytes.isEmpty {
            let number = bytes.prefix { ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }
            bytes = bytes.dropFirst(number.count)
            let unit = bytes.prefix { !ASCII.isDigit($0) && $0 != UInt8(ascii: ".") }
            bytes = bytes.dropFirst(unit.count)
            guard let part = Duration.nanoseconds(number: number, unit: String(decoding: unit, as: UTF8.self))
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        self = .nanoseconds(isNegative ? -total : total)
    }

    /// The duration as Go prints it: `1h0m0s`, `1m30s`, `1.5s`, `250ms`, `0s`.
    public var go: String {
        let total = inNanoseconds
        if total == 0 { return "0s" }
        let sign = total < 0 ? "-" : ""
        let magnitude = total.magnitude
        if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + Self.decimal(magnitude, digits: 3) + "µs" }
        if magnitude < 1_000_000_000 { return sign + Self.decimal(magnitude, digits: 6) + "ms" }
        let minutes = magnitude / 60_000_000_000
        let seconds = Self.decimal(magnitude % 60_000_000_000, digits: 9) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    private static func nanoseconds(number: ArraySlice<UInt8>, unit: String) -> Int64? {
        let scale: UInt64
        switch unit {
        case "ns": scale = 1
        case "us", "µs", "μs": scale = 1000
        case "ms": scale = 1_000_000
        case "s": scale = 1_000_000_000
        case "m": scale = 60_000_000_000
        case "h": scale = 3_600_000_000_000
        default: return nil
        }
        let parts = number.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, number.contains(where: ASCII.isDigit) else { return nil }
        var total: UInt64 = 0
        if !parts[0].isEmpty {
            guard let whole = UInt64(String(decoding: parts[0], as: UTF8.self)) else { return nil }
            let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
            if overflow { return nil }
            total = product
        }
        if parts.count == 2 {
            var place = scale
            for byte in parts[1] {
                place /= 10
                total += place * UInt64(ASCII.digit(byte) ?? 0)
            }
        }
        return Int64(exactly: total)
    }

    private static func decimal(_ value: UInt64, digits: Int) -> String {
        var scale: UInt64 = 1
        for _ in 0..<digits { scale *= 10 }
        let rest = value % scale
        if rest == 0 { return String(value / scale) }
        var fraction = String(rest)
        fraction = String(repeating: "0", count: digits - fraction.utf8.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(value / scale).\(fraction)"
    }
}
