import Bytes
import Document
import Resources

/// Decides what has to be done so that the stored objects are those of the mesh its ServiceMeshControlPlane asks for:
/// a Service and a ServiceAccount for every gateway, the root certificate in every namespace, and the statuses.
///
/// Pure, and idempotent: after its actions are carried out, further passes settle on none. Statuses speak of what is
/// stored, so a status that says "done" is written in the pass after the objects.
public func reconcileMesh(_ input: MeshInput) -> MeshDecision {
    let controlPlanes = input.world.list(.serviceMeshControlPlane).filter { $0.deletionTimestamp == nil }
    var pass = MeshPass(input)
    if let controlPlane = controlPlanes.first {
        pass.reconcile(controlPlane)
        for surplus in controlPlanes.dropFirst() {
            pass.write(
                status: pass.statuses.surplusControlPlane(surplus, counting: controlPlane), of: surplus)
        }
    } else {
        pass.tearDown()
    }
    pass.writeMembers(controlPlanes.first)
    return MeshDecision(actions: pass.actions, problems: pass.problems)
}

/// One pass of `reconcileMesh`.
private struct MeshPass {
    let input: MeshInput
    let statuses: MeshStatuses
    private(set) var actions: [ReconcileAction] = []
    private(set) var problems: [String] = []
    /// Namespaces in which something had to be written.
    private var needsWork: Set<String> = []
    private var isReconciled = false

    private var world: World { input.world }

    init(_ input: MeshInput) {
        self.input = input
        statuses = MeshStatuses(version: input.version, now: input.now)
    }

    mutating func reconcile(_ controlPlane: Resource) {
        let spec = MeshControlPlaneSpec(controlPlane)
        if spec.trustDomain == nil {
            let why = TrustDomain.problem(with: spec.trustDomainText) ?? "is not a trust domain name"
            problems.append("spec.security.trust.domain: \(why)")
        }
        let wanted = WantedGateway.all(controlPlane, spec)
        writeGateways(wanted, controlPlane)
        removeStale(wanted)
        writeRoots(controlPlane)
        let isSettled = actions.isEmpty && input.roots != nil
        isReconciled = isSettled && problems.isEmpty
        let components = MeshComponents(["istio-discovery"] + wanted.map(\.name)) { name in
            if name == "istio-discovery" || input.readyGateways.contains(name) { return .ready }
            return input.troubledGateways.contains(name) ? .unready : .pending
        }
        let status = statuses.controlPlane(
            controlPlane, components: components, problems: problems, isSettled: isSettled)
        tell(about: controlPlane, status)
        write(status: status, of: controlPlane)
    }

    /// Without a control plane nothing made for one stays.
    mutating func tearDown() {
        for type in [ResourceType.service, .serviceAccount, .configMap] {
            for object in world.list(type) where MeshLabels.isOurs(object) && object.deletionTimestamp == nil
            {
                actions.append(.delete(type, object.key))
            }
        }
    }

    mutating func writeMembers(_ controlPlane: Resource?) {
        let members = controlPlane.map {
            MeshMembers(world, controlPlane: $0, needsWork: needsWork)
        }
        for roll in world.list(.serviceMeshMemberRoll) where roll.deletionTimestamp == nil {
            if let controlPlane, let members, roll.namespace == controlPlane.namespace,
                roll.name == MemberRollSpec.name
            {
                write(
                    status: statuses.roll(
                        roll, members: members, controlPlane: controlPlane, isReconciled: isReconciled),
                    of: roll)
            } else {
                write(status: statuses.rollWithoutMesh(roll), of: roll)
            }
        }
        for member in world.list(.serviceMeshMember) where member.deletionTimestamp == nil {
            let spec = MemberSpec(member)
            let isOurs =
                spec.controlPlaneNamespace == controlPlane?.namespace
                && spec.controlPlaneName == controlPlane?.name
            let isConfigured =
                isOurs && isReconciled && (members?.configured.contains(member.namespace) ?? false)
            write(
                status: statuses.member(
                    member, controlPlane: isOurs ? controlPlane : nil, isConfigured: isConfigured), of: member
            )
        }
    }

    /// Writes a status where it differs from the stored one.
    mutating func write(status: Node, of resource: Resource) {
        guard resource.status != status else { return }
        var changed = resource
        changed.status = status
        actions.append(.updateStatus(changed))
    }
}

extension MeshPass {
    private mutating func writeGateways(_ wanted: [WantedGateway], _ controlPlane: Resource) {
        let objects = GatewayObjects(controlPlane: controlPlane)
        let existing = Set(
            world.list(.namespace).filter { !MeshMembers.isTerminating($0) }.map(\.name)
        ).union([controlPlane.namespace])
        let possible = wanted.filter { gateway in
            if !existing.contains(gateway.namespace) {
                problems.append(
                    "gateway \"\(gateway.name)\": namespace \"\(gateway.namespace)\" does not exist")
                return false
            }
            if let stored = world.get(.service, gateway.key), !MeshLabels.isOurs(stored) {
                problems.append(
                    "gateway \"\(gateway.name)\": Service \"\(gateway.name)\" in namespace \"\(gateway.namespace)\" "
                        + "is there already and was not made for a mesh")
                return false
            }
            return true
        }
        let meshGateway = ObjectKey(namespace: controlPlane.namespace, name: MeshFacts.meshGatewayName)
        let plan = input.range.map {
            AddressPlan(range: $0, gateways: possible.map(\.key), meshGateway: meshGateway, world: world)
        }
        for gateway in possible {
            let address = plan?.addresses[gateway.key]
            if plan != nil, address == nil {
                problems.append(
                    "gateway \"\(gateway.name)\": no address is left in \(input.range?.description ?? "")"
                )
                continue
            }
            write(objects.account(gateway))
            writeService(objects, gateway, address, controlPlane)
        }
    }

