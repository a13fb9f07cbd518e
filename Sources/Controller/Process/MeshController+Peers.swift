internal import Bytes
internal import Discovery
internal import Document
internal import Federation
internal import Reactor
internal import Resources
internal import TLS
internal import Translate
internal import Trust
internal import XDS

extension MeshController {
    /// Exports, imports and statuses of every peer; answers what gateways need to know of them.
    func reconcilePeers(
        _ plans: [PeerPlan], _ mesh: MeshFacts, _ trust: TrustStore, _ registry: ServiceRegistry
    ) async -> [PeerState] {
        let names = Set(plans.map(\.name))
        await known.keep(only: names)
        let lists = await known.all()
        var states: [PeerState] = []
        var actions: [ReconcileAction] = []
        for plan in plans {
            let exports = plan.exports(registry, mesh)
            let current = lists[plan.name]
            let imports = plan.imports(current?.services ?? [], mesh)
            offer(plan, exports, mesh)
            noteAdmission(plan)
            follow(plan, mesh, current)
            states.append(plan.state(mesh, trust, exports, imports))
            let watch = watchStatuses[plan.name] ?? PeerConnectionStatus()
            let status = PeerDiscoveryStatus(
                pod: "hanse-\(configuration.name)", watch: watch, remotes: exporter.remotes(plan.name))
            actions += plan.statusActions(
                status, exports, imports, staleSince: watch.connected ? nil : current?.staleSince)
            actions += plan.events(mesh, trust, exports, imports)
        }
        for gone in exportedPeers.subtracting(names) { exporter.removePeer(gone) }
        for gone in importedPeers.subtracting(names) {
            importer.stop(gone)
            watchStatuses[gone] = nil
            followed[gone] = nil
            expired[gone] = nil
        }
        for gone in Set(admissions.keys).subtracting(names) {
            admissions[gone] = nil
            outdatedWatches.remove(gone)
        }
        exportedPeers = names
        importedPeers.formIntersection(names)
        _ = await runner.run(actions)
        return states
    }

    private func offer(_ plan: PeerPlan, _ exports: ExportResult, _ mesh: MeshFacts) {
        guard let ingress = mesh.gateways[plan.spec.ingressName], ingress.direction == .ingress else {
            exporter.removePeer(plan.name)
            return
        }
        exporter.setPeer(plan.name, ingressIdentity: ingress.identity)
        exporter.setExports(plan.name, exports.exports.map(\.message))
    }

    private func noteAdmission(_ plan: PeerPlan) {
        let admission = PeerAdmission(clientID: plan.spec.clientIDText, trust: plan.trust)
        if let before = admissions.updateValue(admission, forKey: plan.name), before != admission {
            outdatedWatches.insert(plan.name)
        }
    }

    /// Ends the watches that would not be let in any more.
    ///
    /// Not before the gateways have taken the configuration that decides so: a peer is back at once.
    func endOutdatedWatches() async {
        guard !outdatedWatches.isEmpty else { return }
        let now = Clock.monotonic()
        let isTaken = await hub.statuses().allSatisfy { node in
            guard let poll = node.lastPoll, now - poll < .seconds(60) else { return true }
            return node.isSettled
        }
        guard isTaken else { return }
        for peer in outdatedWatches { exporter.endWatches(peer) }
        outdatedWatches = []
    }

    private func follow(_ plan: PeerPlan, _ mesh: MeshFacts, _ current: KnownImports.Known?) {
        guard let egress = mesh.gateways[plan.spec.egressName], egress.direction == .egress,
            !plan.spec.addresses.isEmpty,
            let gateway = SocketAddress(ip: egress.address, port: UInt16(NodeGateway.discoveryPort))
        else {
            if importedPeers.remove(plan.name) != nil {
                importer.stop(plan.name)
                // So that it is followed again when the way to it is back.
                followed[plan.name] = nil
                watchStatuses[plan.name]?.ended(at: Clock.wall(), status: "no way to the peer")
            }
            return
        }
        let config = PeerDiscoveryConfig(
            peer: plan.name, egress: gateway,
            discoveryService: "discovery.\(mesh.namespace).svc.\(plan.name).local",
            remoteChecksum: plan.remoteChecksum, lastKnown: current?.services ?? [],
            staleSince: current?.staleSince)
        importedPeers.insert(plan.name)
        let isSame = followed[plan.name].map {
            $0.egress == gateway && $0.remoteChecksum == config.remoteChecksum
        }
        if isSame != true {
            followed[plan.name] = config
            importer.start(config)
        }
    }

