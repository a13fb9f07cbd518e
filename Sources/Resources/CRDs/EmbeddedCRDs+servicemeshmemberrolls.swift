// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/maistra.io_servicemeshmemberrolls.yaml; change that file.
extension EmbeddedCRDs {
    static let servicemeshmemberrolls = ##"""
        # The namespaces of a mesh.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: servicemeshmemberrolls.maistra.io
        spec:
          group: maistra.io
          scope: Namespaced
          names:
            kind: ServiceMeshMemberRoll
            listKind: ServiceMeshMemberRollList
            plural: servicemeshmemberrolls
            singular: servicemeshmemberroll
            shortNames: [smmr]
            categories: [maistra-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns:
            - name: Ready
              type: string
              jsonPath: '.status.annotations.configuredMemberCount'
              description: 'How many of the members are configured.'
            - name: Status
              type: string
              jsonPath: '.status.conditions[?(@.type=="Ready")].reason'
              description: 'The reason of the Ready condition.'
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            - name: Members
              type: string
              jsonPath: '.status.members'
              priority: 1
            schema:
              openAPIV3Schema:
                description: The namespaces of the mesh. There is one roll for each mesh, and it is called default.
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
                    description: The members.
                    type: object
                    properties:
                      members:
                        description: The namespaces, besides that of the control plane.
                        type: array
                        nullable: true
                        items:
                          type: string
                      memberSelectors:
                        description: Namespaces with labels that any of these selects are members too.
                        type: array
                        nullable: true
                        items:
                          description: A condition on the labels of namespaces.
                          type: object
                          properties:
                            matchLabels:
                              description: Labels that must have exactly these values.
                              type: object
                              additionalProperties:
                                type: string
                            matchExpressions:
                              description: Further requirements.
                              type: array
                              items:
                                description: One requirement.
                                type: object
                                required: [key, operator]
                                properties:
                                  key:
                                    description: The key of the label.
                                    type: string
                                  operator:
                                    description: 'What is asked of the value: In, NotIn, Exists or DoesNotExist.'
                                    type: string
                                  values:
                                    description: The values for In and NotIn; none for the others.
                                    type: array
                                    items:
                                      type: string
                  status:
                    description: What became of the members.
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
                        description: The generation of the ServiceMeshControlPlane the members were configured for.
                        type: integer
                      meshReconciledVersion:
                        description: The version of the ServiceMeshControlPlane the members were configured for.
                        type: string
                      members:
                        description: All members.
                        type: array
                        nullable: true
                        items:
                          type: string
                      configuredMembers:
                        description: Members that are part of the mesh.
                        type: array
                        nullable: true
                        items:
                          type: string
                      pendingMembers:
                        description: Members that are not yet part of the mesh.
                        type: array
                        nullable: true
                        items:
                          type: string
                      terminatingMembers:
                        description: Namespaces on their way out of the mesh.
                        type: array
                        nullable: true
                        items:
                          type: string
                      memberStatuses:
                        description: What is known about each member.
                        type: array
                        nullable: true
                        items:
                          description: One member.
                          type: object
                          required: [namespace, conditions]
                          properties:
                            namespace:
                              description: The namespace.
                              type: string
                            conditions:
                              description: What is known about the object, one entry a type.
                              type: array
                              nullable: true
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
