// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/networking.istio.io_gateways.yaml; change that file.
extension EmbeddedCRDs {
    static let gateways = ##"""
        # Listeners of gateways.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: gateways.networking.istio.io
        spec:
          group: networking.istio.io
          scope: Namespaced
          names:
            kind: Gateway
            listKind: GatewayList
            plural: gateways
            singular: gateway
            shortNames: [gw]
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
            schema: &schema
              openAPIV3Schema:
                description: What a gateway listens for, for calls from outside or to outside.
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
                    description: The listeners.
                    type: object
                    properties:
                      selector:
                        description: The labels of the gateways this is for.
                        type: object
                        additionalProperties:
                          type: string
                      servers:
                        description: The listeners.
                        type: array
                        items:
                          description: One listener.
                          type: object
                          required: [port, hosts]
                          properties:
                            port:
                              description: The port.
                              type: object
                              required: [number, protocol, name]
                              properties:
                                number:
                                  description: Its number.
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
                                  description: Not used.
                                  type: integer
                                  minimum: 0
                                  maximum: 65535
                            bind:
                              description: The address bound.
                              type: string
                            hosts:
                              description: The hosts served, namespace/host or host.
                              type: array
                              items:
                                type: string
                            tls:
                              description: How TLS ends.
                              type: object
                              properties:
                                mode:
                                  description: How.
                                  type: string
                                  enum: [PASSTHROUGH, SIMPLE, MUTUAL, AUTO_PASSTHROUGH, ISTIO_MUTUAL, OPTIONAL_MUTUAL]
                                httpsRedirect:
                                  description: True answers plain HTTP with a redirect.
                                  type: boolean
                                serverCertificate:
                                  description: The file with the certificate.
                                  type: string
                                privateKey:
                                  description: The file with the key.
                                  type: string
                                caCertificates:
                                  description: The file with the roots for client certificates.
                                  type: string
                                caCrl:
                                  description: The file with revoked certificates.
                                  type: string
                                subjectAltNames:
                                  description: Names client certificates must carry.
                                  type: array
                                  items:
                                    type: string
                                credentialName:
                                  description: The Secret that replaces the files.
                                  type: string
                                credentialNames:
                                  description: Secrets that replace the files.
                                  type: array
                                  items:
                                    type: string
                                caCertCredentialName:
                                  description: The Secret with the roots.
                                  type: string
                                verifyCertificateSpki:
                                  description: Hashes of client keys.
                                  type: array
                                  items:
                                    type: string
                                verifyCertificateHash:
                                  description: Hashes of client certificates.
                                  type: array
                                  items:
                                    type: string
                                minProtocolVersion:
                                  description: The lowest version.
                                  type: string
                                  enum: [TLS_AUTO, TLSV1_0, TLSV1_1, TLSV1_2, TLSV1_3]
                                maxProtocolVersion:
                                  description: The highest version.
                                  type: string
                                  enum: [TLS_AUTO, TLSV1_0, TLSV1_1, TLSV1_2, TLSV1_3]
                                cipherSuites:
                                  description: The cipher suites.
                                  type: array
                                  items:
                                    type: string
                                tlsCertificates:
                                  description: Several certificates.
                                  type: array
                                  items:
                                    description: One certificate.
                                    type: object
                                    x-kubernetes-preserve-unknown-fields: true
                            name:
                              description: A name for the listener.
                              type: string
                            defaultEndpoint:
                              description: Not used.
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
