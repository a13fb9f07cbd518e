import Bytes

/// The spellings that YAML 1.1 readers take for points in time; writers quote strings that look like one.
enum YAMLTimestamp {
    /// True for `2006-1-2`, `2006-1-2T15:4:5.9Z`, `2006-1-2t15:4:5+07:00` and `2006-1-2 15:4:5`.
    static func matches(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        guard let year = number(&bytes, digits: 4...4), accept(&bytes, "-"),
            let month = number(&bytes, digits: 1...2), accept(&bytes, "-"),
            let day = number(&bytes, digits: 1...2),
            (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, year: year)
        else { return false }
        if bytes.isEmpty { return true }
        let hasZone = accept(&bytes, "T") || accept(&bytes, "t")
        guard hasZone || accept(&bytes, " "),
            let hour = number(&bytes, digits: 1...2), accept(&bytes, ":"),
            let minute = number(&bytes, digits: 1...2), accept(&bytes, ":"),
            let second = number(&bytes, digits: 1...2), hour < 24, minute < 60, second < 60
        else { return false }
        if accept(&bytes, "."), number(&bytes, digits: 1...9) == nil { return false }
        guard hasZone else { return bytes.isEmpty }
        if accept(&bytes, "Z") { return bytes.isEmpty }
        guard accept(&bytes, "+") || accept(&bytes, "-"), let hours = number(&bytes, digits: 2...2),
            accept(&bytes, ":"), let minutes = number(&bytes, digits: 2...2)
        else { return false }
        return hours <= 24 && minutes < 60 && bytes.isEmpty
    }

    private static func accept(_ bytes: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard let first = bytes.first, UInt32(first) == character.value else { return false }
        bytes.removeFirst()
        return true
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>, digits: ClosedRange<Int>) -> Int? {
        let count = bytes.prefix(digits.upperBound).prefix(while: ASCII.isDigit).count
        guard count >= digits.lowerBound else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
