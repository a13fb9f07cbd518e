import Bytes
import Document
import Resources

/// Writes the statuses of ServiceMeshControlPlanes, ServiceMeshMemberRolls and ServiceMeshMembers in the shape the
/// operator of OpenShift Service Mesh gives them.
struct MeshStatuses {
    /// The version of this program.
    var version: String
    /// The time of this pass.
    var now: WallTime

    /// `1.0-3`: the program's version and the generation reconciled.
    func reconciledVersion(_ controlPlane: Resource) -> String { "\(version)-\(controlPlane.generation)" }

    /// The control plane's status.
    ///
    /// `isSettled` is false while objects are still to be written.
    func controlPlane(
        _ controlPlane: Resource, components: MeshComponents,
        problems: [String],
        isSettled: Bool
    ) -> Node {
        let conditions = Conditions(stored: controlPlane.status?["conditions"]?.array ?? [], now: now)
        let isReconciled = problems.isEmpty && isSettled
        let done = controlPlane.generation > 1 ? "UpdateSuccessful" : "InstallSuccessful"
        let work = !problems.isEmpty ? "ReconcileError" : isSettled ? done : "Installing"
        let message =
            !problems.isEmpty
            ? problems.joined(separator: "; ")
            : isSettled ? "All objects of the mesh are in place" : "The objects of the mesh are being written"
        let waiting = (components.unready + components.pending).sorted()
        let isReady = isReconciled && waiting.isEmpty
        let why =
            waiting.isEmpty ? message : "Some components are not ready: [\(waiting.joined(separator: " "))]"
        return [
            "annotations": ["readyComponentCount": Node("\(components.ready.count)/\(components.count)")],
            "chartVersion": Node(version), "operatorVersion": Node(version),
            "reconciledVersion": Node(reconciledVersion(controlPlane)),
            "observedGeneration": Node(controlPlane.generation),
            "readiness": [
                "components": [
                    "ready": Node(components.ready), "unready": Node(components.unready),
                    "pending": Node(components.pending),
                ]
            ],
            "conditions": [
                conditions.make("Installed", isReconciled, reason: work, message: message),
                conditions.make("Reconciled", isReconciled, reason: work, message: message),
                conditions.make(
                    "Ready", isReady,
                    reason: isReady ? "ComponentsReady" : waiting.isEmpty ? work : "ComponentsNotReady",
                    message: isReady ? "All components are ready" : why),
            ],
        ]
    }

    /// The status of a control plane beside the one that counts.
    func surplusControlPlane(_ controlPlane: Resource, counting: Resource) -> Node {
        let conditions = Conditions(stored: controlPlane.status?["conditions"]?.array ?? [], now: now)
        let message =
            "this controller runs one mesh: \"\(counting.name)\" in namespace \"\(counting.namespace)\""
        return [
            "annotations": ["readyComponentCount": "0/0"],
            "observedGeneration": Node(controlPlane.generation), "readiness": ["components": [:]],
            "conditions": Node(
                ["Reconciled", "Ready"].map {
                    conditions.make($0, false, reason: "ErrMultipleSMCPs", message: message)
                }),
        ]
    }

    /// The roll's status.
    func roll(
        _ roll: Resource, members: MeshMembers, controlPlane: Resource, isReconciled: Bool
    ) -> Node {
        let conditions = Conditions(stored: roll.status?["conditions"]?.array ?? [], now: now)
        let isReady = isReconciled && members.pending.isEmpty
        let reason: String
        let message: String
        if !isReconciled {
            reason = "SMCPReconciling"
            message = "The ServiceMeshControlPlane is not reconciled yet"
        } else if !members.pending.isEmpty {
            reason = members.missing.isEmpty ? "Reconciling" : "ReconcileError"
            message =
                "The following namespaces are not yet configured: [\(members.pending.joined(separator: " "))]"
                + (members.missing.isEmpty
                    ? "" : "; these do not exist: [\(members.missing.joined(separator: " "))]")
        } else {
            reason = "Configured"
            message = "All namespaces have been configured successfully"
        }
        return [
            "annotations": [
                "configuredMemberCount": Node("\(members.configured.count)/\(members.all.count)")
            ],
            "observedGeneration": Node(roll.generation), "meshGeneration": Node(controlPlane.generation),
            "meshReconciledVersion": Node(reconciledVersion(controlPlane)), "members": Node(members.all),
            "configuredMembers": Node(members.configured), "pendingMembers": Node(members.pending),
            "terminatingMembers": Node(members.terminating),
            "memberStatuses": Node(members.all.map { memberStatus($0, members, roll) }),
            "conditions": [conditions.make("Ready", isReady, reason: reason, message: message)],
        ]
    }

