import Bytes
import Document

/// Writes `status.conditions` with times that move only when a condition turns.
struct Conditions {
    /// The conditions the object has now.
    var stored: [Node]
    /// The time of this pass.
    var now: WallTime

    /// Makes a condition.
    func make(_ type: String, _ isTrue: Bool, reason: String, message: String) -> Node {
        let status = isTrue ? "True" : "False"
        let before = stored.first { $0["type"]?.string == type }
        let since =
            before?["status"]?.string == status
            ? before?["lastTransitionTime"]?.string ?? now.rfc3339 : now.rfc3339
        return [
            "type": Node(type), "status": Node(status), "reason": Node(reason), "message": Node(message),
            "lastTransitionTime": Node(since),
        ]
    }

    /// The status of a condition of a list; nil when it is absent.
    static func status(of type: String, in conditions: Node?) -> String? {
        conditions?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }

    /// The message of a condition of a list.
    static func message(of type: String, in conditions: Node?) -> String? {
        conditions?.array?.first { $0["type"]?.string == type }?["message"]?.string
    }
}
