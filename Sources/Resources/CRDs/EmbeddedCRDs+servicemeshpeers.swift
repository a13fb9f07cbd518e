// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/federation.maistra.io_servicemeshpeers.yaml; change that file.
extension EmbeddedCRDs {
    static let servicemeshpeers = ##"""
        # A mesh this mesh exchanges services with.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: servicemeshpeers.federation.maistra.io
        spec:
          group: federation.maistra.io
          scope: Namespaced
          names:
            kind: ServiceMeshPeer
            listKind: ServiceMeshPeerList
            plural: servicemeshpeers
            singular: servicemeshpeer
            categories: [maistra-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns:
            - name: 'Trust Domain'
              type: string
              jsonPath: '.spec.security.trustDomain'
            - name: Ingress
              type: string
              jsonPath: '.spec.gateways.ingress.name'
              priority: 1
            - name: Egress
              type: string
              jsonPath: '.spec.gateways.egress.name'
              priority: 1
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema:
              openAPIV3Schema:
                description: >-
                  Another mesh this mesh exchanges services with: where it is, by which gateways traffic passes, and
                  whom to believe there.
                type: object
                properties:
                  apiVersion:
                    description: The version of the API this document is written in.
                    type: string
                  kind:
                    description: The kind of the object.
                    type: string
                  metadata:
                    type: object
                  spec:
                    description: The peer as the admin of this mesh describes it.
                    type: object
                    properties:
                      remote:
                        description: Where the peer is.
                        type: object
                        properties:
                          addresses:
                            description: >-
                              IP addresses or host names of the ingress gateway of the peer. Without any the peer
                              cannot be reached.
                            type: array
                            items:
                              type: string
                          discoveryPort:
                            description: The port of discovery at these addresses; 0 means 8188.
                            type: integer
                            minimum: 0
                            maximum: 65535
                          servicePort:
                            description: The port of services at these addresses; 0 means 15443.
                            type: integer
                            minimum: 0
                            maximum: 65535
                      gateways:
                        description: The gateways of this mesh that serve this peer. Each peer needs its own pair.
                        type: object
                        properties:
                          ingress:
                            description: The gateway the peer comes in by.
                            type: object
                            properties:
                              name:
                                description: The name of the gateway, as the ServiceMeshControlPlane has it.
                                type: string
                          egress:
                            description: The gateway traffic to the peer leaves by.
                            type: object
                            properties:
                              name:
                                description: The name of the gateway, as the ServiceMeshControlPlane has it.
                                type: string
                      security:
                        description: Whom to believe.
                        type: object
                        properties:
                          trustDomain:
                            description: >-
                              The trust domain of the peer. Empty, or the same as that of this mesh, when both have
                              one root.
                            type: string
                          clientID:
                            description: >-
                              The identity of the egress gateway of the peer,
                              TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT, with or without spiffe://. Empty admits
                              nobody.
                            type: string
                          certificateChain:
                            description: >-
                              The object that holds the root certificate of the peer under the key root-cert.pem.
                              Default: the ConfigMap <name of this object>-ca-root-cert.
                            type: object
                            required: [kind, name]
                            properties:
                              apiGroup:
                                description: The API group of the object; empty for a ConfigMap.
                                type: string
                                nullable: true
                              kind:
                                description: ConfigMap.
                                type: string
                              name:
                                description: The name of the object; empty for the default.
                                type: string
                  status:
                    description: What is known about the peer.
                    type: object
                    properties:
                      discoveryStatus:
                        description: The connections to and from the peer.
                        type: object
                        properties:
                          active:
                            description: Controllers whose watch is connected.
                            type: array
                            nullable: true
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [pod]
                            items:
                              description: The connections of one controller.
                              type: object
                              required: [pod, watch]
                              properties:
                                pod:
                                  description: The name of the controller process.
                                  type: string
                                watch:
                                  description: Our watch of the services of the peer.
                                  type: object
                                  required: [connected]
                                  properties:
                                    connected:
                                      description: True while the connection is up.
                                      type: boolean
                                    lastConnected:
                                      description: When it came up last.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastEvent:
                                      description: When the last event came over it.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastFullSync:
                                      description: When the whole list was exchanged last.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastDisconnect:
                                      description: When it broke last.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastDisconnectStatus:
                                      description: Why it broke last.
                                      type: string
                                remotes:
                                  description: The watches of our services by the peer.
                                  type: array
                                  nullable: true
                                  x-kubernetes-list-type: map
                                  x-kubernetes-list-map-keys: [source]
                                  items:
                                    description: One watch by the peer.
                                    type: object
                                    required: [connected, source]
                                    properties:
                                      source:
                                        description: The address the peer calls from.
                                        type: string
                                      connected:
                                        description: True while the connection is up.
                                        type: boolean
                                      lastConnected:
                                        description: When it came up last.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastEvent:
                                        description: When the last event came over it.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastFullSync:
                                        description: When the whole list was exchanged last.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastDisconnect:
                                        description: When it broke last.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastDisconnectStatus:
                                        description: Why it broke last.
                                        type: string
                          inactive:
                            description: Controllers whose watch is not connected.
                            type: array
                            nullable: true
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [pod]
                            items:
                              description: The connections of one controller.
                              type: object
                              required: [pod, watch]
                              properties:
                                pod:
                                  description: The name of the controller process.
                                  type: string
                                watch:
                                  description: Our watch of the services of the peer.
                                  type: object
                                  required: [connected]
                                  properties:
                                    connected:
                                      description: True while the connection is up.
                                      type: boolean
                                    lastConnected:
                                      description: When it came up last.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastEvent:
                                      description: When the last event came over it.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastFullSync:
                                      description: When the whole list was exchanged last.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastDisconnect:
                                      description: When it broke last.
                                      type: string
                                      nullable: true
                                      format: date-time
                                    lastDisconnectStatus:
                                      description: Why it broke last.
                                      type: string
                                remotes:
                                  description: The watches of our services by the peer.
                                  type: array
                                  nullable: true
                                  x-kubernetes-list-type: map
                                  x-kubernetes-list-map-keys: [source]
                                  items:
                                    description: One watch by the peer.
                                    type: object
                                    required: [connected, source]
                                    properties:
                                      source:
                                        description: The address the peer calls from.
                                        type: string
                                      connected:
                                        description: True while the connection is up.
                                        type: boolean
                                      lastConnected:
                                        description: When it came up last.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastEvent:
                                        description: When the last event came over it.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastFullSync:
                                        description: When the whole list was exchanged last.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastDisconnect:
                                        description: When it broke last.
                                        type: string
                                        nullable: true
                                        format: date-time
                                      lastDisconnectStatus:
                                        description: Why it broke last.
                                        type: string
                      conditions:
                        description: What is known about the object, one entry a type.
                        type: array
                        items:
                          description: One condition.
                          type: object
                          required: [type, status]
                          properties:
                            type:
                              description: What the condition is about.
                              type: string
                            status:
                              description: True, False or Unknown.
                              type: string
                            reason:
                              description: One word of why.
                              type: string
                            message:
                              description: Why, for people.
                              type: string
                            lastTransitionTime:
                              description: When status changed last.
                              type: string
                              nullable: true
                              format: date-time
                            observedGeneration:
                              description: The generation the condition speaks of.
                              type: integer
        """##
}