    /// The status of a roll without a mesh.
    func rollWithoutMesh(_ roll: Resource) -> Node {
        let conditions = Conditions(stored: roll.status?["conditions"]?.array ?? [], now: now)
        let members = MemberRollSpec(roll).members.sorted()
        return [
            "annotations": ["configuredMemberCount": Node("0/\(members.count)")],
            "observedGeneration": Node(roll.generation), "members": Node(members),
            "configuredMembers": [], "pendingMembers": Node(members),
            "conditions": [
                conditions.make(
                    "Ready", false, reason: "ErrSMCPMissing",
                    message: "No ServiceMeshControlPlane exists in the namespace")
            ],
        ]
    }

    /// The status of a namespace's own request to join.
    func member(_ member: Resource, controlPlane: Resource?, isConfigured: Bool) -> Node {
        let conditions = Conditions(stored: member.status?["conditions"]?.array ?? [], now: now)
        let spec = MemberSpec(member)
        let reference = "\(spec.controlPlaneNamespace)/\(spec.controlPlaneName)"
        let reason = controlPlane == nil ? "ErrSMCPMissing" : isConfigured ? "Configured" : "Reconciling"
        let message =
            controlPlane == nil
            ? "The ServiceMeshControlPlane \(reference) does not exist"
            : isConfigured ? "The namespace is part of the mesh" : "The namespace is not yet configured"
        var status: Node = [
            "annotations": ["controlPlaneRef": Node(reference)],
            "observedGeneration": Node(member.generation),
            "conditions": Node(
                ["Reconciled", "Ready"].map {
                    conditions.make($0, isConfigured, reason: reason, message: message)
                }),
        ]
        if let controlPlane {
            status["meshGeneration"] = Node(controlPlane.generation)
            status["meshReconciledVersion"] = Node(reconciledVersion(controlPlane))
        }
        return status
    }

    private func memberStatus(_ namespace: String, _ members: MeshMembers, _ roll: Resource) -> Node {
        let stored = roll.status?["memberStatuses"]?.array?.first { $0["namespace"]?.string == namespace }
        let conditions = Conditions(stored: stored?["conditions"]?.array ?? [], now: now)
        let isConfigured = members.configured.contains(namespace)
        let reason: String
        let message: String
        if isConfigured {
            (reason, message) = ("Reconciled", "The namespace is part of the mesh")
        } else if members.missing.contains(namespace) {
            (reason, message) = ("NamespaceNotExists", "Namespace \"\(namespace)\" does not exist")
        } else if members.terminating.contains(namespace) {
            (reason, message) = ("NamespaceTerminating", "Namespace \"\(namespace)\" is being deleted")
        } else {
            (reason, message) = ("Reconciling", "The namespace is not yet configured")
        }
        return [
            "namespace": Node(namespace),
            "conditions": [
                conditions.make("Reconciled", isConfigured, reason: reason, message: message)
            ],
        ]
    }
}

/// The parts of a mesh by how they are.
struct MeshComponents: Equatable {
    enum State { case ready, unready, pending }

    /// Those that work, sorted.
    var ready: [String] = []
    /// Those that run, but not as they should, sorted.
    var unready: [String] = []
    /// Those not heard of yet, sorted.
    var pending: [String] = []

    /// How many there are.
    var count: Int { ready.count + unready.count + pending.count }

    init(_ names: [String], state: (String) -> State) {
        for name in names.sorted() {
            switch state(name) {
            case .ready: ready.append(name)
            case .unready: unready.append(name)
            case .pending: pending.append(name)
            }
        }
    }
}
