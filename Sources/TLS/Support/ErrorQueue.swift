internal import COpenSSL

/// OpenSSL's per-thread error queue.
///
/// Emptied before calls whose outcome it explains, drained into a value after.
enum ErrorQueue {
    struct Entry {
        var library: Int32
        var reason: Int32
        var text: String
    }

    static func clear() {
        ERR_clear_error()
    }

    /// Removes every entry and returns the oldest, which names the cause.
    static func drain() -> Entry? {
        let code = ERR_get_error()
        guard code != 0 else { return nil }
        ERR_clear_error()
        let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
        return Entry(library: COpenSSL_error_library(code), reason: COpenSSL_error_reason(code), text: text)
    }

    /// An error of `kind` whose message is `what` followed by OpenSSL's reason.
    ///
    /// Reasons carry no input bytes.
    static func error(_ kind: TLSError.Kind, _ what: String) -> TLSError {
        guard let entry = drain() else { return TLSError(kind, what) }
        return TLSError(kind, "\(what): \(entry.text)")
    }
}
