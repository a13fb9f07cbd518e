import Resources

/// How strategic merge patch treats one field and what is below it.
///
/// What is not listed follows the plain rules: objects merge, lists replace.
struct StrategicSchema {
    /// How a list merges.
    enum ListRule: Equatable {
        /// The patch's list takes the place of the stored one.
        case replace
        /// Elements are objects and merge by this member.
        case byKey(String)
        /// Elements are scalars; the union is kept.
        case set
    }

    var list = ListRule.replace
    /// Members of the object, or of each element of the list.
    var fields: [String: StrategicSchema] = [:]

    /// The rules below the member `name`.
    subscript(_ name: String) -> StrategicSchema { fields[name] ?? StrategicSchema() }

    private static func list(_ key: String, _ fields: [String: StrategicSchema] = [:]) -> StrategicSchema {
        StrategicSchema(list: .byKey(key), fields: fields)
    }

    private static func object(_ fields: [String: StrategicSchema]) -> StrategicSchema {
        StrategicSchema(fields: fields)
    }

    private static let metadata = object([
        "ownerReferences": list("uid"), "finalizers": StrategicSchema(list: .set),
    ])
    private static let container = list(
        "name",
        [
            "ports": list("containerPort"), "env": list("name"), "volumeMounts": list("mountPath"),
            "volumeDevices": list("devicePath"),
        ])
    private static let podSpec = object([
        "containers": container, "initContainers": container, "ephemeralContainers": container,
        "volumes": list("name"), "imagePullSecrets": list("name"), "hostAliases": list("ip"),
        "topologySpreadConstraints": list("topologyKey"),
    ])
    private static let status = object(["conditions": list("type")])

    /// The rules of a built-in kind; `nil` for custom kinds, which do not take strategic patches.
    static func forType(_ type: ResourceType) -> StrategicSchema? {
        guard !type.isCustom else { return nil }
        var fields = ["metadata": metadata, "status": status]
        switch type.kind {
        case "Service": fields["spec"] = object(["ports": list("port")])
        case "Pod": fields["spec"] = podSpec
        case "Deployment":
            fields["spec"] = object(["template": object(["metadata": metadata, "spec": podSpec])])
        case "ServiceAccount": fields["secrets"] = list("name")
        default: break
        }
        return object(fields)
    }
}
