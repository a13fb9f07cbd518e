import Document

/// How the lists of built-in kinds merge, by the path of the list.
enum ListMerge: Sendable, Hashable {
    /// The new list stands for the old one.
    case replace
    /// Elements with equal values of these fields are the same element.
    ///
    /// The second of a field is what counts when it is absent.
    case byKey([String], defaults: [String: String])
    /// The list is a set of strings.
    case set

    /// The rule of a list in an object of a built-in kind.
    ///
    /// Custom kinds know only `replace`.
    static func rule(kind: String, path: [String]) -> ListMerge {
        let fields = path.filter { $0 != "*" }
        func key(_ name: String, _ second: String? = nil, _ standard: String = "") -> ListMerge {
            .byKey([name] + (second.map { [$0] } ?? []), defaults: second.map { [$0: standard] } ?? [:])
        }
        switch fields {
        case ["metadata", "ownerReferences"]: return key("uid")
        case ["metadata", "finalizers"]: return .set
        case ["status", "conditions"]: return key("type")
        case ["spec", "ports"] where kind == "Service": return key("port", "protocol", "TCP")
        case ["secrets"] where kind == "ServiceAccount": return key("name")
        case ["imagePullSecrets"] where kind == "ServiceAccount": return key("name")
        default: break
        }
        let pod: [String]
        switch kind {
        case "Pod": pod = ["spec"]
        case "Deployment": pod = ["spec", "template", "spec"]
        default: return .replace
        }
        guard fields.starts(with: pod) else { return .replace }
        switch Array(fields.dropFirst(pod.count)) {
        case ["containers"], ["initContainers"], ["volumes"], ["imagePullSecrets"]: return key("name")
        case ["containers", "ports"], ["initContainers", "ports"]:
            return key("containerPort", "protocol", "TCP")
        case ["containers", "env"], ["initContainers", "env"]: return key("name")
        case ["containers", "volumeMounts"], ["initContainers", "volumeMounts"]: return key("mountPath")
        default: return .replace
        }
    }
}