    /// News from the watches of peers.
    func follow(_ events: AsyncStream<DiscoveryEvent>) async {
        for await event in events {
            switch event {
            case .imports(let peer, let services, _):
                if await known.set(peer, services) { await touch() }
            case .stale(let peer, let since, let policy):
                if await known.setStale(peer, since: since) { await touch() }
                if policy != expired[peer] {
                    expired[peer] = policy
                    await touch()
                }
            case .status(let peer, let status):
                watchStatuses[peer] = status
                await touch()
            }
        }
    }
}

/// What a peer's watches are let in by.
struct PeerAdmission: Hashable {
    var clientID: String
    var trust: PeerTrust
}

extension PeerPlan {
    /// What discovery calls carry to tell peers of one gateway apart.
    var remoteChecksum: UInt64 {
        let remote = peer.spec?["remote"]
        return Checksum.of(
            remoteAddresses: spec.addresses,
            discoveryPort: Int32(clamping: remote?["discoveryPort"]?.int ?? 0),
            servicePort: Int32(clamping: remote?["servicePort"]?.int ?? 0))
    }

    /// What gateways need to know of the peer.
    func state(_ mesh: MeshFacts, _ trust: TrustStore, _ exports: ExportResult, _ imports: ImportResult)
        -> PeerState
    {
        let domain = trust.trustDomain(ofPeer: peer.key)
        let bundle = domain.flatMap { trust.bundle(for: $0) }
        let egress = mesh.gateways[spec.egressName]
        return PeerState(
            name: name, namespace: mesh.namespace, addresses: spec.addresses.map { PeerState.Address($0) },
            discoveryPort: spec.discoveryPort, servicePort: spec.servicePort, trustDomain: domain,
            bundle: bundle?.roots.map(\.pem) ?? [], clientID: spec.clientID, ingressName: spec.ingressName,
            egressName: spec.egressName, egressIdentity: egress?.identity,
            egressAddresses: egress.map { [$0.address] } ?? [], remoteChecksum: remoteChecksum,
            exports: exports.exports.map {
                PeerState.Export(hostname: $0.local.hostname, exportedHostname: $0.exportedHostname)
            },
            imports: imports.imports.compactMap { service in
                guard let local = service.localName else { return nil }
                return PeerState.Import(
                    exportedHostname: service.exported.hostname,
                    ports: service.exported.servicePorts.map {
                        MeshService.Port(
                            name: $0.name, number: $0.port,
                            applicationProtocol: ApplicationProtocol(rawValue: $0.protocol) ?? .unsupported)
                    },
                    serviceAccounts: service.exported.serviceAccounts, namespace: local.namespace,
                    hostname: local.hostname, importAsLocal: service.importAsLocal, locality: service.locality
                )
            })
    }

    /// The statuses of the three federation kinds, those that changed.
    func statusActions(
        _ discovery: PeerDiscoveryStatus, _ exports: ExportResult, _ imports: ImportResult,
        staleSince: WallTime?
    ) -> [ReconcileAction] {
        var wanted: [(Resource, Node)] = [(peer, PeerDiscoveryStatus.status(of: [discovery]))]
        if let exportSet { wanted.append((exportSet, exportedServiceSetStatus(exports.exports))) }
        if let importSet {
            wanted.append((importSet, importedServiceSetStatus(imports.imports, staleSince: staleSince)))
        }
        return wanted.compactMap { resource, status in
            guard resource.status != status else { return nil }
            var changed = resource
            changed.status = status
            return .updateStatus(changed)
        }
    }

    /// What admins should be told about the peer and its sets.
    func events(
        _ mesh: MeshFacts, _ trust: TrustStore, _ exports: ExportResult, _ imports: ImportResult
    ) -> [ReconcileAction] {
        var records = problems(mesh)
        for finding in trust.findings where finding.peer == peer.key {
            records.append(
                EventRecord(
                    about: peer, .warning, reason: "Trust", message: finding.finding.description))
        }
        for warning in exports.warnings {
            records.append(
                EventRecord(
                    about: exportSet ?? peer, .warning, reason: "Export", message: warning.description))
        }
        for warning in imports.warnings {
            records.append(
                EventRecord(
                    about: importSet ?? peer, .warning, reason: "Import", message: warning.description))
        }
        return records.map { .event($0) }
    }
}
