// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/networking.istio.io_workloadentries.yaml; change that file.
extension EmbeddedCRDs {
    static let workloadentries = ##"""
        # Processes on virtual machines or on this host.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: workloadentries.networking.istio.io
        spec:
          group: networking.istio.io
          scope: Namespaced
          names:
            kind: WorkloadEntry
            listKind: WorkloadEntryList
            plural: workloadentries
            singular: workloadentry
            shortNames: [we]
            categories: [istio-io, networking-istio-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns: &columns
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            - name: Address
              type: string
              jsonPath: '.spec.address'
              description: 'Where it is.'
            schema: &schema
              openAPIV3Schema:
                description: >-
                  A process outside Kubernetes, on a virtual machine or on this host, that serves in the mesh.
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
                    description: The process.
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
