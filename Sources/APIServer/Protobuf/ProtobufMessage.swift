/// The shape of a protobuf message of the Kubernetes API, as far as kubectl's `create` verbs write it.
///
/// The format is proto2 with every plain scalar always on the wire, so an empty value of a plain field means
/// that the field is absent. A field that is a pointer in the API (`optional`) is on the wire only when set.
struct ProtobufMessage: Sendable {
    /// How a field's value becomes JSON.
    indirect enum Kind: Sendable {
        case string, int, bool
        /// Bytes, in JSON as base64.
        case bytes
        /// Seconds and nanoseconds, in JSON as an RFC 3339 time.
        case time
        /// An integer or a string, by a type tag.
        case intOrString
        case message(ProtobufMessage)
        case list(Kind)
        /// String keys; values of the given kind.
        case map(Kind)
        /// A number that is set even when it is zero.
        case optional(Kind)
    }

    /// Members by field number.
    let fields: [Int: (name: String, kind: Kind)]

    private init(_ fields: [Int: (name: String, kind: Kind)]) { self.fields = fields }

    private static let ownerReference = ProtobufMessage([
        1: ("kind", .string), 3: ("name", .string), 4: ("uid", .string), 5: ("apiVersion", .string),
        6: ("controller", .optional(.bool)), 7: ("blockOwnerDeletion", .optional(.bool)),
    ])
    static let objectMeta = ProtobufMessage([
        1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 5: ("uid", .string),
        6: ("resourceVersion", .string), 7: ("generation", .int), 8: ("creationTimestamp", .time),
        11: ("labels", .map(.string)), 12: ("annotations", .map(.string)),
        13: ("ownerReferences", .list(.message(ownerReference))), 14: ("finalizers", .list(.string)),
    ])
    private static let objectReference = ProtobufMessage([
        1: ("kind", .string), 2: ("namespace", .string), 3: ("name", .string), 4: ("uid", .string),
        5: ("apiVersion", .string), 6: ("resourceVersion", .string), 7: ("fieldPath", .string),
    ])
    private static let localReference = ProtobufMessage([1: ("name", .string)])

    private static let servicePort = ProtobufMessage([
        1: ("name", .string), 2: ("protocol", .string), 3: ("port", .int), 4: ("targetPort", .intOrString),
        5: ("nodePort", .int), 6: ("appProtocol", .optional(.string)),
    ])
    private static let serviceSpec = ProtobufMessage([
        1: ("ports", .list(.message(servicePort))), 2: ("selector", .map(.string)), 3: ("clusterIP", .string),
        4: ("type", .string), 5: ("externalIPs", .list(.string)), 7: ("sessionAffinity", .string),
        8: ("loadBalancerIP", .string), 9: ("loadBalancerSourceRanges", .list(.string)),
        10: ("externalName", .string), 11: ("externalTrafficPolicy", .string),
    ])
    private static let containerPort = ProtobufMessage([
        1: ("name", .string), 2: ("hostPort", .int), 3: ("containerPort", .int), 4: ("protocol", .string),
        5: ("hostIP", .string),
    ])
    private static let environment = ProtobufMessage([1: ("name", .string), 2: ("value", .string)])
    private static let container = ProtobufMessage([
        1: ("name", .string), 2: ("image", .string), 3: ("command", .list(.string)),
        4: ("args", .list(.string)),
        5: ("workingDir", .string), 6: ("ports", .list(.message(containerPort))),
        7: ("env", .list(.message(environment))), 14: ("imagePullPolicy", .string),
    ])
    private static let podTemplate = ProtobufMessage([
        1: ("metadata", .message(objectMeta)),
        2: (
            "spec",
            .message(
                ProtobufMessage([
                    2: ("containers", .list(.message(container))), 3: ("restartPolicy", .string),
                    8: ("serviceAccountName", .string),
                ]))
        ),
    ])
    private static let deploymentSpec = ProtobufMessage([
        1: ("replicas", .optional(.int)),
        2: ("selector", .message(ProtobufMessage([1: ("matchLabels", .map(.string))]))),
        3: ("template", .message(podTemplate)),
    ])
    private static let accessSpec = ProtobufMessage([
        1: (
            "resourceAttributes",
            .message(
                ProtobufMessage([
                    1: ("namespace", .string), 2: ("verb", .string), 3: ("group", .string),
                    4: ("version", .string), 5: ("resource", .string), 6: ("subresource", .string),
                    7: ("name", .string),
                ]))
        ),
        2: (
            "nonResourceAttributes",
            .message(ProtobufMessage([1: ("path", .string), 2: ("verb", .string)]))
        ),
    ])

    /// The message of a kind that clients send as protobuf; `nil` for the others.
    static func forKind(_ kind: String, apiVersion: String) -> ProtobufMessage? {
        known["\(apiVersion)/\(kind)"]
    }

    private static let meta = (name: "metadata", kind: Kind.message(objectMeta))
    private static let known: [String: ProtobufMessage] = [
        "v1/Namespace": ProtobufMessage([
            1: meta, 2: ("spec", .message(ProtobufMessage([1: ("finalizers", .list(.string))]))),
        ]),
        "v1/ConfigMap": ProtobufMessage([
            1: meta, 2: ("data", .map(.string)), 3: ("binaryData", .map(.bytes)),
            4: ("immutable", .optional(.bool)),
        ]),
        "v1/Secret": ProtobufMessage([
            1: meta, 2: ("data", .map(.bytes)), 3: ("type", .string), 4: ("stringData", .map(.string)),
            5: ("immutable", .optional(.bool)),
        ]),
        "v1/ServiceAccount": ProtobufMessage([
            1: meta, 2: ("secrets", .list(.message(objectReference))),
            3: ("imagePullSecrets", .list(.message(localReference))),
            4: ("automountServiceAccountToken", .optional(.bool)),
        ]),
        "v1/Service": ProtobufMessage([1: meta, 2: ("spec", .message(serviceSpec))]),
        "apps/v1/Deployment": ProtobufMessage([1: meta, 2: ("spec", .message(deploymentSpec))]),
        "authorization.k8s.io/v1/SelfSubjectAccessReview": ProtobufMessage([
            1: meta, 2: ("spec", .message(accessSpec)),
        ]),
        "authentication.k8s.io/v1/SelfSubjectReview": ProtobufMessage([1: meta]),
    ]
}
