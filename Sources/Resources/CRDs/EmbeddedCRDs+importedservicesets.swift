// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/federation.maistra.io_importedservicesets.yaml; change that file.
extension EmbeddedCRDs {
    static let importedservicesets = ##"""
        # What this mesh takes from a peer.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: importedservicesets.federation.maistra.io
        spec:
          group: federation.maistra.io
          scope: Namespaced
          names:
            kind: ImportedServiceSet
            listKind: ImportedServiceSetList
            plural: importedservicesets
            singular: importedserviceset
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
                description: The services of the peer of the same name that this mesh uses.
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
                    description: What is imported.
                    type: object
                    properties:
                      domainSuffix:
                        description: >-
                          The suffix of the host names here where a rule has none. Default: svc.<name of this
                          object>-imports.local.
                        type: string
                      locality:
                        description: >-
                          Where the imported endpoints count as running. A subzone needs a zone, a zone needs a
                          region.
                        type: object
                        properties:
                          region:
                            description: The region.
                            type: string
                          zone:
                            description: The zone in the region.
                            type: string
                          subzone:
                            description: The part of the zone.
                            type: string
                      importRules:
                        description: The rules in order; the first that takes a service decides its name.
                        type: array
                        items:
                          description: One rule.
                          type: object
                          required: [type]
                          properties:
                            type:
                              description: How the rule takes services.
                              type: string
                              enum: [NameSelector]
                            nameSelector:
                              description: Takes services by the name they are exported under.
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
                            domainSuffix:
                              description: The suffix of the host names of this rule.
                              type: string
                            importAsLocal:
                              description: >-
                                True makes the imported endpoints join those of the local service of the same name.
                                Needs an alias with a namespace.
                              type: boolean
                  status:
                    description: What is imported now.
                    type: object
                    required: [importedServices]
                    properties:
                      importedServices:
                        description: Every service the peer exports, sorted by exported name.
                        type: array
                        nullable: true
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [exportedName]
                        items:
                          description: One service.
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
                              description: The host name the peer gives it.
                              type: string
                      staleSince:
                        description: |-
                          When the connection to the peer was lost; absent while its services are followed.
                          What was imported stays.
                        type: string
                        format: date-time
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
