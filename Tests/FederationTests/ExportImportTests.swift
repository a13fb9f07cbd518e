import Bytes
import Document
import Federation
import Resources
import Testing

@Suite struct ExportTests {
    private let everything = ExportedServiceSetSpec(rules: [.name(NameSelector())])

    private func service(_ namespace: String, _ name: String) -> LocalService {
        LocalService(name: name, namespace: namespace, hostname: "\(name).\(namespace).svc.cluster.local")
    }

    private func names(_ services: [LocalService], _ context: ExportContext) -> [String] {
        exportedServices(peer: "p", set: everything, services: services, context: context).exports
            .map { "\($0.local.namespace)/\($0.local.name)" }
    }

    @Test func neverExportsForeignOrExternalOrNamelessServices() {
        var external = service("a", "external")
        external.meshExternal = true
        var imported = service("a", "imported")
        imported.isImported = true
        let services = [external, imported, service("", "x"), service("a", ""), service("a", "ok")]
        #expect(names(services, ExportContext(controlPlaneNamespace: "mesh")) == ["a/ok"])
    }

    @Test func honoursExportTo() {
        let cases: [([String], namespace: String, Bool)] = [
            ([], "a", true), (["*"], "a", true), (["."], "a", false), (["."], "mesh", true),
            (["mesh"], "a", true), (["other"], "a", false), (["other", "*"], "a", true),
        ]
        for (exportTo, namespace, isVisible) in cases {
            var service = service(namespace, "x")
            service.exportTo = exportTo
            let result = names([service], ExportContext(controlPlaneNamespace: "mesh"))
            #expect(result.isEmpty != isVisible, "\(exportTo) in \(namespace)")
        }
    }

    @Test func leavesOutGatewaysAndNamespacesThatAreNoMembers() {
        let context = ExportContext(
            controlPlaneNamespace: "mesh", candidateNamespaces: ["mesh", "a"],
            neverExported: [ObjectKey(namespace: "mesh", name: "west-ingress")])
        let services = [
            service("mesh", "west-ingress"), service("mesh", "x"), service("a", "west-ingress"),
            service("b", "x"),
        ]
        #expect(names(services, context) == ["a/west-ingress", "mesh/x"])
    }

    @Test func tellsThePeerPortsAndAccountsOnceEach() {
        var local = service("a", "x")
        local.ports = [
            ServicePort(name: "http", port: 80, protocol: "HTTP"),
            ServicePort(name: "", port: 9, protocol: "TCP"),
        ]
        let context = ExportContext(controlPlaneNamespace: "mesh", serviceAccounts: ["b", "a", "b"])
        let result = exportedServices(peer: "p", set: everything, services: [local], context: context)
        #expect(
            result.exports.map(\.message) == [
                ServiceMessage(
                    name: "x", namespace: "a", hostname: "x.a.svc.p-exports.local", servicePorts: local.ports,
                    serviceAccounts: ["a", "b"])
            ])
    }

    @Test func refusesAliasesThatAreNoNames() {
        let set = ExportedServiceSetSpec(rules: [
            .name(NameSelector(name: "x", alias: .init(name: "Not A Name"))), .name(NameSelector()),
        ])
        let result = exportedServices(
            peer: "p", set: set, services: [service("a", "x"), service("a", "y")],
            context: ExportContext(controlPlaneNamespace: "mesh"))
        #expect(result.exports.map(\.local.name) == ["y"])
        #expect(result.warnings.count == 1)
    }

    @Test func theEarlierRuleWinsACollision() {
        let set = ExportedServiceSetSpec(rules: [
            .name(NameSelector(namespace: "z", name: "x")),
            .name(NameSelector(namespace: "a", name: "x", alias: .init(namespace: "z"))),
        ])
        for services in [[service("a", "x"), service("z", "x")], [service("z", "x"), service("a", "x")]] {
            let result = exportedServices(
                peer: "p", set: set, services: services, context: ExportContext(controlPlaneNamespace: "mesh")
            )
            #expect(result.exports.map(\.local.namespace) == ["z"])
            #expect(result.warnings.count == 1)
        }
    }
}

