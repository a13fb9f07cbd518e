import Bytes

/// How long ago something happened, as short text: `45s`, `3m20s`, `5h`, `12d`.
enum AgeText {
    /// The age at `now` of a time in RFC 3339; `<unknown>` without a readable time.
    static func text(since timestamp: String?, now: WallTime) -> String {
        guard let timestamp, let time = WallTime(rfc3339: timestamp) else { return "<unknown>" }
        return text(seconds: now.seconds - time.seconds)
    }

    /// An age in seconds: two units while the first is small, zero second parts left out.
    static func text(seconds: Int64) -> String {
        // A clock may run a little ahead of the one that stamped the object.
        if seconds < -1 { return "<invalid>" }
        let seconds = max(0, seconds)
        let (minutes, hours, days, years) = (
            seconds / 60, seconds / 3600, seconds / 86_400, seconds / 31_536_000
        )
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return pair(minutes, "m", seconds % 60, "s")
        case ..<(3 * 3600): return "\(minutes)m"
        case ..<(8 * 3600): return pair(hours, "h", minutes % 60, "m")
        case ..<(48 * 3600): return "\(hours)h"
        case ..<(8 * 86_400): return pair(days, "d", hours % 24, "h")
        case ..<(2 * 31_536_000): return "\(days)d"
        case ..<(8 * 31_536_000): return pair(years, "y", days % 365, "d")
        default: return "\(years)y"
        }
    }

    private static func pair(_ first: Int64, _ firstUnit: String, _ second: Int64, _ secondUnit: String)
        -> String
    {
        second == 0 ? "\(first)\(firstUnit)" : "\(first)\(firstUnit)\(second)\(secondUnit)"
    }
}
