import EnvoyConfig
import Resources

/// The DestinationRules by the host they are for.
struct DestinationRules {
    /// What holds for one host.
    struct Rule {
        var object: String
        var trafficPolicy: TrafficPolicy?
        var subsets: [String: DestinationRuleSpec.Subset]
    }

    private var rules: [String: Rule] = [:]

    /// Several rules for one host are merged: the oldest policy, all subsets, of two with one name the oldest.
    init(_ input: TranslateInput, hosts: HostTable, warn: (TranslateWarning) -> Void) {
        for object in input.destinationRules.sorted(by: MeshObject.inPrecedence) {
            let host = hosts.fullName(object.spec.host, namespace: object.key.namespace)
            let name = "DestinationRule \(object.key)"
            var rule =
                rules[host] ?? Rule(object: name, trafficPolicy: object.spec.trafficPolicy, subsets: [:])
            for (index, subset) in object.spec.subsets.enumerated() {
                // It becomes part of server names.
                if let fault = TextRule.host.fault(of: subset.name) {
                    warn(
                        TranslateWarning(
                            object: name, path: "spec.subsets[\(index)].name",
                            message: "\(fault): the subset is not defined"))
                    continue
                }
                guard rule.subsets[subset.name] == nil else {
                    warn(
                        TranslateWarning(
                            object: name, path: "spec.subsets[\(index)]",
                            message:
                                "subset \(subset.name) of \(host) is defined before and has no effect here"))
                    continue
                }
                rule.subsets[subset.name] = subset
            }
            rules[host] = rule
        }
    }

    subscript(_ host: String) -> Rule? { rules[host] }
}
