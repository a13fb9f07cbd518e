/// A point in civil time (UTC), as certificates, resource timestamps and logs use it.
public struct WallTime: Comparable, Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z, negative before.
    public var seconds: Int64
    /// Nanoseconds within the second: 0..<1_000_000_000.
    public var nanoseconds: Int32

    /// Makes a time; nanoseconds outside 0..<1_000_000_000 are carried into the seconds.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        var carry = Int64(nanoseconds) / 1_000_000_000
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 {
            rest += 1_000_000_000
            carry -= 1
        }
        self.seconds = seconds + carry
        self.nanoseconds = rest
    }

    /// True when `lhs` comes before `rhs`.
    public static func < (lhs: WallTime, rhs: WallTime) -> Bool {
        (lhs.seconds, lhs.nanoseconds) < (rhs.seconds, rhs.nanoseconds)
    }

    /// The time `rhs` later.
    public static func + (lhs: WallTime, rhs: Duration) -> WallTime {
        let (seconds, attoseconds) = rhs.components
        let nanoseconds = Int64(lhs.nanoseconds) + attoseconds / 1_000_000_000
        let whole = nanoseconds / 1_000_000_000
        return WallTime(
            seconds: lhs.seconds + seconds + whole, nanoseconds: Int32(nanoseconds - whole * 1_000_000_000))
    }

    /// The time `rhs` earlier.
    public static func - (lhs: WallTime, rhs: Duration) -> WallTime {
        lhs + (Duration.zero - rhs)
    }

    /// The time that passed from `rhs` to `lhs`; negative when `lhs` is earlier.
    public static func - (lhs: WallTime, rhs: WallTime) -> Duration {
        .seconds(lhs.seconds - rhs.seconds) + .nanoseconds(Int64(lhs.nanoseconds) - Int64(rhs.nanoseconds))
    }

    /// RFC 3339 in UTC with whole seconds: `2006-01-02T15:04:05Z`, as Kubernetes writes `metav1.Time`.
    public var rfc3339: String { text(fractionDigits: 0) }

    /// RFC 3339 in UTC with three fraction digits: `2006-01-02T15:04:05.000Z`.
    public var rfc3339Milliseconds: String { text(fractionDigits: 3) }

    /// RFC 3339 in UTC with six fraction digits, as Kubernetes writes `metav1.MicroTime`.
    public var rfc3339Microseconds: String { text(fractionDigits: 6) }

    /// Reads RFC 3339 text (section 5.6): any offset, any number of fraction digits (digits beyond nine are
    /// dropped), `T` and `Z` in either case.
    ///
    /// Nil for anything else. A leap second reads as the next second.
    public init?(rfc3339: String) {
        var scanner = DigitScanner(Array(rfc3339.utf8))
        guard let year = scanner.number(digits: 4), scanner.accept("-"),
            let month = scanner.number(digits: 2), scanner.accept("-"),
            let day = scanner.number(digits: 2), scanner.accept("T") || scanner.accept("t"),
            let hour = scanner.number(digits: 2), scanner.accept(":"),
            let minute = scanner.number(digits: 2), scanner.accept(":"),
            let second = scanner.number(digits: 2),
            (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, year: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var nanoseconds: Int32 = 0
        if scanner.accept(".") {
            guard let fraction = scanner.fraction() else { return nil }
            nanoseconds = fraction
        }
        var offset = 0
        if !(scanner.accept("Z") || scanner.accept("z")) {
            let isNegative = scanner.accept("-")
            guard isNegative || scanner.accept("+"),
                let hours = scanner.number(digits: 2), scanner.accept(":"),
                let minutes = scanner.number(digits: 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isNegative ? -60 : 60)
        }
        guard scanner.isAtEnd else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        self.init(
            seconds: days * 86400 + Int64(hour * 3600 + minute * 60 + second - offset),
            nanoseconds: nanoseconds)
    }

    /// The calendar fields in UTC.
    public var civil: (date: CivilDate, hour: Int, minute: Int, second: Int) {
        var days = seconds / 86400
        var rest = Int(seconds % 86400)
        if rest < 0 {
            rest += 86400
            days -= 1
        }
        return (CivilDate(daysSince1970: days), rest / 3600, rest / 60 % 60, rest % 60)
    }

    private func text(fractionDigits: Int) -> String {
        var out = [UInt8]()
        out.reserveCapacity(32)
        append(fractionDigits: fractionDigits, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends RFC 3339 in UTC with three fraction digits, as `rfc3339Milliseconds` has it.
    public func appendMilliseconds(to out: inout [UInt8]) { append(fractionDigits: 3, to: &out) }

    private func append(fractionDigits: Int, to out: inout [UInt8]) {
        let (date, hour, minute, second) = civil
        DigitScanner.append(date.year, digits: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        DigitScanner.append(date.month, digits: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        DigitScanner.append(date.day, digits: 2, to: &out)
        out.append(UInt8(ascii: "T"))
        DigitScanner.append(hour, digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        DigitScanner.append(minute, digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        DigitScanner.append(second, digits: 2, to: &out)
        if fractionDigits > 0 {
            var value = Int(nanoseconds)
            for _ in fractionDigits..<9 { value /= 10 }
            out.append(UInt8(ascii: "."))
            DigitScanner.append(value, digits: fractionDigits, to: &out)
        }
        out.append(UInt8(ascii: "Z"))
    }
}

/// A day of the proleptic Gregorian calendar.
public struct CivilDate: Hashable, Sendable {
    /// The year, for example 2026.
    public var year: Int
    /// The month, 1...12.
    public var month: Int
    /// The day of the month, 1...31.
    public var day: Int

    /// Makes a date from its fields, which are not checked.
    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date so many days after 1970-01-01.
    public init(daysSince1970: Int64) {
        // Counts in eras of 400 years that start on 1 March, so the leap day is the last day of a year.
        let shifted = daysSince1970 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = Int(shifted - era * 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = Int(era) * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01 to this date.
    public var daysSince1970: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The number of days of a month, leap years included.
    public static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads and writes the fixed-width decimal fields of time texts.
struct DigitScanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
        index += 1
        return true
    }

    mutating func number(digits: Int) -> Int? {
        guard bytes.count - index >= digits else { return nil }
        var value = 0
        for offset in 0..<digits {
            guard let digit = ASCII.digit(bytes[index + offset]) else { return nil }
            value = value * 10 + digit
        }
        index += digits
        return value
    }

    /// One or more digits after the point, as nanoseconds.
    mutating func fraction() -> Int32? {
        var value: Int32 = 0
        var count = 0
        while index < bytes.count, let digit = ASCII.digit(bytes[index]) {
            if count < 9 { value = value * 10 + Int32(digit) }
            count += 1
            index += 1
        }
        guard count > 0 else { return nil }
        while count < 9 {
            value *= 10
            count += 1
        }
        return value
    }

    static func append(_ value: Int, digits: Int, to out: inout [UInt8]) {
        var room = digits
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            room -= 1
        }
        if value < 0 { room -= 1 }
        for _ in 0..<max(0, room - 1) { out.append(UInt8(ascii: "0")) }
        DecimalText.append(Int64(value), to: &out)
    }
}
