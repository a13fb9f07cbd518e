// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/networking.istio.io_serviceentries.yaml; change that file.
extension EmbeddedCRDs {
    static let serviceentries = ##"""
        # Hosts besides Services.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: serviceentries.networking.istio.io
        spec:
          group: networking.istio.io
          scope: Namespaced
          names:
            kind: ServiceEntry
            listKind: ServiceEntryList
            plural: serviceentries
            singular: serviceentry
            shortNames: [se]
            categories: [istio-io, networking-istio-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns: &columns
            - name: Hosts
              type: string
              jsonPath: '.spec.hosts'
              description: 'The hosts.'
            - name: Location
              type: string
              jsonPath: '.spec.location'
              description: 'Whether they are part of the mesh.'
            - name: Resolution
              type: string
              jsonPath: '.spec.resolution'
              description: 'How addresses come about.'
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema: &schema
              openAPIV3Schema:
                description: Hosts the mesh knows besides its Services.
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
                    description: The hosts and their endpoints.
                    type: object
                    required: [hosts]
                    properties:
                      hosts:
                        description: The host names.
                        type: array
                        minItems: 1
                        items:
                          type: string
                      addresses:
                        description: Virtual addresses.
                        type: array
                        items:
                          type: string
                      ports:
                        description: The ports.
                        type: array
                        items:
                          description: One port.
                          type: object
                          required: [number, name]
                          properties:
                            number:
                              description: The port clients dial.
                              type: integer
                              minimum: 1
                              maximum: 65535
                            protocol:
                              description: 'What it speaks: HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP or TLS.'
                              type: string
                            name:
                              description: Its name.
                              type: string
                            targetPort:
                              description: The port of the endpoints.
                              type: integer
                              minimum: 0
                              maximum: 65535
                      location:
                        description: Whether the hosts are part of the mesh.
                        type: string
                        enum: [MESH_EXTERNAL, MESH_INTERNAL]
                      resolution:
                        description: How addresses come about.
                        type: string
                        enum: [NONE, STATIC, DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS]
                      endpoints:
                        description: The endpoints.
                        type: array
                        items:
                          description: One endpoint.
                          type: object
                          properties:
                            address:
                              description: 'The IP address, host name or unix:// path.'
                              type: string
                            ports:
                              description: Numbers of named ports.
                              type: object
                              additionalProperties:
                                description: The number.
                                type: integer
                                minimum: 1
                                maximum: 65535
                            labels:
                              description: The labels selectors and subsets see.
                              type: object
                              additionalProperties:
                                type: string
                            network:
                              description: The network.
                              type: string
                            locality:
                              description: Where it runs, region/zone/subzone.
                              type: string
                            weight:
                              description: Its share among the endpoints.
                              type: integer
                              minimum: 0
                              maximum: 4294967295
                            serviceAccount:
                              description: The account it runs as.
                              type: string
                      workloadSelector:
                        description: Workloads that are endpoints.
                        type: object
                        properties:
                          labels:
                            description: Their labels.
                            type: object
                            additionalProperties:
                              type: string
                      exportTo:
                        description: 'The namespaces that see the hosts: . for its own, * for all.'
                        type: array
                        items:
                          type: string
                      subjectAltNames:
                        description: Names the certificates of the endpoints must carry.
                        type: array
                        items:
                          type: string
                  status:
                    description: What is known about the object.
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
                    properties:
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
                      observedGeneration:
                        description: The generation this status speaks of.
                        x-kubernetes-int-or-string: true
                        anyOf:
                        - type: integer
                        - type: string
          - name: v1beta1
            served: true
            storage: false
            subresources:
              status: {}
            additionalPrinterColumns: *columns
            schema: *schema
          - name: v1alpha3
            served: true
            storage: false
            subresources:
              status: {}
            additionalPrinterColumns: *columns
            schema: *schema
        """##
}
