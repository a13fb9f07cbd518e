import Bytes
import Controller
import Document
import Resources
import Testing

@Suite struct ReconcileMeshTests {
    static let manifests = """
        {apiVersion: v1, kind: Namespace, metadata: {name: mesh}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: bookinfo}}
        ---
        apiVersion: maistra.io/v2
        kind: ServiceMeshControlPlane
        metadata: {name: lubeck, namespace: mesh}
        spec:
          security: {trust: {domain: lubeck.local}}
          gateways:
            additionalIngress:
              riga-ingress: {service: {type: LoadBalancer, metadata: {labels: {federation.maistra.io/ingress-for: riga}}, ports: [{name: tls, port: 15443}, {name: https-discovery, port: 8188}]}}
              bergen-ingress: {}
            additionalEgress:
              bergen-egress: {service: {ports: [{name: extra, port: 9000}]}}
              old-egress: {enabled: false}
        ---
        apiVersion: maistra.io/v1
        kind: ServiceMeshMemberRoll
        metadata: {name: default, namespace: mesh}
        spec: {members: [bookinfo]}
        """

    static let ready: Set<String> = [
        "mesh-gateway", "istio-ingressgateway", "bergen-ingress",
        "riga-ingress",
        "bergen-egress",
    ]

    @Test func everyGatewayGetsServiceAccountAndAddress() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        let services = store.world.list(.service).map(\.name)
        #expect(
            services == [
                "bergen-egress", "bergen-ingress", "istio-ingressgateway", "mesh-gateway", "riga-ingress",
            ])
        #expect(store.world.list(.serviceAccount).map(\.name) == services.map { "\($0)-service-account" })
        #expect(store.address("mesh-gateway") == "127.0.11.2")
        #expect(store.address("istio-ingressgateway") == "127.0.11.3")
        #expect(store.address("bergen-ingress") == "127.0.11.4")
        #expect(store.address("riga-ingress") == "127.0.11.5")
        #expect(store.address("bergen-egress") == "127.0.11.6")
        for service in store.world.list(.service) {
            #expect(service.spec?["clusterIP"]?.string == store.address(service.name))
            #expect(service.labels["service.istio.io/canonical-name"] == service.name)
            #expect(service.ownerReferences.map(\.name) == ["lubeck"])
        }
    }

    @Test func portsAreThoseOfTheManifestAndOfFederation() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        func ports(_ name: String) -> [String] {
            store.get(.service, "mesh", name).map { ServiceSpec($0).ports }.map { ports in
                ports.map { "\($0.name) \($0.port) \($0.targetNumber ?? 0)" }
            } ?? []
        }
        #expect(ports("mesh-gateway") == ["http 15080 15080"])
        #expect(ports("istio-ingressgateway") == ["http2 80 8080", "https 443 8443"])
        #expect(ports("riga-ingress") == ["tls 15443 15443", "https-discovery 8188 8188"])
        #expect(ports("bergen-ingress") == ["tls 15443 15443", "https-discovery 8188 8188"])
        #expect(ports("bergen-egress") == ["extra 9000 9000", "tls 15443 15443", "http-discovery 8188 8188"])
        let riga = try #require(store.get(.service, "mesh", "riga-ingress"))
        #expect(riga.spec?["type"]?.string == "LoadBalancer")
        #expect(riga.labels["federation.maistra.io/ingress-for"] == "riga")
        #expect(riga.labels["istio"] == "riga-ingress")
        #expect(store.get(.service, "mesh", "istio-ingressgateway")?.labels["istio"] == "ingressgateway")
    }

    @Test func settlesAndThenDoesNothing() throws {
        var store = try FakeStore(Self.manifests)
        store.settle(Self.ready)
        let later = FakeStore.input(store.world, Self.ready, now: "2027-01-01T00:00:00Z")
        #expect(reconcileMesh(later).actions.isEmpty)
    }

    @Test func addressesOutliveNewGatewaysAndRestarts() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        var controlPlane = try #require(store.get(.serviceMeshControlPlane, "mesh", "lubeck"))
        controlPlane.spec?["gateways"]?["additionalIngress"]?["aaa-ingress"] = [:]
        controlPlane.spec?["gateways"]?["additionalIngress"]?["riga-ingress"] = nil
        controlPlane.generation = 2
        store.world.set(controlPlane)
        store.settle()
        #expect(store.address("bergen-ingress") == "127.0.11.4")
        #expect(store.address("bergen-egress") == "127.0.11.6")
        #expect(store.get(.service, "mesh", "riga-ingress") == nil)
        #expect(store.get(.serviceAccount, "mesh", "riga-ingress-service-account") == nil)
        // The address of the gateway that goes in the same pass is still its own.
        #expect(store.address("aaa-ingress") == "127.0.11.7")
    }

    @Test func neverTakesAnAddressInUse() throws {
        var store = try FakeStore(
            Self.manifests + """

                ---
                {apiVersion: v1, kind: Service, metadata: {name: s, namespace: bookinfo}, spec: {clusterIP: 127.0.11.3, ports: [{port: 80}]}}
                ---
                {apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: w, namespace: bookinfo}, spec: {address: 127.0.11.4}}
                """)
        store.settle()
        #expect(store.address("istio-ingressgateway") == "127.0.11.5")
    }

    @Test func saysWhenTheRangeIsUsedUp() throws {
        let store = try FakeStore(Self.manifests)
        let decision = reconcileMesh(FakeStore.input(store.world, range: "127.0.11.0/30"))
        #expect(
            decision.problems
                == ["istio-ingressgateway", "bergen-ingress", "riga-ingress", "bergen-egress"].map {
                    "gateway \"\($0)\": no address is left in 127.0.11.0/30"
                })
    }

    @Test func movesToANewRange() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        for _ in 0..<4 {
            store.run(reconcileMesh(FakeStore.input(store.world, range: "127.0.12.0/24")).actions)
        }
        #expect(store.address("mesh-gateway") == "127.0.12.2")
        #expect(store.address("bergen-egress") == "127.0.12.6")
        #expect(reconcileMesh(FakeStore.input(store.world, range: "127.0.12.0/24")).actions.isEmpty)
    }

    @Test func leavesAddressesToTheClusterWithoutARange() throws {
        let store = try FakeStore(Self.manifests)
        let decision = reconcileMesh(FakeStore.input(store.world, range: nil))
        let services = decision.actions.compactMap { action -> Resource? in
            if case .create(let resource) = action, resource.type == .service { resource } else { nil }
        }
        #expect(services.count == 5)
        #expect(services.allSatisfy { $0.spec?["clusterIP"] == nil })
    }

    @Test func doesNotTouchAServiceOfSomeoneElse() throws {
        var store = try FakeStore(
            Self.manifests
                + "\n---\n{apiVersion: v1, kind: Service, metadata: {name: riga-ingress, namespace: mesh}, spec: {ports: [{port: 80}]}}\n"
        )
        let before = store.get(.service, "mesh", "riga-ingress")
        let decision = store.settle(Self.ready)
        #expect(store.get(.service, "mesh", "riga-ingress") == before)
        #expect(
            decision.problems == [
                "gateway \"riga-ingress\": Service \"riga-ingress\" in namespace \"mesh\" is there already and was not made for a mesh"
            ])
        #expect(
            store.condition(.serviceMeshControlPlane, "lubeck", "Reconciled")?["reason"]?.string
                == "ReconcileError")
        #expect(store.events.filter { $0.reason == "ReconcileError" }.count == 1)
    }

    @Test func keepsWhatOthersWroteOnAService() throws {
        var store = try FakeStore(Self.manifests)
        store.settle(Self.ready)
        var service = try #require(store.get(.service, "mesh", "bergen-ingress"))
        service.annotations["note"] = "mine"
        service.spec?["sessionAffinity"] = "None"
        service.labels["app"] = nil
        store.world.set(service)
        store.settle(Self.ready)
        let after = try #require(store.get(.service, "mesh", "bergen-ingress"))
        #expect(after.annotations["note"] == "mine" && after.spec?["sessionAffinity"]?.string == "None")
        #expect(after.labels["app"] == "bergen-ingress")
    }

    @Test func publishesTheRootInTheMeshAndItsMembers() throws {
        var store = try FakeStore(
            Self.manifests + "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: other}}\n")
        store.settle()
        #expect(store.world.list(.configMap).map(\.namespace) == ["bookinfo", "mesh"])
        #expect(
            store.get(.configMap, "mesh", "istio-ca-root-cert")?.node.at("data", "root-cert.pem")?.string
                == "PEM")
        store.settle(root: "PEM2")
        #expect(
            store.get(.configMap, "bookinfo", "istio-ca-root-cert")?.node.at("data", "root-cert.pem")?.string
                == "PEM2")
        var roll = try #require(store.get(.serviceMeshMemberRoll, "mesh", "default"))
        roll.spec?["members"] = ["other"]
        store.world.set(roll)
        store.settle(root: "PEM2")
        #expect(store.world.list(.configMap).map(\.namespace) == ["mesh", "other"])
    }

    @Test func theRollIsReadyWhenItsNamespacesAre() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        #expect(store.condition(.serviceMeshMemberRoll, "default", "Ready")?["status"]?.string == "True")
        var status = try #require(store.get(.serviceMeshMemberRoll, "mesh", "default")?.status)
        #expect(status.at("annotations", "configuredMemberCount")?.string == "1/1")
        #expect(status["configuredMembers"]?.strings == ["bookinfo"])
        #expect(status["observedGeneration"]?.int == 1)
        var roll = try #require(store.get(.serviceMeshMemberRoll, "mesh", "default"))
        roll.spec?["members"] = ["bookinfo", "later"]
        roll.generation = 2
        store.world.set(roll)
        store.settle()
        status = try #require(store.get(.serviceMeshMemberRoll, "mesh", "default")?.status)
        #expect(store.condition(.serviceMeshMemberRoll, "default", "Ready")?["status"]?.string == "False")
        #expect(status.at("annotations", "configuredMemberCount")?.string == "1/2")
        #expect(status["pendingMembers"]?.strings == ["later"])
        store.create(Resource(type: .namespace, name: "later"))
        store.settle()
        #expect(store.condition(.serviceMeshMemberRoll, "default", "Ready")?["status"]?.string == "True")
        #expect(store.get(.configMap, "later", "istio-ca-root-cert") != nil)
    }

    @Test func theControlPlaneIsReadyWhenItsGatewaysAre() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        var ready = store.condition(.serviceMeshControlPlane, "lubeck", "Ready")
        #expect(ready?["status"]?.string == "False" && ready?["reason"]?.string == "ComponentsNotReady")
        #expect(
            store.condition(.serviceMeshControlPlane, "lubeck", "Reconciled")?["status"]?.string == "True")
        var partly = Self.ready
        partly.remove("riga-ingress")
        store.settle(partly, troubled: ["riga-ingress"])
        let status = try #require(store.get(.serviceMeshControlPlane, "mesh", "lubeck")?.status)
        #expect(status.at("readiness", "components", "unready")?.strings == ["riga-ingress"])
        #expect(status.at("annotations", "readyComponentCount")?.string == "5/6")
        store.settle(Self.ready)
        ready = store.condition(.serviceMeshControlPlane, "lubeck", "Ready")
        #expect(ready?["status"]?.string == "True" && ready?["reason"]?.string == "ComponentsReady")
        #expect(store.events.filter { $0.reason == "ComponentsReady" }.count == 1)
    }

    @Test func withoutARootNothingCountsAsDone() throws {
        var store = try FakeStore(Self.manifests)
        store.settle(Self.ready, root: nil)
        #expect(
            store.condition(.serviceMeshControlPlane, "lubeck", "Reconciled")?["status"]?.string == "False")
        #expect(
            store.condition(.serviceMeshMemberRoll, "default", "Ready")?["reason"]?.string
                == "SMCPReconciling")
    }

    @Test func timesMoveOnlyWhenConditionsTurn() throws {
        var store = try FakeStore(Self.manifests)
        store.settle(Self.ready)
        var controlPlane = try #require(store.get(.serviceMeshControlPlane, "mesh", "lubeck"))
        controlPlane.generation = 2
        store.world.set(controlPlane)
        store.run(
            reconcileMesh(FakeStore.input(store.world, Self.ready, now: "2027-01-01T00:00:00Z")).actions)
        let ready = try #require(store.condition(.serviceMeshControlPlane, "lubeck", "Ready"))
        #expect(ready["lastTransitionTime"]?.string == "2026-01-02T03:04:05Z")
        #expect(
            store.get(.serviceMeshControlPlane, "mesh", "lubeck")?.status?["observedGeneration"]?.int == 2)
    }

    @Test func aNamespaceMayAskToJoin() throws {
        var store = try FakeStore(
            Self.manifests + """

                ---
                {apiVersion: v1, kind: Namespace, metadata: {name: solo}}
                ---
                {apiVersion: maistra.io/v1, kind: ServiceMeshMember, metadata: {name: default, namespace: solo}, spec: {controlPlaneRef: {namespace: mesh, name: lubeck}}}
                ---
                {apiVersion: maistra.io/v1, kind: ServiceMeshMember, metadata: {name: default, namespace: bookinfo}, spec: {controlPlaneRef: {namespace: mesh, name: nope}}}
                """)
        store.settle()
        #expect(store.get(.configMap, "solo", "istio-ca-root-cert") != nil)
        let good = store.get(.serviceMeshMember, "solo", "default")?.status
        #expect(good?["conditions"]?[1]?["status"]?.string == "True")
        #expect(good?.at("annotations", "controlPlaneRef")?.string == "mesh/lubeck")
        let bad = store.get(.serviceMeshMember, "bookinfo", "default")?.status
        #expect(bad?["conditions"]?[1]?["reason"]?.string == "ErrSMCPMissing")
        #expect(
            store.get(.serviceMeshMemberRoll, "mesh", "default")?.status?["members"]?.strings == [
                "bookinfo", "solo",
            ])
    }

    @Test func onlyTheFirstControlPlaneCounts() throws {
        var store = try FakeStore(
            Self.manifests
                + "\n---\n{apiVersion: maistra.io/v2, kind: ServiceMeshControlPlane, metadata: {name: second, namespace: mesh}}\n"
        )
        store.settle()
        #expect(
            store.condition(.serviceMeshControlPlane, "second", "Ready")?["reason"]?.string
                == "ErrMultipleSMCPs")
        #expect(store.world.list(.service).count == 5)
    }

    @Test func nothingStaysWithoutAControlPlane() throws {
        var store = try FakeStore(Self.manifests)
        store.settle()
        store.world.remove(.serviceMeshControlPlane, ObjectKey(namespace: "mesh", name: "lubeck"))
        store.settle()
        #expect(store.world.list(.service).isEmpty && store.world.list(.configMap).isEmpty)
        #expect(
            store.condition(.serviceMeshMemberRoll, "default", "Ready")?["reason"]?.string == "ErrSMCPMissing"
        )
    }

    @Test func gatewaysMayLiveInOtherNamespaces() throws {
        var store = try FakeStore(Self.manifests)
        var controlPlane = try #require(store.get(.serviceMeshControlPlane, "mesh", "lubeck"))
        controlPlane.spec?["gateways"]?["additionalEgress"] = [
            "there": ["namespace": "bookinfo"], "nowhere": ["namespace": "missing"],
        ]
        store.world.set(controlPlane)
        let decision = store.settle()
        #expect(store.get(.service, "bookinfo", "there")?.ownerReferences.isEmpty == true)
        #expect(decision.problems == ["gateway \"nowhere\": namespace \"missing\" does not exist"])
    }

    @Test func everythingWrittenPassesTheSchemas() throws {
        let registry = try SchemaRegistry.embedded()
        var store = try FakeStore(Self.manifests)
        store.settle(Self.ready)
        for resource in store.world.all {
            let result = registry.validate(resource, mode: .strict)
            #expect(result.error == nil, "\(resource.displayName): \(result.error?.message ?? "")")
            #expect(result.resource == resource, "\(resource.displayName) is changed by its schema")
        }
    }
}
