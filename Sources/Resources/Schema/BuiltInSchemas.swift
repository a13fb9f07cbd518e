/// The schemas of the kinds Kubernetes brings along, written by hand: every field Kubernetes knows of the
/// kinds Hanse acts on.
///
/// Pods and Deployments are carried whole, so only what is read is checked.
enum BuiltInSchemas {
    static func schema(for type: ResourceType) -> Schema? {
        switch type {
        case .namespace: namespace
        case .configMap: configMap
        case .secret: secret
        case .service: service
        case .endpoints: endpoints
        case .endpointSlice: endpointSlice
        case .serviceAccount: serviceAccount
        case .event: event
        case .pod: pod
        case .deployment: deployment
        default: nil
        }
    }

    static let ownerReference = Schema.object(
        [
            "apiVersion": .text, "kind": .text, "name": .text, "uid": .text, "controller": .flag,
            "blockOwnerDeletion": .flag,
        ], required: ["apiVersion", "kind", "name", "uid"])

    static let metadata = Schema.object([
        "name": .text, "generateName": .text, "namespace": .text, "selfLink": .text, "uid": .text,
        "resourceVersion": .text, "generation": .number, "creationTimestamp": .time,
        "deletionTimestamp": .time, "deletionGracePeriodSeconds": .number, "labels": .textMap,
        "annotations": .textMap, "ownerReferences": .list(ownerReference), "finalizers": .texts,
        "managedFields": .list(.any), "clusterName": .text,
    ])

    static let objectReference = Schema.object([
        "kind": .text, "namespace": .text, "name": .text, "uid": .text, "apiVersion": .text,
        "resourceVersion": .text, "fieldPath": .text,
    ])

    static let condition = Schema.object(
        [
            "type": .text, "status": .text, "reason": .text, "message": .text, "lastTransitionTime": .time,
            "lastUpdateTime": .time, "lastProbeTime": .time, "observedGeneration": .number,
        ], required: ["type", "status"])

    static let namespace = Schema.object([
        "spec": .object(["finalizers": .texts]),
        "status": .object(["phase": .text, "conditions": .list(condition)]),
    ])

    static let configMap = Schema.object([
        "data": .textMap, "binaryData": Schema(.object, additional: Schema(.string, format: "byte")),
        "immutable": .flag,
    ])

    static let secret = Schema.object([
        "data": Schema(.object, additional: Schema(.string, isNullable: true, format: "byte")),
        "stringData": .textMap, "type": .text, "immutable": .flag,
    ])

    static let serviceAccount = Schema.object([
        "secrets": .list(objectReference), "imagePullSecrets": .list(.object(["name": .text])),
        "automountServiceAccountToken": .flag,
    ])

    private static let servicePort = Schema.object(
        [
            "name": .text, "protocol": .text, "appProtocol": .text, "port": .number,
            "targetPort": .intOrString, "nodePort": .port,
        ], required: ["port"])

    static let service = Schema.object([
        "spec": .object([
            "ports": .list(servicePort), "selector": .textMap, "clusterIP": .text, "clusterIPs": .texts,
            "type": .oneOf("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"), "externalIPs": .texts,
            "sessionAffinity": .oneOf("ClientIP", "None"), "loadBalancerIP": .text,
            "loadBalancerSourceRanges": .texts, "externalName": .text, "externalTrafficPolicy": .text,
            "healthCheckNodePort": .number, "publishNotReadyAddresses": .flag,
            "sessionAffinityConfig": .object(["clientIP": .object(["timeoutSeconds": .number])]),
            "ipFamilies": .texts, "ipFamilyPolicy": .text, "allocateLoadBalancerNodePorts": .flag,
            "loadBalancerClass": .text, "internalTrafficPolicy": .text, "trafficDistribution": .text,
            "topologyKeys": .texts,
        ]),
        "status": .object([
            "loadBalancer": .object([
                "ingress": .list(
                    .object(["ip": .text, "hostname": .text, "ipMode": .text, "ports": .list(.any)]))
            ]), "conditions": .list(condition),
        ]),
    ])

    private static let endpointAddress = Schema.object(
        ["ip": .text, "hostname": .text, "nodeName": .text, "targetRef": objectReference], required: ["ip"])

    static let endpointPort = Schema.object(
        ["name": .text, "port": .port, "protocol": .text, "appProtocol": .text], required: ["port"])

    static let endpoints = Schema.object([
        "subsets": .list(
            .object([
                "addresses": .list(endpointAddress), "notReadyAddresses": .list(endpointAddress),
                "ports": .list(endpointPort),
            ]))
    ])

    private static let sliceEndpoint = Schema.object(
        [
            "addresses": .texts,
            "conditions": .object(["ready": .flag, "serving": .flag, "terminating": .flag]),
            "hostname": .text, "targetRef": objectReference, "deprecatedTopology": .textMap,
            "nodeName": .text, "zone": .text,
            "hints": .object([
                "forZones": .list(.object(["name": .text])), "forNodes": .list(.object(["name": .text])),
            ]),
        ], required: ["addresses"])

    static let endpointSlice = Schema.object(
        [
            "addressType": .oneOf("FQDN", "IPv4", "IPv6"), "endpoints": .list(sliceEndpoint),
            "ports": .list(
                .object(["name": .text, "port": .port, "protocol": .text, "appProtocol": .text])),
        ], required: ["addressType", "endpoints"])

    static let event = Schema.object(
        [
            "involvedObject": objectReference, "reason": .text, "message": .text,
            "source": .object(["component": .text, "host": .text]), "firstTimestamp": .time,
            "lastTimestamp": .time, "count": .number, "type": .text, "eventTime": .time, "series": .any,
            "action": .text, "related": objectReference, "reportingComponent": .text,
            "reportingInstance": .text,
        ], required: ["involvedObject"])

    // What must be there is the API server's to say: here only types are checked.
    private static let containers = Schema.list(
        .object(
            [
                "name": .text, "image": .text, "command": .texts, "args": .texts,
                "ports": .list(
                    .object(["containerPort": .number, "name": .text, "protocol": .text], open: true)),
                "env": .list(.object(["name": .text, "value": .text], open: true)),
            ], open: true))

    private static let podSpec = Schema.object(
        ["containers": containers, "serviceAccountName": .text, "nodeName": .text], open: true)

    static let pod = Schema.object(
        [
            "spec": podSpec,
            "status": .object(
                ["phase": .text, "podIP": .text, "hostIP": .text, "conditions": .list(condition)], open: true),
        ], open: true)

    static let deployment = Schema.object(
        [
            "spec": .object(
                [
                    "replicas": .number, "selector": .object(["matchLabels": .textMap], open: true),
                    "template": .object(
                        ["metadata": .object(["labels": .textMap], open: true), "spec": podSpec], open: true),
                ], open: true),
            "status": .any,
        ], open: true)
}
