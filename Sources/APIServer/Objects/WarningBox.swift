import Synchronization

/// Carries the warnings of a write out of the store's decision, which runs elsewhere.
final class WarningBox: Sendable {
    private let texts = Mutex<[String]>([])

    func set(_ new: [String]) { texts.withLock { $0 = new } }

    func get() -> [String] { texts.withLock { $0 } }
}