@Suite struct ImportTests {
    private let everything = ImportedServiceSetSpec(rules: [.name(.init(selector: NameSelector()))])

    private func run(_ list: [ServiceMessage], _ set: ImportedServiceSetSpec?) -> ImportResult {
        importedServices(peer: "east", set: set, list: list, clusterDomain: "cluster.local")
    }

    private func message(_ hostname: String, ports: [Int] = [80]) -> ServiceMessage {
        ServiceMessage(
            name: String(hostname.prefix { $0 != "." }), namespace: "n", hostname: hostname,
            servicePorts: ports.map { ServicePort(name: "", port: $0, protocol: "TCP") })
    }

    @Test func withoutASetEverythingIsListedAndNothingImported() {
        let result = run([message("b.n.x"), message("a.n.x")], nil)
        #expect(result.imports.map(\.exported.hostname) == ["a.n.x", "b.n.x"])
        #expect(result.imports.allSatisfy { $0.localName == nil })
        #expect(result.warnings.isEmpty)
    }

    @Test func leavesOutWhatCouldNotBeAnSNI() {
        let bad = [
            "", "*", "*.evil", "a b", "a\u{0}b", "UPPER.x", "a..b", String(repeating: "a", count: 300),
        ].map { ServiceMessage(name: "x", namespace: "n", hostname: $0) }
        let result = run(bad + [message("ok.n.x")], everything)
        #expect(result.imports.map(\.exported.hostname) == ["ok.n.x"])
        #expect(result.warnings.count == bad.count)
    }

    @Test func leavesOutPortsThatAreNone() {
        let result = run([message("a.n.x", ports: [0, 80, 80, 65536, -1, 443])], everything)
        #expect(result.imports.first?.exported.servicePorts.map(\.port) == [80, 443])
        #expect(result.warnings.count == 4)
    }

    @Test func keepsOneOfServicesListedTwice() {
        let result = run([message("a.n.x", ports: [1]), message("a.n.x", ports: [2])], everything)
        #expect(result.imports.count == 1)
        #expect(result.warnings.count == 1)
    }

    @Test func carriesTheLocality() {
        var set = everything
        set.locality = Locality(region: "eu", zone: "", subzone: "")
        #expect(run([message("a.n.x")], set).imports.first?.locality == set.locality)
        set.locality = nil
        set.localityProblem = "a zone needs a region"
        #expect(run([], set).warnings.map(\.description).first?.contains("spec.locality") == true)
    }
}

@Suite struct ResourceNameTests {
    @Test func joinsItsPartsUpTo63Bytes() {
        #expect(
            ResourceName.make(prefix: "fed-exp", mesh: "mesh1", namespace: "bookinfo", service: "ratings")
                == "fed-exp-ratings-bookinfo-mesh1")
        let longest = ResourceName.make(
            prefix: "p", mesh: "m", namespace: "n", service: String(repeating: "a", count: 57))
        #expect(longest.utf8.count == 63 && longest.hasSuffix("-n-m"))
    }

    /// Digests by an independent implementation (`sha256sum`).
    @Test func cutsLongNamesAndAddsADigest() {
        let name = ResourceName.make(
            prefix: "fed-imp", mesh: String(repeating: "m", count: 20),
            namespace: String(repeating: "n", count: 20), service: String(repeating: "s", count: 20))
        #expect(name == "fed-imp-ssssssssssssssssssss-nnnnnnnnnnnnnnnnnnnn-mmmmm420fdc87")
        let long = ResourceName.make(
            prefix: "fed-imp", mesh: String(repeating: "m", count: 63),
            namespace: String(repeating: "n", count: 63), service: String(repeating: "s", count: 63))
        #expect(long == "fed-imp-sssssssssssssssssssssssssssssssssssssssssssssssd19fbc75")
    }
}
