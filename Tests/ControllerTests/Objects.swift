import Document
import Resources

@testable import Controller

/// Stored objects from YAML, as an API server would hand them out.
func world(_ yaml: String...) throws -> World {
    var resources: [Resource] = []
    for text in yaml {
        for node in try YAML.parse(Array(text.utf8)) { resources.append(try Resource(reading: node)) }
    }
    return World(resources)
}

/// A mesh `east` with an ingress and an egress gateway for peer `west`, both with addresses.
let eastMesh = """
    apiVersion: v1
    kind: Namespace
    metadata: {name: east-mesh}
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: bookinfo, labels: {team: books}}
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: private}
    ---
    apiVersion: maistra.io/v2
    kind: ServiceMeshControlPlane
    metadata: {name: east, namespace: east-mesh}
    spec:
      security: {trust: {domain: east.local}}
      gateways:
        additionalIngress: {west-ingress: {enabled: true}}
        additionalEgress: {west-egress: {enabled: true}, off-egress: {enabled: false}}
    ---
    apiVersion: maistra.io/v1
    kind: ServiceMeshMemberRoll
    metadata: {name: default, namespace: east-mesh}
    spec: {members: [bookinfo, not-yet-there]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: west-ingress, namespace: east-mesh}
    spec:
      clusterIP: 127.0.30.3
      ports: [{name: tls, port: 15443}, {name: https-discovery, port: 8188}]
    status: {loadBalancer: {ingress: [{ip: 127.0.30.3}]}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: west-egress, namespace: east-mesh}
    spec:
      clusterIP: 127.0.30.4
      ports: [{name: tls, port: 15443}, {name: http-discovery, port: 8188}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: mesh-gateway, namespace: east-mesh}
    spec:
      clusterIP: 127.0.30.2
      ports: [{name: http, port: 80, targetPort: 15080}]
    """

/// A peer `west` of that mesh, in a trust domain of its own.
let westPeer = """
    apiVersion: federation.maistra.io/v1
    kind: ServiceMeshPeer
    metadata: {name: west, namespace: east-mesh, uid: u-1}
    spec:
      remote: {addresses: [127.0.31.3], discoveryPort: 8188, servicePort: 15443}
      gateways: {ingress: {name: west-ingress}, egress: {name: west-egress}}
      security:
        trustDomain: west.local
        clientID: west.local/ns/west-mesh/sa/east-egress-service-account
        certificateChain: {kind: ConfigMap, name: west-ca-root-cert}
    """
