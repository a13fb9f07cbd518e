import Document
import Resources
import Testing

@Suite struct SpecTests {
    static func route(_ text: String) throws -> HTTPRoute {
        let resource = try Support.resource(
            "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: x, namespace: a}, spec: {hosts: [x], http: [\(text)]}}"
        )
        #expect(try Support.registry.get().validate(resource, mode: .strict).error == nil)
        return try #require(VirtualServiceSpec(resource).http.first)
    }

    @Test func readsEveryPartOfAnHTTPRoute() throws {
        let route = try Self.route(
            """
            {name: r, match: [{uri: {exact: /a}, ignoreUriCase: true, method: {exact: GET}, authority: {prefix: x}, scheme: {exact: http},
              headers: {end-user: {exact: jason}, cookie: {}}, withoutHeaders: {x-no: {}}, queryParams: {q: {regex: "[0-9]+"}}, port: 9080,
              gateways: [mesh], sourceLabels: {app: web}, sourceNamespace: a}],
             route: [{destination: {host: b, subset: v1, port: {number: 80}}, weight: 3, headers: {request: {set: {a: b}}}}],
             rewrite: {uri: /c, authority: d}, timeout: 1.5s, retries: {attempts: 2, perTryTimeout: 250ms, retryOn: 5xx},
             fault: {delay: {fixedDelay: 2s, percentage: {value: 10}}, abort: {httpStatus: 503, percent: 5}},
             mirror: {host: m, subset: v2}, mirrorPercent: 30,
             corsPolicy: {allowOrigins: [{exact: "https://o"}], allowMethods: [GET], maxAge: 24h, allowCredentials: true},
             headers: {response: {add: {x: "1"}, remove: [server]}}}
            """)
        let match = try #require(route.matches.first)
        #expect(match.uri == .exact("/a") && match.ignoresURICase && match.method == .exact("GET"))
        #expect(match.headers.map(\.name) == ["cookie", "end-user"])
        #expect(match.headers.map(\.match) == [.present, .exact("jason")])
        #expect(match.withoutHeaders.map(\.match) == [.present])
        #expect(match.queryParams.first?.match == .regex("[0-9]+"))
        #expect(match.port == 9080 && match.gateways == ["mesh"] && match.sourceLabels == ["app": "web"])
        let share = try #require(route.destinations.first)
        #expect(
            share.destination.host == "b" && share.destination.subset == "v1" && share.destination.port == 80)
        #expect(
            share.weight == 3 && share.headers.request.set == ["a": "b"] && share.headers.response.isEmpty)
        #expect(route.rewrite?.uri == "/c" && route.rewrite?.authority == "d")
        #expect(route.timeout == .milliseconds(1500))
        #expect(route.retries?.attempts == 2 && route.retries?.perTryTimeout == .milliseconds(250))
        #expect(route.fault?.delay == .seconds(2) && route.fault?.delayPercent == 10)
        #expect(route.fault?.abortStatus == 503 && route.fault?.abortPercent == 5)
        #expect(route.mirrors.map(\.percent) == [30] && route.mirrors[0].destination.subset == "v2")
        #expect(
            route.corsPolicy?.allowOrigins == [.exact("https://o")]
                && route.corsPolicy?.maxAge == .seconds(86400))
        #expect(route.headers.response.add == ["x": "1"] && route.headers.response.remove == ["server"])
    }

    @Test(arguments: [
        (
            "{route: [{destination: {host: b}}], mirrors: [{destination: {host: m}, percentage: {value: 0.5}}, {destination: {host: o}}]}",
            [0.5, 100]
        ),
        ("{route: [{destination: {host: b}}], mirror: {host: m}}", [100]),
        ("{route: [{destination: {host: b}}], mirror: {host: m}, mirrorPercentage: {}}", [0]),
        ("{route: [{destination: {host: b}}], mirror: {host: m}, mirror_percent: 7}", [7]),
        ("{route: [{destination: {host: b}}], mirrorPercent: 7}", []),
    ])
    func mirrorsTakeTheirShare(_ text: String, _ percents: [Double]) throws {
        #expect(try Self.route(text).mirrors.map(\.percent) == percents)
    }

    @Test func redirectsAndDirectResponses() throws {
        let redirect = try #require(
            try Self.route("{redirect: {uri: /x, authority: z, port: 8080}}").redirect)
        #expect(redirect.redirectCode == 301 && redirect.uri == "/x" && redirect.port == 8080)
        #expect(
            try Self.route("{directResponse: {status: 418, body: {string: nope}}}").directResponse?.status
                == 418)
    }

    @Test func readsTCPAndTLSRoutes() throws {
        let resource = try Support.resource(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: x}
            spec:
              hosts: [db.example]
              exportTo: ["."]
              tls: [{match: [{sniHosts: [a.example], port: 443}], route: [{destination: {host: a}}]}]
              tcp: [{match: [{port: 3306, destinationSubnets: [10.0.0.0/8]}], route: [{destination: {host: b}, weight: 1}, {destination: {host: c}, weight: 2}]}]
            """)
        #expect(try Support.registry.get().validate(resource, mode: .strict).error == nil)
        let spec = VirtualServiceSpec(resource)
        #expect(spec.tls[0].matches[0].sniHosts == ["a.example"] && spec.tls[0].matches[0].port == 443)
        #expect(spec.tcp[0].matches[0].destinationSubnets == ["10.0.0.0/8"])
        #expect(spec.tcp[0].destinations.map(\.weight) == [1, 2] && spec.exportTo == ["."])
    }

    @Test func readsTrafficPolicies() throws {
        let resource = try Support.resource(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: x}
            spec:
              host: b
              trafficPolicy:
                loadBalancer:
                  simple: LEAST_REQUEST
                  localityLbSetting: {enabled: true, failover: [{from: north, to: south}], distribute: [{from: "n/*", to: {"n/a": 80, "s/b": 20}}]}
                connectionPool: {tcp: {maxConnections: 5, connectTimeout: 2s}, http: {http1MaxPendingRequests: 7, h2UpgradePolicy: UPGRADE}}
                outlierDetection: {consecutive5xxErrors: 3, interval: 10s, baseEjectionTime: 30s, maxEjectionPercent: 100}
                tls: {mode: ISTIO_MUTUAL, sni: s}
                portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]
              subsets:
              - {name: v1, labels: {version: v1}, trafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: c, ttl: 0s}}}}}
            """)
        #expect(try Support.registry.get().validate(resource, mode: .strict).error == nil)
        let spec = DestinationRuleSpec(resource)
        let policy = try #require(spec.trafficPolicy)
        #expect(policy.loadBalancer?.simple == "LEAST_REQUEST")
        #expect(policy.loadBalancer?.locality?.failover.map { [$0.from, $0.to] } == [["north", "south"]])
        #expect(policy.loadBalancer?.locality?.distribute.first?.to == ["n/a": 80, "s/b": 20])
        #expect(
            policy.connectionPool?.maxConnections == 5 && policy.connectionPool?.connectTimeout == .seconds(2)
        )
        #expect(
            policy.outlierDetection?.consecutive5xxErrors == 3
                && policy.outlierDetection?.interval == .seconds(10))
        #expect(policy.tls?.mode == "ISTIO_MUTUAL" && policy.portPolicies.first?.tls?.mode == "DISABLE")
        #expect(spec.subset("v1")?.trafficPolicy?.loadBalancer?.consistentHash?.httpCookieName == "c")
    }

    @Test(arguments: [
        ("http", nil, 80, ApplicationProtocol.http), ("http-web", nil, 80, .http), ("grpc", nil, 80, .grpc),
        ("grpc-web-x", nil, 80, .grpcWeb), ("web", nil, 80, .unsupported), ("", nil, 80, .unsupported),
        ("HTTP2-x", nil, 80, .http2), ("web", "http", 80, .http), ("http", "tcp", 80, .tcp),
        ("x", "kubernetes.io/h2c", 80, .http2), ("db", nil, 3306, .tcp), ("mysql", nil, 3306, .mysql),
        ("tls", nil, 443, .tls),
        ("httpx", nil, 80, .unsupported),
    ])
    func protocolsAreDeclaredAsInIstio(
        _ name: String, _ appProtocol: String?, _ port: Int, _ expected: ApplicationProtocol
    ) {
        #expect(
            ServiceSpec.Port(name: name, port: port, appProtocol: appProtocol).applicationProtocol == expected
        )
    }

    @Test func datagramsAreUDPWhateverTheName() {
        #expect(ServiceSpec.Port(name: "http", port: 53, transport: "UDP").applicationProtocol == .udp)
    }

    @Test func rulesThatCannotBeUsedSayWhy() throws {
        let exported = try Support.resource(
            """
            apiVersion: federation.maistra.io/v1
            kind: ExportedServiceSet
            metadata: {name: x}
            spec: {exportRules: [{type: Bogus}, {type: NameSelector}, {type: LabelSelector, nameSelector: {}}, {type: nameSelector},
              {type: LabelSelector, labelSelector: {selector: {matchExpressions: [{key: a, operator: In}]}}}, {type: LabelSelector, labelSelector: {}}]}
            """)
        let rules = ExportedServiceSetSpec(exported).rules
        let skipped = rules.map { rule -> String in
            if case .skipped(let path, _) = rule { path.description } else { "" }
        }
        #expect(
            skipped == [
                "spec.exportRules[0].type", "spec.exportRules[1].nameSelector",
                "spec.exportRules[2].labelSelector",
                "spec.exportRules[3].type",
                "spec.exportRules[4].labelSelector.selector.matchExpressions[0].values", "",
            ])
        let imported = try Support.resource(
            """
            apiVersion: federation.maistra.io/v1
            kind: ImportedServiceSet
            metadata: {name: x}
            spec: {locality: {zone: z}, importRules: [{type: LabelSelector}, {type: NameSelector}, {type: NameSelector, importAsLocal: true, nameSelector: {alias: {namespace: '*'}}},
              {type: NameSelector, importAsLocal: true, nameSelector: {alias: {namespace: a}}}]}
            """)
        let spec = ImportedServiceSetSpec(imported)
        let reasons = spec.rules.map { rule -> Bool in
            if case .skipped = rule { true } else { false }
        }
        #expect(reasons == [true, true, true, false])
        #expect(spec.locality == nil && spec.localityProblem == "a zone needs a region")
    }

    @Test func namesMatchAndRename() {
        let selector = NameSelector(
            namespace: "*", name: "ratings", alias: .init(namespace: "", name: "stars"))
        #expect(
            selector.matches(namespace: "b", name: "ratings")
                && !selector.matches(namespace: "b", name: "Ratings"))
        #expect(selector.renamed(namespace: "b", name: "ratings") == ("b", "stars"))
        #expect(!NameSelector(name: "rat*").matches(namespace: "b", name: "ratings"))
    }

    @Test func workloadEntriesMergeLabelsAndFindPorts() throws {
        let resource = try Support.resource(
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: x, labels: {app: details, version: v0}}
            spec: {address: 127.0.11.5, ports: {http: 9081}, labels: {version: v1}, locality: north/a, serviceAccount: sa}
            """)
        let spec = WorkloadEntrySpec(resource)
        #expect(spec.labels == ["app": "details", "version": "v1"])
        #expect(spec.locality == Locality(region: "north", zone: "a"))
        #expect(spec.number(of: ServiceSpec.Port(name: "http", port: 9080)) == 9081)
        #expect(spec.number(of: ServiceSpec.Port(name: "grpc", port: 9090, targetPort: .int(7))) == 7)
    }

    @Test func endpointsOfAllThreeKinds() throws {
        let endpoints = EndpointsSpec(
            try Support.resource(
                "{apiVersion: v1, kind: Endpoints, metadata: {name: x}, subsets: [{addresses: [{ip: 10.0.0.1}], notReadyAddresses: [{ip: 10.0.0.2}], ports: [{port: 80, name: http}]}]}"
            ))
        #expect(endpoints.subsets[0].addresses.map(\.ip) == ["10.0.0.1"])
        #expect(endpoints.subsets[0].notReadyAddresses.map(\.ip) == ["10.0.0.2"])
        let slice = EndpointSliceSpec(
            try Support.resource(
                "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: x, labels: {kubernetes.io/service-name: s}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2], conditions: {ready: false, terminating: true}}], ports: [{port: 80}]}"
            ))
        #expect(slice.serviceName == "s" && slice.endpoints.map(\.isReady) == [true, false])
        #expect(slice.endpoints[1].isTerminating)
        let pod = PodSpecView(
            try Support.resource(
                "{apiVersion: v1, kind: Pod, metadata: {name: x, labels: {a: b}}, spec: {containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]}, status: {podIP: 10.0.0.3, phase: Running, conditions: [{type: Ready, status: 'True'}]}}"
            ))
        #expect(pod.isReady && pod.ip == "10.0.0.3" && pod.serviceAccount == "default")
        #expect(pod.number(of: .string("web")) == 8080)
    }
}
