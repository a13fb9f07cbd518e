// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/maistra.io_servicemeshcontrolplanes.yaml; change that file.
extension EmbeddedCRDs {
    static let servicemeshcontrolplanes = ##"""
        # A mesh. Its gateways are made from this.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: servicemeshcontrolplanes.maistra.io
        spec:
          group: maistra.io
          scope: Namespaced
          names:
            kind: ServiceMeshControlPlane
            listKind: ServiceMeshControlPlaneList
            plural: servicemeshcontrolplanes
            singular: servicemeshcontrolplane
            shortNames: [smcp]
            categories: [maistra-io]
          versions:
          - name: v2
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns:
            - name: Ready
              type: string
              jsonPath: '.status.annotations.readyComponentCount'
              description: 'How many of the components are ready.'
            - name: Status
              type: string
              jsonPath: '.status.conditions[?(@.type=="Ready")].reason'
              description: 'The reason of the Ready condition.'
            - name: Profiles
              type: string
              jsonPath: '.status.appliedSpec.profiles'
            - name: Version
              type: string
              jsonPath: '.status.chartVersion'
              description: 'The version of the mesh that runs.'
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema:
              openAPIV3Schema:
                description: 'A mesh: its name and trust domain, its gateways, and how strict it is inside.'
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
                    description: The mesh as its admin wants it. Parts Hanse does not act on are kept as they are.
                    type: object
                    properties:
                      version:
                        description: The version the manifest was written for, such as v2.3.
                        type: string
                      profiles:
                        description: Names of profiles. Kept, without effect here.
                        type: array
                        nullable: true
                        items:
                          type: string
                      mode:
                        description: The scope of the control plane. Kept, without effect here.
                        type: string
                      cluster:
                        description: The cluster the mesh runs in.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                        properties:
                          name:
                            description: The name of the cluster.
                            type: string
                          network:
                            description: The network of the cluster.
                            type: string
                      general:
                        description: Logging and validation of the control plane. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      policy:
                        description: The policy engine. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      proxy:
                        description: How proxies behave.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                        properties:
                          accessLogging:
                            description: Access logs.
                            type: object
                            x-kubernetes-preserve-unknown-fields: true
                            properties:
                              file:
                                description: A file.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                                properties:
                                  name:
                                    description: The file, /dev/stdout for the standard output.
                                    type: string
                                  encoding:
                                    description: The format of a line.
                                    type: string
                                    enum: [TEXT, JSON]
                                  format:
                                    description: The pattern of a line.
                                    type: string
                      security:
                        description: Trust and identity.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                        properties:
                          trust:
                            description: The trust domain.
                            type: object
                            properties:
                              domain:
                                description: The trust domain of the mesh; cluster.local when absent.
                                type: string
                              additionalDomains:
                                description: Further names of the same trust domain.
                                type: array
                                items:
                                  type: string
                          certificateAuthority:
                            description: Who issues certificates. Kept, without effect here.
                            type: object
                            x-kubernetes-preserve-unknown-fields: true
                          identity:
                            description: How workloads prove who they are. Kept, without effect here.
                            type: object
                            x-kubernetes-preserve-unknown-fields: true
                          controlPlane:
                            description: Security of the control plane. Kept, without effect here.
                            type: object
                            x-kubernetes-preserve-unknown-fields: true
                          dataPlane:
                            description: Security between workloads.
                            type: object
                            x-kubernetes-preserve-unknown-fields: true
                            properties:
                              mtls:
                                description: True makes mutual TLS a must.
                                type: boolean
                              automtls:
                                description: True uses mutual TLS wherever both sides can.
                                type: boolean
                      tracing:
                        description: Where traces go.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                        properties:
                          type:
                            description: The kind of tracer.
                            type: string
                          sampling:
                            description: How many requests in 10,000 are traced.
                            type: integer
                            minimum: 0
                            maximum: 10000
                      gateways:
                        description: The gateways of the mesh.
                        type: object
                        properties:
                          enabled:
                            description: False switches the gateway istio-ingressgateway off.
                            type: boolean
                          openshiftRoute:
                            description: Routes in OpenShift. Kept, without effect here.
                            type: object
                            x-kubernetes-preserve-unknown-fields: true
                          ingress:
                            description: The gateway istio-ingressgateway, for calls from outside.
                            type: object
                            properties:
                              ingress:
                                description: Kept, without effect here.
                                type: boolean
                              enabled:
                                description: False switches the gateway off.
                                type: boolean
                              namespace:
                                description: The namespace of the gateway; that of the control plane when absent.
                                type: string
                              service:
                                description: The Service of the gateway.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                                properties:
                                  type:
                                    description: The type of the Service.
                                    type: string
                                    enum: [ClusterIP, NodePort, LoadBalancer, ExternalName]
                                  metadata:
                                    description: Labels and annotations of the Service.
                                    type: object
                                    x-kubernetes-preserve-unknown-fields: true
                                    properties:
                                      labels:
                                        description: Labels.
                                        type: object
                                        additionalProperties:
                                          type: string
                                      annotations:
                                        description: Annotations.
                                        type: object
                                        additionalProperties:
                                          type: string
                                  ports:
                                    description: The ports of the Service.
                                    type: array
                                    items:
                                      description: One port.
                                      type: object
                                      required: [port]
                                      properties:
                                        name:
                                          description: >-
                                            The name of the port; 15443 is called tls, 8188 https-discovery or
                                            http-discovery.
                                          type: string
                                        protocol:
                                          description: The transport.
                                          type: string
                                          enum: [TCP, UDP, SCTP]
                                        port:
                                          description: The port of the Service.
                                          type: integer
                                          minimum: 1
                                          maximum: 65535
                                        targetPort:
                                          description: The port the gateway listens on; the same when absent.
                                          x-kubernetes-int-or-string: true
                                          anyOf:
                                          - type: integer
                                          - type: string
                                        nodePort:
                                          description: The port on every node.
                                          type: integer
                                          minimum: 0
                                          maximum: 65535
                                        appProtocol:
                                          description: What the port speaks.
                                          type: string
                              runtime:
                                description: How the gateway runs. Kept, without effect here.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                              volumes:
                                description: Volumes of the gateway. Kept, without effect here.
                                type: array
                                items:
                                  description: One volume.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                              routerMode:
                                description: How the gateway routes. Kept, without effect here.
                                type: string
                                enum: [sni-dnat, standard]
                              requestedNetworkView:
                                description: The networks an egress gateway sees, network-<peer>; all when absent.
                                type: array
                                items:
                                  type: string
                              meshExpansionPorts:
                                description: Ports for workloads outside the cluster. Kept, without effect here.
                                type: array
                                items:
                                  description: One port.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                              routeConfig:
                                description: The OpenShift Route of the gateway. Kept, without effect here.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                              sds:
                                description: Kept, without effect here.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                          egress:
                            description: The gateway istio-egressgateway, for calls to outside; made when enabled is true.
                            type: object
                            properties:
                              enabled:
                                description: False switches the gateway off.
                                type: boolean
                              namespace:
                                description: The namespace of the gateway; that of the control plane when absent.
                                type: string
                              service:
                                description: The Service of the gateway.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                                properties:
                                  type:
                                    description: The type of the Service.
                                    type: string
                                    enum: [ClusterIP, NodePort, LoadBalancer, ExternalName]
                                  metadata:
                                    description: Labels and annotations of the Service.
                                    type: object
                                    x-kubernetes-preserve-unknown-fields: true
                                    properties:
                                      labels:
                                        description: Labels.
                                        type: object
                                        additionalProperties:
                                          type: string
                                      annotations:
                                        description: Annotations.
                                        type: object
                                        additionalProperties:
                                          type: string
                                  ports:
                                    description: The ports of the Service.
                                    type: array
                                    items:
                                      description: One port.
                                      type: object
                                      required: [port]
                                      properties:
                                        name:
                                          description: >-
                                            The name of the port; 15443 is called tls, 8188 https-discovery or
                                            http-discovery.
                                          type: string
                                        protocol:
                                          description: The transport.
                                          type: string
                                          enum: [TCP, UDP, SCTP]
                                        port:
                                          description: The port of the Service.
                                          type: integer
                                          minimum: 1
                                          maximum: 65535
                                        targetPort:
                                          description: The port the gateway listens on; the same when absent.
                                          x-kubernetes-int-or-string: true
                                          anyOf:
                                          - type: integer
                                          - type: string
                                        nodePort:
                                          description: The port on every node.
                                          type: integer
                                          minimum: 0
                                          maximum: 65535
                                        appProtocol:
                                          description: What the port speaks.
                                          type: string
                              runtime:
                                description: How the gateway runs. Kept, without effect here.
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                              volumes:
                                description: Volumes of the gateway. Kept, without effect here.
                                type: array
                                items:
                                  description: One volume.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                              routerMode:
                                description: How the gateway routes. Kept, without effect here.
                                type: string
                                enum: [sni-dnat, standard]
                              requestedNetworkView:
                                description: The networks an egress gateway sees, network-<peer>; all when absent.
                                type: array
                                items:
                                  type: string
                          additionalIngress:
                            description: Further ingress gateways by name, one for each peer.
                            type: object
                            additionalProperties:
                              description: One gateway.
                              type: object
                              properties:
                                enabled:
                                  description: False switches the gateway off.
                                  type: boolean
                                namespace:
                                  description: The namespace of the gateway; that of the control plane when absent.
                                  type: string
                                service:
                                  description: The Service of the gateway.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                                  properties:
                                    type:
                                      description: The type of the Service.
                                      type: string
                                      enum: [ClusterIP, NodePort, LoadBalancer, ExternalName]
                                    metadata:
                                      description: Labels and annotations of the Service.
                                      type: object
                                      x-kubernetes-preserve-unknown-fields: true
                                      properties:
                                        labels:
                                          description: Labels.
                                          type: object
                                          additionalProperties:
                                            type: string
                                        annotations:
                                          description: Annotations.
                                          type: object
                                          additionalProperties:
                                            type: string
                                    ports:
                                      description: The ports of the Service.
                                      type: array
                                      items:
                                        description: One port.
                                        type: object
                                        required: [port]
                                        properties:
                                          name:
                                            description: >-
                                              The name of the port; 15443 is called tls, 8188 https-discovery or
                                              http-discovery.
                                            type: string
                                          protocol:
                                            description: The transport.
                                            type: string
                                            enum: [TCP, UDP, SCTP]
                                          port:
                                            description: The port of the Service.
                                            type: integer
                                            minimum: 1
                                            maximum: 65535
                                          targetPort:
                                            description: The port the gateway listens on; the same when absent.
                                            x-kubernetes-int-or-string: true
                                            anyOf:
                                            - type: integer
                                            - type: string
                                          nodePort:
                                            description: The port on every node.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                          appProtocol:
                                            description: What the port speaks.
                                            type: string
                                runtime:
                                  description: How the gateway runs. Kept, without effect here.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                                volumes:
                                  description: Volumes of the gateway. Kept, without effect here.
                                  type: array
                                  items:
                                    description: One volume.
                                    type: object
                                    x-kubernetes-preserve-unknown-fields: true
                                routerMode:
                                  description: How the gateway routes. Kept, without effect here.
                                  type: string
                                  enum: [sni-dnat, standard]
                                requestedNetworkView:
                                  description: >-
                                    The networks an egress gateway sees, network-<peer>; all when absent.
                                  type: array
                                  items:
                                    type: string
                                meshExpansionPorts:
                                  description: Ports for workloads outside the cluster. Kept, without effect here.
                                  type: array
                                  items:
                                    description: One port.
                                    type: object
                                    x-kubernetes-preserve-unknown-fields: true
                                routeConfig:
                                  description: The OpenShift Route of the gateway. Kept, without effect here.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                                sds:
                                  description: Kept, without effect here.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                          additionalEgress:
                            description: Further egress gateways by name, one for each peer.
                            type: object
                            additionalProperties:
                              description: One gateway.
                              type: object
                              properties:
                                enabled:
                                  description: False switches the gateway off.
                                  type: boolean
                                namespace:
                                  description: The namespace of the gateway; that of the control plane when absent.
                                  type: string
                                service:
                                  description: The Service of the gateway.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                                  properties:
                                    type:
                                      description: The type of the Service.
                                      type: string
                                      enum: [ClusterIP, NodePort, LoadBalancer, ExternalName]
                                    metadata:
                                      description: Labels and annotations of the Service.
                                      type: object
                                      x-kubernetes-preserve-unknown-fields: true
                                      properties:
                                        labels:
                                          description: Labels.
                                          type: object
                                          additionalProperties:
                                            type: string
                                        annotations:
                                          description: Annotations.
                                          type: object
                                          additionalProperties:
                                            type: string
                                    ports:
                                      description: The ports of the Service.
                                      type: array
                                      items:
                                        description: One port.
                                        type: object
                                        required: [port]
                                        properties:
                                          name:
                                            description: >-
                                              The name of the port; 15443 is called tls, 8188 https-discovery or
                                              http-discovery.
                                            type: string
                                          protocol:
                                            description: The transport.
                                            type: string
                                            enum: [TCP, UDP, SCTP]
                                          port:
                                            description: The port of the Service.
                                            type: integer
                                            minimum: 1
                                            maximum: 65535
                                          targetPort:
                                            description: The port the gateway listens on; the same when absent.
                                            x-kubernetes-int-or-string: true
                                            anyOf:
                                            - type: integer
                                            - type: string
                                          nodePort:
                                            description: The port on every node.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                          appProtocol:
                                            description: What the port speaks.
                                            type: string
                                runtime:
                                  description: How the gateway runs. Kept, without effect here.
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                                volumes:
                                  description: Volumes of the gateway. Kept, without effect here.
                                  type: array
                                  items:
                                    description: One volume.
                                    type: object
                                    x-kubernetes-preserve-unknown-fields: true
                                routerMode:
                                  description: How the gateway routes. Kept, without effect here.
                                  type: string
                                  enum: [sni-dnat, standard]
                                requestedNetworkView:
                                  description: >-
                                    The networks an egress gateway sees, network-<peer>; all when absent.
                                  type: array
                                  items:
                                    type: string
                      runtime:
                        description: How the control plane runs. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      addons:
                        description: Kiali, Jaeger, Grafana and others. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      telemetry:
                        description: Telemetry. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      techPreview:
                        description: Settings under trial. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      extensionProviders:
                        description: Providers of tracing, logging and authorization. Kept, without effect here.
                        type: array
                        items:
                          description: One provider.
                          type: object
                          x-kubernetes-preserve-unknown-fields: true
                      meshConfig:
                        description: Settings of the whole mesh. Kept, without effect here.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                  status:
                    description: What became of the mesh.
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
                    required: [readiness]
                    properties:
                      annotations:
                        description: Values shown by clients.
                        type: object
                        additionalProperties:
                          type: string
                      observedGeneration:
                        description: The generation this status speaks of.
                        type: integer
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
                      readiness:
                        description: Which components are ready.
                        type: object
                        properties:
                          components:
                            description: 'Component names by state: ready, unready, pending.'
                            type: object
                            nullable: true
                            additionalProperties:
                              description: Names of components.
                              type: array
                              items:
                                type: string
                      chartVersion:
                        description: The version of the mesh that runs.
                        type: string
                      operatorVersion:
                        description: The version of the controller.
                        type: string
                      reconciledVersion:
                        description: The version and generation reconciled last.
                        type: string
                      components:
                        description: The state of each component.
                        type: array
                        nullable: true
                        items:
                          description: One component.
                          type: object
                          x-kubernetes-preserve-unknown-fields: true
                      appliedSpec:
                        description: The spec in effect, defaults included.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      appliedValues:
                        description: Not used.
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
        """##
}
