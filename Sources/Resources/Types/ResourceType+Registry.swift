extension ResourceType {
    private static let federation = "federation.maistra.io"
    private static let maistra = "maistra.io"
    private static let istio = "networking.istio.io"
    private static let istioVersions = ["v1", "v1beta1", "v1alpha3"]
    private static let istioCategories = ["istio-io", "networking-istio-io"]

    /// core/v1 Namespace.
    public static let namespace = ResourceType(
        "", ["v1"], "Namespace", "namespaces", isNamespaced: false, shortNames: ["ns"], hasStatus: true)
    /// core/v1 ConfigMap.
    public static let configMap = ResourceType("", ["v1"], "ConfigMap", "configmaps", shortNames: ["cm"])
    /// core/v1 Secret.
    public static let secret = ResourceType("", ["v1"], "Secret", "secrets")
    /// core/v1 Service.
    public static let service = ResourceType(
        "", ["v1"], "Service", "services", shortNames: ["svc"], categories: ["all"], hasStatus: true)
    /// core/v1 Endpoints.
    public static let endpoints = ResourceType(
        "", ["v1"], "Endpoints", "endpoints", shortNames: ["ep"], singular: "endpoints")
    /// core/v1 Event.
    public static let event = ResourceType("", ["v1"], "Event", "events", shortNames: ["ev"])
    /// core/v1 ServiceAccount.
    public static let serviceAccount = ResourceType(
        "", ["v1"], "ServiceAccount", "serviceaccounts", shortNames: ["sa"])
    /// core/v1 Pod.
    public static let pod = ResourceType(
        "", ["v1"], "Pod", "pods", shortNames: ["po"], categories: ["all"], hasStatus: true)
    /// apps/v1 Deployment; stored only, nothing here runs pods.
    public static let deployment = ResourceType(
        "apps", ["v1"], "Deployment", "deployments", shortNames: ["deploy"], categories: ["all"],
        hasStatus: true, hasScale: true)
    /// discovery.k8s.io/v1 EndpointSlice.
    public static let endpointSlice = ResourceType(
        "discovery.k8s.io", ["v1"], "EndpointSlice", "endpointslices")
    /// apiextensions.k8s.io/v1 CustomResourceDefinition; read-only, what the server itself is made of.
    public static let customResourceDefinition = ResourceType(
        "apiextensions.k8s.io", ["v1"], "CustomResourceDefinition", "customresourcedefinitions",
        isNamespaced: false, shortNames: ["crd", "crds"], categories: ["api-extensions"], isWritable: false)
    /// federation.maistra.io/v1 ServiceMeshPeer.
    public static let serviceMeshPeer = ResourceType(
        federation, ["v1"], "ServiceMeshPeer", "servicemeshpeers", categories: ["maistra-io"],
        hasStatus: true, isCustom: true)
    /// federation.maistra.io/v1 ExportedServiceSet.
    public static let exportedServiceSet = ResourceType(
        federation, ["v1"], "ExportedServiceSet", "exportedservicesets", hasStatus: true, isCustom: true)
    /// federation.maistra.io/v1 ImportedServiceSet.
    public static let importedServiceSet = ResourceType(
        federation, ["v1"], "ImportedServiceSet", "importedservicesets", hasStatus: true, isCustom: true)
    /// maistra.io/v2 ServiceMeshControlPlane.
    public static let serviceMeshControlPlane = ResourceType(
        maistra, ["v2"], "ServiceMeshControlPlane", "servicemeshcontrolplanes", shortNames: ["smcp"],
        categories: ["maistra-io"], hasStatus: true, isCustom: true)
    /// maistra.io/v1 ServiceMeshMemberRoll.
    public static let serviceMeshMemberRoll = ResourceType(
        maistra, ["v1"], "ServiceMeshMemberRoll", "servicemeshmemberrolls", shortNames: ["smmr"],
        categories: ["maistra-io"], hasStatus: true, isCustom: true)
    /// maistra.io/v1 ServiceMeshMember.
    public static let serviceMeshMember = ResourceType(
        maistra, ["v1"], "ServiceMeshMember", "servicemeshmembers", shortNames: ["smm"],
        categories: ["maistra-io"], hasStatus: true, isCustom: true)
    /// networking.istio.io VirtualService.
    public static let virtualService = ResourceType(
        istio, istioVersions, "VirtualService", "virtualservices", shortNames: ["vs"],
        categories: istioCategories, hasStatus: true, isCustom: true)
    /// networking.istio.io DestinationRule.
    public static let destinationRule = ResourceType(
        istio, istioVersions, "DestinationRule", "destinationrules", shortNames: ["dr"],
        categories: istioCategories, hasStatus: true, isCustom: true)
    /// networking.istio.io ServiceEntry.
    public static let serviceEntry = ResourceType(
        istio, istioVersions, "ServiceEntry", "serviceentries", shortNames: ["se"],
        categories: istioCategories, hasStatus: true, isCustom: true)
    /// networking.istio.io WorkloadEntry.
    public static let workloadEntry = ResourceType(
        istio, istioVersions, "WorkloadEntry", "workloadentries", shortNames: ["we"],
        categories: istioCategories, hasStatus: true, isCustom: true)
    /// networking.istio.io Gateway.
    public static let gateway = ResourceType(
        istio, istioVersions, "Gateway", "gateways", shortNames: ["gw"], categories: istioCategories,
        hasStatus: true, isCustom: true)

    /// Every type, groups in priority order.
    public static let all: [ResourceType] = [
        namespace, configMap, secret, service, endpoints, event, serviceAccount, pod, deployment,
        endpointSlice, customResourceDefinition, serviceMeshPeer, exportedServiceSet, importedServiceSet,
        serviceMeshControlPlane, serviceMeshMemberRoll, serviceMeshMember, virtualService, destinationRule,
        serviceEntry, workloadEntry, gateway,
    ]
}
