import Document
import Resources
import Testing

/// Manifests a user can get wrong, each with the one answer.
@Suite struct BadManifestTests {
    static func head(_ type: ResourceType, _ name: String = "x") -> String {
        "apiVersion: \(type.apiVersion)\nkind: \(type.kind)\nmetadata: {name: \(name)\(type.isNamespaced ? ", namespace: a" : "")}\n"
    }

    static func causes(_ type: ResourceType, _ rest: String, name: String = "x") throws -> [String] {
        try Support.causes(head(type, name) + rest)
    }

    @Test(arguments: [
        (
            "spec: {ports: [{port: 0}]}",
            ["spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"]
        ),
        (
            "spec: {ports: [{port: http}]}",
            [
                #"spec.ports[0].port: Invalid value: "string": spec.ports[0].port in body must be of type integer: "string""#
            ]
        ),
        ("spec: {ports: [{name: a}]}", ["spec.ports[0].port: Required value"]),
        ("spec: {}", ["spec.ports: Required value"]), ("", ["spec.ports: Required value"]),
        (
            "spec: {ports: [{port: 80}, {port: 81}]}",
            ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"]
        ),
        (
            "spec: {ports: [{port: 80, name: a}, {port: 81, name: a}]}",
            [#"spec.ports[1].name: Duplicate value: "a""#]
        ),
        (
            "spec: {ports: [{port: 80, name: a}, {port: 80, name: b}]}",
            [#"spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}"#]
        ),
        (
            "spec: {ports: [{port: 80, protocol: HTTP}]}",
            [#"spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP""#]
        ),
        (
            "spec: {type: Bogus, ports: [{port: 80}]}",
            [
                #"spec.type: Unsupported value: "Bogus": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#
            ]
        ),
        (
            "spec: {ports: [{port: 80}], clusterIP: 1.2.3}",
            [
                #"spec.clusterIP: Invalid value: "1.2.3": must be empty, 'None', or a valid IP address, e.g. 10.9.8.7 or 2001:db8::ffff"#
            ]
        ),
        ("spec: {type: ExternalName}", ["spec.externalName: Required value"]),
        (
            "spec: {ports: [{port: 80, targetPort: 70000}]}",
            ["spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive"]
        ),
        ("spec: []", [#"spec: Invalid value: "array": spec in body must be of type object: "array""#]),
    ])
    func services(_ rest: String, _ expected: [String]) throws {
        #expect(try Self.causes(.service, rest) == expected)
    }

    @Test(arguments: [
        ("data: {'bad key': x}", ["a valid config key must consist of"]),
        ("data: {'..': x}", ["must not be '..'"]),
        ("data: {a: 1}", ["data.a in body must be of type string: \"integer\""]),
        ("data: [a]", ["data in body must be of type object"]),
        ("data: {a: x}\nbinaryData: {a: eA==}", ["duplicate of key present in data"]),
        ("binaryData: {a: '***'}", ["binaryData.a in body must be of type byte"]),
    ])
    func configMaps(_ rest: String, _ expected: [String]) throws {
        let causes = try Self.causes(.configMap, rest)
        #expect(causes.count == expected.count)
        for (cause, part) in zip(causes, expected) { #expect(cause.contains(part), "\(cause)") }
    }

    @Test(arguments: [
        (
            "{name: Bad_Name, namespace: a}",
            "metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of"
        ),
        ("{namespace: a}", "metadata.name: Required value: name or generateName is required"),
        ("{name: x, namespace: A}", "metadata.namespace: Invalid value: \"A\": a lowercase RFC 1123 label"),
        (
            "{name: x, labels: {'bad key': x}}",
            "metadata.labels: Invalid value: \"bad key\": name part must consist of"
        ),
        (
            "{name: x, labels: {a: 'bad value'}}",
            "metadata.labels: Invalid value: \"bad value\": a valid label must be"
        ),
        (
            "{name: x, labels: {version: 1}}",
            "metadata.labels.version: Invalid value: \"integer\": metadata.labels.version in body must be of type string"
        ),
        ("{name: x, annotations: {a: true}}", "metadata.annotations.a: Invalid value: \"boolean\""),
        (
            "{name: 5}",
            "metadata.name: Invalid value: \"integer\": metadata.name in body must be of type string: \"integer\""
        ),
        ("{name: x, finalizers: ['a b']}", "metadata.finalizers[0]: Invalid value: \"a b\""),
        ("[]", "metadata: Invalid value: \"array\": metadata in body must be of type object: \"array\""),
        ("{name: x, creationTimestamp: soon}", "metadata.creationTimestamp: Invalid value: \"soon\""),
    ])
    func metadata(_ metadata: String, _ expected: String) throws {
        let causes = try Support.causes("apiVersion: v1\nkind: ConfigMap\nmetadata: \(metadata)\n")
        #expect(causes.count == 1, "\(causes)")
        #expect(causes.first?.hasPrefix(expected) == true, "\(causes)")
    }

    @Test func clusterWideKindsHaveNoNamespace() throws {
        let causes = try Support.causes(
            "{apiVersion: v1, kind: Namespace, metadata: {name: x, namespace: a}}")
        #expect(causes == ["metadata.namespace: Forbidden: not allowed on this type"])
    }

    @Test(arguments: [
        (
            "remote: {addresses: x}",
            #"spec.remote.addresses: Invalid value: "string": spec.remote.addresses in body must be of type array: "string""#
        ),
        (
            "remote: {addresses: ['https://a']}",
            #"spec.remote.addresses[0]: Invalid value: "https://a": not an IP address or host name; write one address without scheme or port"#
        ),
        (
            "remote: {discoveryPort: 65536}",
            "spec.remote.discoveryPort: Invalid value: 65536: spec.remote.discoveryPort in body should be less than or equal to 65535"
        ),
        (
            "remote: {servicePort: '15443'}",
            #"spec.remote.servicePort: Invalid value: "string": spec.remote.servicePort in body must be of type integer: "string""#
        ),
        (
            "security: {trustDomain: East_1}",
            #"spec.security.trustDomain: Invalid value: "East_1": "East_1" is not a trust domain name; allowed: a-z, 0-9, '.', '-', '_'"#
        ),
        (
            "security: {trustDomain: 'spiffe://west'}",
            #"spec.security.trustDomain: Invalid value: "spiffe://west": "spiffe://west" is not a trust domain name; write it without spiffe://"#
        ),
        (
            "security: {clientID: '*'}",
            #"spec.security.clientID: Invalid value: "*": "*" is not a client ID; expected TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT, with or without spiffe://"#
        ),
        (
            "security: {certificateChain: {kind: Secret, name: a}}",
            #"spec.security.certificateChain.kind: Unsupported value: "Secret": supported values: "ConfigMap""#
        ),
        (
            "security: {certificateChain: {kind: ConfigMap}}",
            "spec.security.certificateChain.name: Required value"
        ),
        (
            "gateways: {ingress: {name: Bad.Name}}",
            "spec.gateways.ingress.name: Invalid value: \"Bad.Name\": a DNS-1035 label must consist of"
        ),
    ])
    func peers(_ spec: String, _ expected: String) throws {
        let causes = try Self.causes(.serviceMeshPeer, "spec: {\(spec)}")
        #expect(causes.count == 1)
        #expect(causes.first?.hasPrefix(expected) == true, "\(causes)")
    }

    @Test(arguments: [
        ("{}", "spec.exportRules[0].type: Required value"),
        (
            "{type: Label}",
            #"spec.exportRules[0].type: Unsupported value: "Label": supported values: "NameSelector", "LabelSelector""#
        ),
        (
            "{type: NameSelector, nameSelector: {namespace: 5}}",
            #"spec.exportRules[0].nameSelector.namespace: Invalid value: "integer": spec.exportRules[0].nameSelector.namespace in body must be of type string: "integer""#
        ),
        (
            "{type: NameSelector, nameSelector: {name: 'rat*'}}",
            #"spec.exportRules[0].nameSelector.name: Invalid value: "rat*": patterns are not supported; write a whole name, or * for any"#
        ),
        (
            "{type: NameSelector, nameSelector: {alias: {name: 'A b'}}}",
            #"spec.exportRules[0].nameSelector.alias.name: Invalid value: "A b": a lowercase RFC 1123 label"#
        ),
        (
            "{type: LabelSelector, labelSelector: {selector: {matchExpressions: [{key: a, operator: Near}]}}}",
            #"spec.exportRules[0].labelSelector.selector.matchExpressions[0].operator: Invalid value: "Near": "Near" is not a selector operator; allowed: In, NotIn, Exists, DoesNotExist"#
        ),
        (
            "{type: LabelSelector, labelSelector: {selector: {matchExpressions: [{key: a, operator: In}]}}}",
            "spec.exportRules[0].labelSelector.selector.matchExpressions[0].values: Invalid value: \"\": must be specified when"
        ),
        (
            "{type: LabelSelector, labelSelector: {aliases: {}}}",
            #"spec.exportRules[0].labelSelector.aliases: Invalid value: "object""#
        ),
    ])
    func exports(_ rule: String, _ expected: String) throws {
        let causes = try Self.causes(.exportedServiceSet, "spec: {exportRules: [\(rule)]}")
        #expect(causes.count == 1)
        #expect(causes.first?.hasPrefix(expected) == true, "\(causes)")
    }

    @Test(arguments: [
        (
            "importRules: [{type: LabelSelector}]",
            #"spec.importRules[0].type: Unsupported value: "LabelSelector": supported values: "NameSelector""#
        ),
        (
            "importRules: [{type: NameSelector, importAsLocal: 'yes'}]",
            #"spec.importRules[0].importAsLocal: Invalid value: "string""#
        ),
        (
            "importRules: [{type: NameSelector, domainSuffix: 'a b'}]",
            #"spec.importRules[0].domainSuffix: Invalid value: "a b""#
        ),
        (
            "importRules: {}",
            #"spec.importRules: Invalid value: "object": spec.importRules in body must be of type array: "object""#
        ),
    ])
    func imports(_ spec: String, _ expected: String) throws {
        let causes = try Self.causes(.importedServiceSet, "spec: {\(spec)}")
        #expect(causes.count == 1)
        #expect(causes.first?.hasPrefix(expected) == true, "\(causes)")
    }

    @Test(arguments: [
        (
            ResourceType.serviceMeshControlPlane, "spec: {security: {trust: {domain: A}}}",
            #"spec.security.trust.domain: Invalid value: "A""#
        ),
        (
            .serviceMeshControlPlane, "spec: {gateways: {additionalIngress: {Bad_: {}}}}",
            #"spec.gateways.additionalIngress.Bad_: Invalid value: "Bad_": a DNS-1035 label"#
        ),
        (
            .serviceMeshControlPlane,
            "spec: {gateways: {additionalIngress: {g: {}}, additionalEgress: {g: {}}}}",
            #"spec.gateways.additionalEgress.g: Invalid value: "g": another gateway of the mesh has this name"#
        ),
        (
            .serviceMeshControlPlane,
            "spec: {gateways: {additionalIngress: {g: {service: {ports: [{port: 0}]}}}}}",
            "spec.gateways.additionalIngress.g.service.ports[0].port: Invalid value: 0"
        ),
        (
            .serviceMeshControlPlane,
            "spec: {gateways: {additionalIngress: {g: {service: {ports: [{port: 1, name: a}, {port: 1, name: b}]}}}}}",
            "spec.gateways.additionalIngress.g.service.ports[1].port: Duplicate value: 1"
        ),
        (
            .serviceMeshControlPlane, "spec: {tracing: {sampling: 10001}}",
            "spec.tracing.sampling: Invalid value: 10001"
        ),
        (.serviceMeshControlPlane, "status: {conditions: []}", "status.readiness: Required value"),
        (
            .serviceMeshMemberRoll, "spec: {members: [Bad_]}",
            #"spec.members[0]: Invalid value: "Bad_": a lowercase RFC 1123 label"#
        ),
        (
            .serviceMeshMemberRoll, "spec: {members: [a]}",
            #"spec.members[0]: Invalid value: "a": the namespace of the control plane cannot be a member"#
        ),
        (.serviceMeshMemberRoll, "spec: {members: b}", #"spec.members: Invalid value: "string""#),
        (
            .serviceMeshMemberRoll,
            "spec: {memberSelectors: [{matchExpressions: [{key: a, operator: Near}]}]}",
            #"spec.memberSelectors[0].matchExpressions[0].operator: Invalid value: "Near": "Near" is not a selector operator"#
        ),
        (.serviceMeshMember, "spec: {}", "spec.controlPlaneRef: Required value"),
    ])
    func meshes(_ type: ResourceType, _ rest: String, _ expected: String) throws {
        let causes = try Self.causes(type, rest, name: type == .serviceMeshControlPlane ? "x" : "default")
        #expect(causes.count == 1, "\(causes)")
        #expect(causes.first?.hasPrefix(expected) == true, "\(causes)")
    }

    @Test func rollsAreCalledDefault() throws {
        #expect(
            try Self.causes(.serviceMeshMemberRoll, "spec: {members: []}")
                == [#"metadata.name: Invalid value: "x": a ServiceMeshMemberRoll must be named "default""#])
    }

    @Test(arguments: [
        (
            ResourceType.virtualService, "spec: {http: []}",
            ["spec.hosts: Required value", "spec.http: Required value"]
        ),
        (.virtualService, "spec: {hosts: [x]}", ["spec.http: Required value"]),
        (
            .virtualService, "spec: {hosts: ['a*b'], http: [{route: [{destination: {host: b}}]}]}",
            [#"spec.hosts[0]: Invalid value: "a*b""#]
        ),
        (.virtualService, "spec: {hosts: [x], http: [{}]}", ["spec.http[0].route: Required value"]),
        (
            .virtualService,
            "spec: {hosts: [x], http: [{route: [{destination: {host: b}}], redirect: {uri: /}}]}",
            ["spec.http[0].redirect: Forbidden: cannot be set beside route"]
        ),
        (
            .virtualService, "spec: {hosts: [x], http: [{route: [{weight: 1}]}]}",
            ["spec.http[0].route[0].destination: Required value"]
        ),
        (
            .virtualService, "spec: {hosts: [x], http: [{route: [{destination: {host: b}, weight: -1}]}]}",
            ["spec.http[0].route[0].weight: Invalid value: -1"]
        ),
        (
            .virtualService,
            "spec: {hosts: [x], http: [{route: [{destination: {host: b}}, {destination: {host: c}}]}]}",
            ["spec.http[0].route: Invalid value: \"\": the weights of several"]
        ),
        (
            .virtualService,
            "spec: {hosts: [x], http: [{match: [{uri: {exact: a, prefix: b}}], route: [{destination: {host: b}}]}]}",
            ["spec.http[0].match[0].uri: Invalid value"]
        ),
        (
            .virtualService,
            "spec: {hosts: [x], http: [{match: [{uri: {}}], route: [{destination: {host: b}}]}]}",
            ["spec.http[0].match[0].uri: Required value"]
        ),
        (
            .virtualService, "spec: {hosts: [x], http: [{timeout: soon, route: [{destination: {host: b}}]}]}",
            [
                #"spec.http[0].timeout: Invalid value: "soon": spec.http[0].timeout in body must be of type duration"#
            ]
        ),
        (
            .virtualService,
            "spec: {hosts: [x], http: [{mirrorPercentage: {value: 101}, route: [{destination: {host: b}}]}]}",
            ["spec.http[0].mirrorPercentage.value: Invalid value: 101"]
        ),
        (.virtualService, "spec: {hosts: [x], tcp: [{}]}", ["spec.tcp[0].route: Required value"]),
        (
            .destinationRule, "spec: {subsets: [{name: a}, {name: a}]}",
            ["spec.host: Required value", "spec.subsets[1].name: Duplicate value"]
        ),
        (
            .destinationRule, "spec: {host: a, trafficPolicy: {tls: {mode: MAYBE}}}",
            [
                #"spec.trafficPolicy.tls.mode: Unsupported value: "MAYBE": supported values: "DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL""#
            ]
        ),
        (.serviceEntry, "spec: {}", ["spec.hosts: Required value"]),
        (
            .serviceEntry, "spec: {hosts: [a], ports: [{number: 1, name: a}, {number: 1, name: b}]}",
            ["spec.ports[1].number: Duplicate value: 1"]
        ),
        (.workloadEntry, "spec: {}", ["spec.address: Required value: an address is needed"]),
        (
            .workloadEntry, "spec: {address: '1.2.3.4:80'}",
            [
                #"spec.address: Invalid value: "1.2.3.4:80": not an IP address, host name or unix:// path; write ports under ports"#
            ]
        ),
        (.workloadEntry, "spec: {address: 1.2.3.4, ports: {http: 0}}", ["spec.ports.http: Invalid value: 0"]),
        (.gateway, "spec: {}", ["spec.servers: Required value"]),
        (
            .gateway, "spec: {servers: [{port: {number: 443, name: a, protocol: HTTPS}, hosts: ['*']}]}",
            ["spec.servers[0].tls: Required value: HTTPS servers need it"]
        ),
        (
            .gateway, "spec: {servers: [{port: {number: 80, name: a, protocol: SPDY}, hosts: ['*']}]}",
            [#"spec.servers[0].port.protocol: Unsupported value: "SPDY""#]
        ),
    ])
    func istio(_ type: ResourceType, _ rest: String, _ expected: [String]) throws {
        let causes = try Self.causes(type, rest)
        #expect(causes.count == expected.count, "\(causes)")
        for (cause, part) in zip(causes, expected) { #expect(cause.hasPrefix(part), "\(cause)") }
    }
}
