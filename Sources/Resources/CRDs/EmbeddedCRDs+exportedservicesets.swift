// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/federation.maistra.io_exportedservicesets.yaml; change that file.
extension EmbeddedCRDs {
    static let exportedservicesets = ##"""
        # What a peer may see of this mesh.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: exportedservicesets.federation.maistra.io
        spec:
          group: federation.maistra.io
          scope: Namespaced
          names:
            kind: ExportedServiceSet
            listKind: ExportedServiceSetList
            plural: exportedservicesets
            singular: exportedserviceset
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns:
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema:
              openAPIV3Schema:
                description: The services of this mesh that the peer of the same name may use.
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
                    description: What is exported.
                    type: object
                    properties:
                      exportRules:
                        description: The rules in order; the first that takes a service decides its name.
                        type: array
                        items:
                          description: One rule.
                          type: object
                          required: [type]
                          properties:
                            type:
                              description: Which of the two selectors counts.
                              type: string
                              enum: [NameSelector, LabelSelector]
                            nameSelector:
                              description: Takes services by name.
                              type: object
                              properties:
                                namespace:
                                  description: The namespace; empty and * match any.
                                  type: string
                                name:
                                  description: The name; empty and * match any.
                                  type: string
                                alias:
                                  description: >-
                                    What the service is called on the other side. Empty parts and * keep what there
                                    is.
                                  type: object
                                  properties:
                                    namespace:
                                      description: The namespace it appears in.
                                      type: string
                                    name:
                                      description: The name it appears under.
                                      type: string
                            labelSelector:
                              description: Takes services by label.
                              type: object
                              properties:
                                namespace:
                                  description: The namespace; empty and * match any.
                                  type: string
                                selector:
                                  description: >-
                                    A condition on the labels of the Service. Without requirements every Service
                                    matches.
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
                                            description: >-
                                              What is asked of the value: In, NotIn, Exists or DoesNotExist.
                                            type: string
                                          values:
                                            description: The values for In and NotIn; none for the others.
                                            type: array
                                            items:
                                              type: string
                                aliases:
                                  description: >-
                                    Names for services the selector takes. The first whose namespace and name match
                                    counts.
                                  type: array
                                  items:
                                    description: One name.
                                    type: object
                                    properties:
                                      namespace:
                                        description: The namespace; empty and * match any.
                                        type: string
                                      name:
                                        description: The name; empty and * match any.
                                        type: string
                                      alias:
                                        description: >-
                                          What the service is called on the other side. Empty parts and * keep what
                                          there is.
                                        type: object
                                        properties:
                                          namespace:
                                            description: The namespace it appears in.
                                            type: string
                                          name:
                                            description: The name it appears under.
                                            type: string
                                alias:
                                  description: 'Deprecated: has no effect; use aliases.'
                                  type: object
                                  x-kubernetes-preserve-unknown-fields: true
                  status:
                    description: What is exported now.
                    type: object
                    required: [exportedServices]
                    properties:
                      exportedServices:
                        description: Every exported service, sorted by its name here.
                        type: array
                        nullable: true
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [exportedName]
                        items:
                          description: One exported service.
                          type: object
                          required: [localService, exportedName]
                          properties:
                            localService:
                              description: The service in the mesh of this object.
                              type: object
                              properties:
                                name:
                                  description: Its name.
                                  type: string
                                namespace:
                                  description: Its namespace.
                                  type: string
                                hostname:
                                  description: Its full host name.
                                  type: string
                            exportedName:
                              description: The host name the peer sees.
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
