// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/maistra.io_servicemeshmembers.yaml; change that file.
extension EmbeddedCRDs {
    static let servicemeshmembers = ##"""
        # A namespace that joins a mesh by itself.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: servicemeshmembers.maistra.io
        spec:
          group: maistra.io
          scope: Namespaced
          names:
            kind: ServiceMeshMember
            listKind: ServiceMeshMemberList
            plural: servicemeshmembers
            singular: servicemeshmember
            shortNames: [smm]
            categories: [maistra-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns:
            - name: 'Control Plane'
              type: string
              jsonPath: '.status.annotations.controlPlaneRef'
              description: 'The mesh it belongs to.'
            - name: Ready
              type: string
              jsonPath: '.status.conditions[?(@.type=="Ready")].status'
              description: 'Whether it is part of the mesh.'
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema:
              openAPIV3Schema:
                description: A namespace that joins a mesh on its own account. It is called default.
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
                    description: Which mesh to join.
                    type: object
                    required: [controlPlaneRef]
                    properties:
                      controlPlaneRef:
                        description: The mesh.
                        type: object
                        required: [name, namespace]
                        properties:
                          name:
                            description: The name of the ServiceMeshControlPlane.
                            type: string
                          namespace:
                            description: Its namespace.
                            type: string
                  status:
                    description: What became of it.
                    type: object
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
                      meshGeneration:
                        description: The generation of the ServiceMeshControlPlane the member was configured for.
                        type: integer
                      meshReconciledVersion:
                        description: The version of the ServiceMeshControlPlane the member was configured for.
                        type: string
        """##
}
