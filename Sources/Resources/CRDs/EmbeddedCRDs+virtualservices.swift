// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/networking.istio.io_virtualservices.yaml; change that file.
extension EmbeddedCRDs {
    static let virtualservices = ##"""
        # Routes.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: virtualservices.networking.istio.io
        spec:
          group: networking.istio.io
          scope: Namespaced
          names:
            kind: VirtualService
            listKind: VirtualServiceList
            plural: virtualservices
            singular: virtualservice
            shortNames: [vs]
            categories: [istio-io, networking-istio-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns: &columns
            - name: Gateways
              type: string
              jsonPath: '.spec.gateways'
              description: 'The gateways it applies to.'
            - name: Hosts
              type: string
              jsonPath: '.spec.hosts'
              description: 'The hosts.'
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema: &schema
              openAPIV3Schema:
                description: Where the traffic of some hosts goes.
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
                    description: The routes.
                    type: object
                    properties:
                      hosts:
                        description: 'The hosts: short names, full ones, or ones that begin with a wildcard.'
                        type: array
                        items:
                          type: string
                      gateways:
                        description: >-
                          The gateways it applies to; mesh, which is also the default, means calls inside the mesh.
                        type: array
                        items:
                          type: string
                      http:
                        description: Routes of HTTP traffic, in order.
                        type: array
                        items:
                          description: One HTTP route.
                          type: object
                          properties:
                            name:
                              description: A name for the route.
                              type: string
                            match:
                              description: Conditions, any of which is enough; none takes every request.
                              type: array
                              items:
                                description: Conditions, all of which must hold.
                                type: object
                                properties:
                                  name:
                                    description: A name for the conditions.
                                    type: string
                                  uri:
                                    description: The path.
                                    type: object
                                    properties:
                                      exact:
                                        description: The whole text.
                                        type: string
                                      prefix:
                                        description: The beginning of the text.
                                        type: string
                                      regex:
                                        description: An RE2 expression for the whole text.
                                        type: string
                                  scheme:
                                    description: The scheme.
                                    type: object
                                    properties:
                                      exact:
                                        description: The whole text.
                                        type: string
                                      prefix:
                                        description: The beginning of the text.
                                        type: string
                                      regex:
                                        description: An RE2 expression for the whole text.
                                        type: string
                                  method:
                                    description: The method.
                                    type: object
                                    properties:
                                      exact:
                                        description: The whole text.
                                        type: string
                                      prefix:
                                        description: The beginning of the text.
                                        type: string
                                      regex:
                                        description: An RE2 expression for the whole text.
                                        type: string
                                  authority:
                                    description: The host as the request has it.
                                    type: object
                                    properties:
                                      exact:
                                        description: The whole text.
                                        type: string
                                      prefix:
                                        description: The beginning of the text.
                                        type: string
                                      regex:
                                        description: An RE2 expression for the whole text.
                                        type: string
                                  headers:
                                    description: Headers by name; an empty condition asks that the header is there.
                                    type: object
                                    additionalProperties:
                                      description: The value.
                                      type: object
                                      properties:
                                        exact:
                                          description: The whole text.
                                          type: string
                                        prefix:
                                          description: The beginning of the text.
                                          type: string
                                        regex:
                                          description: An RE2 expression for the whole text.
                                          type: string
                                  port:
                                    description: The port the request came in by.
                                    type: integer
                                    minimum: 0
                                    maximum: 65535
                                  sourceLabels:
                                    description: Labels of the workload that calls.
                                    type: object
                                    additionalProperties:
                                      type: string
                                  gateways:
                                    description: The gateways this applies to.
                                    type: array
                                    items:
                                      type: string
                                  queryParams:
                                    description: Query parameters by name.
                                    type: object
                                    additionalProperties:
                                      description: The value.
                                      type: object
                                      properties:
                                        exact:
                                          description: The whole text.
                                          type: string
                                        prefix:
                                          description: The beginning of the text.
                                          type: string
                                        regex:
                                          description: An RE2 expression for the whole text.
                                          type: string
                                  ignoreUriCase:
                                    description: True compares the path without regard to case.
                                    type: boolean
                                  withoutHeaders:
                                    description: Headers that must not be there, or not with this value.
                                    type: object
                                    additionalProperties:
                                      description: The value.
                                      type: object
                                      properties:
                                        exact:
                                          description: The whole text.
                                          type: string
                                        prefix:
                                          description: The beginning of the text.
                                          type: string
                                        regex:
                                          description: An RE2 expression for the whole text.
                                          type: string
                                  sourceNamespace:
                                    description: The namespace of the workload that calls.
                                    type: string
                                  statPrefix:
                                    description: A prefix for statistics.
                                    type: string
                            route:
                              description: Where requests go.
                              type: array
                              items:
                                description: One share of the traffic.
                                type: object
                                required: [destination]
                                properties:
                                  destination:
                                    description: A service.
                                    type: object
                                    required: [host]
                                    properties:
                                      host:
                                        description: Its host, a short name or a full one.
                                        type: string
                                        minLength: 1
                                      subset:
                                        description: A subset of its DestinationRule.
                                        type: string
                                      port:
                                        description: The port.
                                        type: object
                                        properties:
                                          number:
                                            description: Its number.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                  weight:
                                    description: The weight of the share among all of the route.
                                    type: integer
                                    minimum: 0
                                  headers:
                                    description: Changes to the headers of requests and responses.
                                    type: object
                                    properties:
                                      request:
                                        description: Changes to headers.
                                        type: object
                                        properties:
                                          set:
                                            description: Headers to set.
                                            type: object
                                            additionalProperties:
                                              type: string
                                          add:
                                            description: Headers to add.
                                            type: object
                                            additionalProperties:
                                              type: string
                                          remove:
                                            description: Headers to remove.
                                            type: array
                                            items:
                                              type: string
                                      response:
                                        description: Changes to headers.
                                        type: object
                                        properties:
                                          set:
                                            description: Headers to set.
                                            type: object
                                            additionalProperties:
                                              type: string
                                          add:
                                            description: Headers to add.
                                            type: object
                                            additionalProperties:
                                              type: string
                                          remove:
                                            description: Headers to remove.
                                            type: array
                                            items:
                                              type: string
                            redirect:
                              description: Answers with a redirect.
                              type: object
                              properties:
                                uri:
                                  description: The new path.
                                  type: string
                                authority:
                                  description: The new host.
                                  type: string
                                port:
                                  description: The new port.
                                  type: integer
                                  minimum: 0
                                  maximum: 65535
                                derivePort:
                                  description: Where the new port comes from.
                                  type: string
                                  enum: [FROM_PROTOCOL_DEFAULT, FROM_REQUEST_PORT]
                                scheme:
                                  description: The new scheme.
                                  type: string
                                redirectCode:
                                  description: The status code, 301 when absent.
                                  type: integer
                                  minimum: 300
                                  maximum: 399
                            directResponse:
                              description: Answers at once.
                              type: object
                              required: [status]
                              properties:
                                status:
                                  description: The status code.
                                  type: integer
                                  minimum: 100
                                  maximum: 599
                                body:
                                  description: The body.
                                  type: object
                                  properties:
                                    string:
                                      description: As text.
                                      type: string
                                    bytes:
                                      description: As base64.
                                      type: string
                                      format: byte
                            delegate:
                              description: Goes on in another VirtualService.
                              type: object
                              properties:
                                name:
                                  description: Its name.
                                  type: string
                                namespace:
                                  description: Its namespace.
                                  type: string
                            rewrite:
                              description: Changes path and host.
                              type: object
                              properties:
                                uri:
                                  description: Replaces the matched prefix or path.
                                  type: string
                                authority:
                                  description: The new host.
                                  type: string
                                uriRegexRewrite:
                                  description: Replaces what an expression matches.
                                  type: object
                                  properties:
                                    match:
                                      description: The RE2 expression.
                                      type: string
                                    rewrite:
                                      description: What takes its place, with \1 for groups.
                                      type: string
                            timeout:
                              description: >-
                                How long a request may take; 0 for no limit. A duration such as 5s, 1m30s or 300ms.
                              type: string
                              format: duration
                            retries:
                              description: When a request is tried again.
                              type: object
                              properties:
                                attempts:
                                  description: How often at most.
                                  type: integer
                                  minimum: 0
                                perTryTimeout:
                                  description: How long one try may take. A duration such as 5s, 1m30s or 300ms.
                                  type: string
                                  format: duration
                                retryOn:
                                  description: The conditions, joined by commas.
                                  type: string
                                retryRemoteLocalities:
                                  description: Whether other localities are tried.
                                  type: boolean
                                retryIgnorePreviousHosts:
                                  description: Whether endpoints already tried are avoided.
                                  type: boolean
                                backoff:
                                  description: >-
                                    The least time between two tries. A duration such as 5s, 1m30s or 300ms.
                                  type: string
                                  format: duration
                            fault:
                              description: Failures made on purpose.
                              type: object
                              properties:
                                delay:
                                  description: Holds requests back.
                                  type: object
                                  properties:
                                    fixedDelay:
                                      description: How long. A duration such as 5s, 1m30s or 300ms.
                                      type: string
                                      format: duration
                                    exponentialDelay:
                                      description: How long, as a mean. A duration such as 5s, 1m30s or 300ms.
                                      type: string
                                      format: duration
                                    percentage:
                                      description: A share in percent.
                                      type: object
                                      properties:
                                        value:
                                          description: '0 to 100.'
                                          type: number
                                          minimum: 0
                                          maximum: 100
                                    percent:
                                      description: 'Deprecated: use percentage.'
                                      type: integer
                                      minimum: 0
                                      maximum: 100
                                abort:
                                  description: Refuses requests.
                                  type: object
                                  properties:
                                    httpStatus:
                                      description: The status code.
                                      type: integer
                                      minimum: 200
                                      maximum: 599
                                    grpcStatus:
                                      description: The gRPC status.
                                      type: string
                                    http2Error:
                                      description: The HTTP/2 error.
                                      type: string
                                    percentage:
                                      description: A share in percent.
                                      type: object
                                      properties:
                                        value:
                                          description: '0 to 100.'
                                          type: number
                                          minimum: 0
                                          maximum: 100
                                    percent:
                                      description: 'Deprecated: use percentage.'
                                      type: integer
                                      minimum: 0
                                      maximum: 100
                            mirror:
                              description: Where a copy of the traffic goes; nobody waits for its answers.
                              type: object
                              required: [host]
                              properties:
                                host:
                                  description: Its host, a short name or a full one.
                                  type: string
                                  minLength: 1
                                subset:
                                  description: A subset of its DestinationRule.
                                  type: string
                                port:
                                  description: The port.
                                  type: object
                                  properties:
                                    number:
                                      description: Its number.
                                      type: integer
                                      minimum: 0
                                      maximum: 65535
                            mirrors:
                              description: Several copies of the traffic.
                              type: array
                              items:
                                description: One copy.
                                type: object
                                required: [destination]
                                properties:
                                  destination:
                                    description: A service.
                                    type: object
                                    required: [host]
                                    properties:
                                      host:
                                        description: Its host, a short name or a full one.
                                        type: string
                                        minLength: 1
                                      subset:
                                        description: A subset of its DestinationRule.
                                        type: string
                                      port:
                                        description: The port.
                                        type: object
                                        properties:
                                          number:
                                            description: Its number.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                  percentage:
                                    description: A share in percent.
                                    type: object
                                    properties:
                                      value:
                                        description: '0 to 100.'
                                        type: number
                                        minimum: 0
                                        maximum: 100
                            mirrorPercentage:
                              description: How much is copied; everything when absent.
                              type: object
                              properties:
                                value:
                                  description: '0 to 100.'
                                  type: number
                                  minimum: 0
                                  maximum: 100
                            mirrorPercent:
                              description: 'Deprecated: use mirrorPercentage.'
                              type: integer
                              minimum: 0
                              maximum: 100
                            mirror_percent:
                              description: 'Deprecated: use mirrorPercentage.'
                              type: integer
                              minimum: 0
                              maximum: 100
                            corsPolicy:
                              description: Cross-origin rules.
                              type: object
                              properties:
                                allowOrigins:
                                  description: The origins allowed.
                                  type: array
                                  items:
                                    description: One origin.
                                    type: object
                                    properties:
                                      exact:
                                        description: The whole text.
                                        type: string
                                      prefix:
                                        description: The beginning of the text.
                                        type: string
                                      regex:
                                        description: An RE2 expression for the whole text.
                                        type: string
                                allowOrigin:
                                  description: 'Deprecated: use allowOrigins.'
                                  type: array
                                  items:
                                    type: string
                                allowMethods:
                                  description: The methods allowed.
                                  type: array
                                  items:
                                    type: string
                                allowHeaders:
                                  description: The request headers allowed.
                                  type: array
                                  items:
                                    type: string
                                exposeHeaders:
                                  description: The response headers scripts may see.
                                  type: array
                                  items:
                                    type: string
                                maxAge:
                                  description: How long answers may be kept. A duration such as 5s, 1m30s or 300ms.
                                  type: string
                                  format: duration
                                allowCredentials:
                                  description: Whether credentials may be sent.
                                  type: boolean
                                unmatchedPreflights:
                                  description: What happens to other preflight requests.
                                  type: string
                                  enum: [UNSPECIFIED, FORWARD, IGNORE]
                            headers:
                              description: Changes to the headers of requests and responses.
                              type: object
                              properties:
                                request:
                                  description: Changes to headers.
                                  type: object
                                  properties:
                                    set:
                                      description: Headers to set.
                                      type: object
                                      additionalProperties:
                                        type: string
                                    add:
                                      description: Headers to add.
                                      type: object
                                      additionalProperties:
                                        type: string
                                    remove:
                                      description: Headers to remove.
                                      type: array
                                      items:
                                        type: string
                                response:
                                  description: Changes to headers.
                                  type: object
                                  properties:
                                    set:
                                      description: Headers to set.
                                      type: object
                                      additionalProperties:
                                        type: string
                                    add:
                                      description: Headers to add.
                                      type: object
                                      additionalProperties:
                                        type: string
                                    remove:
                                      description: Headers to remove.
                                      type: array
                                      items:
                                        type: string
                      tls:
                        description: Routes of TLS connections by SNI, in order.
                        type: array
                        items:
                          description: One TLS route.
                          type: object
                          required: [match]
                          properties:
                            match:
                              description: Conditions, any of which is enough.
                              type: array
                              items:
                                description: Conditions, all of which must hold.
                                type: object
                                required: [sniHosts]
                                properties:
                                  sniHosts:
                                    description: The SNIs.
                                    type: array
                                    items:
                                      type: string
                                  destinationSubnets:
                                    description: The addresses dialled, as CIDR.
                                    type: array
                                    items:
                                      type: string
                                  port:
                                    description: The port dialled.
                                    type: integer
                                    minimum: 0
                                    maximum: 65535
                                  sourceLabels:
                                    description: Labels of the workload that calls.
                                    type: object
                                    additionalProperties:
                                      type: string
                                  gateways:
                                    description: The gateways this applies to.
                                    type: array
                                    items:
                                      type: string
                                  sourceNamespace:
                                    description: The namespace of the workload that calls.
                                    type: string
                            route:
                              description: Where connections go.
                              type: array
                              items:
                                description: One share of the traffic.
                                type: object
                                required: [destination]
                                properties:
                                  destination:
                                    description: A service.
                                    type: object
                                    required: [host]
                                    properties:
                                      host:
                                        description: Its host, a short name or a full one.
                                        type: string
                                        minLength: 1
                                      subset:
                                        description: A subset of its DestinationRule.
                                        type: string
                                      port:
                                        description: The port.
                                        type: object
                                        properties:
                                          number:
                                            description: Its number.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                  weight:
                                    description: The weight of the share among all of the route.
                                    type: integer
                                    minimum: 0
                      tcp:
                        description: Routes of TCP connections, in order.
                        type: array
                        items:
                          description: One TCP route.
                          type: object
                          properties:
                            match:
                              description: Conditions, any of which is enough.
                              type: array
                              items:
                                description: Conditions, all of which must hold.
                                type: object
                                properties:
                                  sourceSubnet:
                                    description: The address of the caller, as CIDR.
                                    type: string
                                  destinationSubnets:
                                    description: The addresses dialled, as CIDR.
                                    type: array
                                    items:
                                      type: string
                                  port:
                                    description: The port dialled.
                                    type: integer
                                    minimum: 0
                                    maximum: 65535
                                  sourceLabels:
                                    description: Labels of the workload that calls.
                                    type: object
                                    additionalProperties:
                                      type: string
                                  gateways:
                                    description: The gateways this applies to.
                                    type: array
                                    items:
                                      type: string
                                  sourceNamespace:
                                    description: The namespace of the workload that calls.
                                    type: string
                            route:
                              description: Where connections go.
                              type: array
                              items:
                                description: One share of the traffic.
                                type: object
                                required: [destination]
                                properties:
                                  destination:
                                    description: A service.
                                    type: object
                                    required: [host]
                                    properties:
                                      host:
                                        description: Its host, a short name or a full one.
                                        type: string
                                        minLength: 1
                                      subset:
                                        description: A subset of its DestinationRule.
                                        type: string
                                      port:
                                        description: The port.
                                        type: object
                                        properties:
                                          number:
                                            description: Its number.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                  weight:
                                    description: The weight of the share among all of the route.
                                    type: integer
                                    minimum: 0
                      exportTo:
                        description: 'The namespaces it applies in: . for its own, * for all.'
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
