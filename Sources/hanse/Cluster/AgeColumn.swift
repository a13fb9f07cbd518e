import Bytes

/// Ages as kubectl prints them, for servers that answer without tables.
enum AgeColumn {
    /// The age of an RFC 3339 time: `5s`, `3m12s`, `4h`, `2d`; `<unknown>` when there is none.
    static func text(_ timestamp: String?, now: WallTime) -> String {
        guard let timestamp, let time = WallTime(rfc3339: timestamp) else { return "<unknown>" }
        return text(seconds: Int(now.seconds - time.seconds))
    }

    /// An age in seconds: two units while it is short, one when it is long.
    static func text(seconds: Int) -> String {
        func pair(_ whole: Int, _ unit: String, _ rest: Int, _ restUnit: String) -> String {
            rest == 0 ? "\(whole)\(unit)" : "\(whole)\(unit)\(rest)\(restUnit)"
        }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes = seconds / 60
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if days < 8 { return pair(days, "d", hours % 24, "h") }
        if days < 365 * 2 { return "\(days)d" }
        if days < 365 * 8 { return pair(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }
}