    private mutating func writeService(
        _ objects: GatewayObjects, _ gateway: WantedGateway, _ address: IPAddress?, _ controlPlane: Resource
    ) {
        let wanted = objects.service(gateway, address: address)
        let stored = world.get(.service, gateway.key)
        let hasMoved = stored.map { stored in
            guard let address else { return false }
            let old = ServiceSpec(stored).clusterIP
            return !old.isEmpty && old != address.description
        }
        // A Service cannot change its address, so one outside the range makes way for a new one.
        if hasMoved == true { actions.append(.delete(.service, gateway.key)) }
        guard let stored, hasMoved == false else {
            actions.append(.create(wanted))
            if let address {
                var withStatus = wanted
                withStatus.status = objects.status(address: address)
                actions.append(.updateStatus(withStatus))
                actions.append(
                    .event(
                        EventRecord(
                            about: controlPlane, .normal, reason: "GatewayCreated",
                            message: "gateway \"\(gateway.name)\" has address \(address)")))
            }
            return
        }
        if let changed = ObjectMerge.update(stored, to: wanted) { actions.append(.update(changed)) }
        if let address, ServiceSpec(stored).loadBalancerIPs != [address.description] {
            var changed = stored
            changed.status = objects.status(address: address)
            actions.append(.updateStatus(changed))
        }
    }

    /// Deletes what was made for gateways that are no longer asked for.
    private mutating func removeStale(_ wanted: [WantedGateway]) {
        let services = Set(wanted.map(\.key))
        let accounts = Set(wanted.map(\.accountKey))
        for (type, keys) in [(ResourceType.service, services), (.serviceAccount, accounts)] {
            for object in world.list(type)
            where MeshLabels.isOurs(object) && object.labels[MeshLabels.canonicalName] != nil
                && !keys.contains(object.key) && object.deletionTimestamp == nil
            {
                actions.append(.delete(type, object.key))
            }
        }
    }

    /// Puts the root certificate where workloads and admins look for it.
    private mutating func writeRoots(_ controlPlane: Resource) {
        guard let pem = input.roots else { return }
        let members = MeshMembers.existing(world, controlPlane)
        let homes = members.union([controlPlane.namespace])
        for namespace in homes.sorted() {
            var map = Resource(type: .configMap, namespace: namespace, name: RootConfigMap.name)
            map.labels = MeshLabels.owned(by: controlPlane).merging(["istio.io/config": "true"]) { made, _ in
                made
            }
            map.node["data"] = [RootConfigMap.key: Node(pem)]
            if namespace == controlPlane.namespace {
                map.ownerReferences = [OwnerReference(controller: controlPlane)]
            }
            if write(map), members.contains(namespace) { needsWork.insert(namespace) }
        }
        for map in world.list(.configMap)
        where map.name == RootConfigMap.name && MeshLabels.isOurs(map) && !homes.contains(map.namespace)
            && map.deletionTimestamp == nil
        {
            actions.append(.delete(.configMap, map.key))
        }
    }

    /// Creates or updates an object; false when it is as it should be.
    @discardableResult
    private mutating func write(_ wanted: Resource) -> Bool {
        guard let stored = world.get(wanted.type, wanted.key) else {
            actions.append(.create(wanted))
            return true
        }
        guard let changed = ObjectMerge.update(stored, to: wanted) else { return false }
        actions.append(.update(changed))
        return true
    }

    /// Events where the status turns; what stays as it was is not told again.
    private mutating func tell(about controlPlane: Resource, _ status: Node) {
        let old = controlPlane.status?["conditions"]
        let new = status["conditions"]
        if !problems.isEmpty,
            Conditions.message(of: "Reconciled", in: old) != Conditions.message(of: "Reconciled", in: new)
        {
            for problem in problems {
                actions.append(
                    .event(
                        EventRecord(about: controlPlane, .warning, reason: "ReconcileError", message: problem)
                    ))
            }
        }
        if Conditions.status(of: "Ready", in: new) == "True",
            Conditions.status(of: "Ready", in: old) != "True"
        {
            actions.append(
                .event(
                    EventRecord(
                        about: controlPlane, .normal, reason: "ComponentsReady",
                        message: "All components are ready")))
        }
    }
}

/// The ConfigMap with the mesh's root certificates.
public enum RootConfigMap {
    /// Its name in every namespace.
    public static let name = "istio-ca-root-cert"
    /// The key that holds the PEM text.
    public static let key = "root-cert.pem"
}
