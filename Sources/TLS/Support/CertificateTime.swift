internal import Bytes
internal import COpenSSL

/// Wall-clock time as OpenSSL sees it, and its time type in both directions.
enum CertificateTime {
    /// Now, to the second: the clock certificates are checked against.
    static func now() -> WallTime {
        wallTime(nil)
    }

    /// `nil` means now.
    ///
    /// A malformed time reads as the epoch, which no rule takes for valid.
    static func wallTime(_ time: UnsafePointer<ASN1_TIME>?) -> WallTime {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return WallTime(seconds: 0) }
        defer { ASN1_STRING_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return WallTime(seconds: 0) }
        return WallTime(seconds: Int64(days) * 86_400 + Int64(seconds))
    }
}

extension Duration {
    /// `2d3h`, `5m12s`, `42s`: the two largest units.
    var forPeople: String {
        let total = abs(components.seconds)
        let units: [(Int64, String)] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")]
        guard let first = units.firstIndex(where: { total >= $0.0 }) else { return "0s" }
        let rest = total % units[first].0
        var text = "\(total / units[first].0)\(units[first].1)"
        if first + 1 < units.count, rest / units[first + 1].0 > 0 {
            text += "\(rest / units[first + 1].0)\(units[first + 1].1)"
        }
        return text
    }
}
