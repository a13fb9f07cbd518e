// Made by Tests/tools/embed-crds.sh from charts/hanse/crds/networking.istio.io_destinationrules.yaml; change that file.
extension EmbeddedCRDs {
    static let destinationrules = ##"""
        # Subsets of hosts and how to talk to them.
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: destinationrules.networking.istio.io
        spec:
          group: networking.istio.io
          scope: Namespaced
          names:
            kind: DestinationRule
            listKind: DestinationRuleList
            plural: destinationrules
            singular: destinationrule
            shortNames: [dr]
            categories: [istio-io, networking-istio-io]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
            additionalPrinterColumns: &columns
            - name: Host
              type: string
              jsonPath: '.spec.host'
              description: 'The host.'
            - name: Age
              type: date
              jsonPath: '.metadata.creationTimestamp'
            schema: &schema
              openAPIV3Schema:
                description: How to talk to a host, and which subsets it has.
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
                    description: The rule.
                    type: object
                    required: [host]
                    properties:
                      host:
                        description: 'The host: a short name, a full one, or one that begins with a wildcard.'
                        type: string
                        minLength: 1
                      trafficPolicy:
                        description: The policy of all subsets.
                        type: object
                        properties:
                          loadBalancer:
                            description: How an endpoint is chosen.
                            type: object
                            properties:
                              simple:
                                description: The method.
                                type: string
                                enum: [UNSPECIFIED, LEAST_CONN, RANDOM, PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST]
                              consistentHash:
                                description: Sticky choice by a property of the request.
                                type: object
                                properties:
                                  httpHeaderName:
                                    description: A request header.
                                    type: string
                                  httpCookie:
                                    description: A cookie.
                                    type: object
                                    required: [name]
                                    properties:
                                      name:
                                        description: Its name.
                                        type: string
                                      path:
                                        description: Its path.
                                        type: string
                                      ttl:
                                        description: How long it lives. A duration such as 5s, 1m30s or 300ms.
                                        type: string
                                        format: duration
                                      attributes:
                                        description: Further attributes.
                                        type: array
                                        items:
                                          description: One attribute.
                                          type: object
                                          x-kubernetes-preserve-unknown-fields: true
                                  useSourceIp:
                                    description: The address of the caller.
                                    type: boolean
                                  httpQueryParameterName:
                                    description: A query parameter.
                                    type: string
                                  minimumRingSize:
                                    description: The least size of the hash ring.
                                    type: integer
                                    minimum: 0
                                  ringHash:
                                    description: Uses a hash ring.
                                    type: object
                                    properties:
                                      minimumRingSize:
                                        description: Its least size.
                                        type: integer
                                        minimum: 0
                                  maglev:
                                    description: Uses a Maglev table.
                                    type: object
                                    properties:
                                      tableSize:
                                        description: Its size.
                                        type: integer
                                        minimum: 0
                              localityLbSetting:
                                description: Preference by locality.
                                type: object
                                properties:
                                  enabled:
                                    description: False switches the preference off.
                                    type: boolean
                                  distribute:
                                    description: How traffic of a locality is spread.
                                    type: array
                                    items:
                                      description: One rule.
                                      type: object
                                      properties:
                                        from:
                                          description: >-
                                            The locality of the callers, region/zone/subzone with * for any rest.
                                          type: string
                                        to:
                                          description: Percent by locality.
                                          type: object
                                          additionalProperties:
                                            description: Percent.
                                            type: integer
                                            minimum: 0
                                            maximum: 4294967295
                                  failover:
                                    description: Which region stands in for which.
                                    type: array
                                    items:
                                      description: One rule.
                                      type: object
                                      properties:
                                        from:
                                          description: The region.
                                          type: string
                                        to:
                                          description: The region that stands in.
                                          type: string
                                  failoverPriority:
                                    description: Labels that order endpoints by how many of them match.
                                    type: array
                                    items:
                                      type: string
                              warmupDurationSecs:
                                description: How long new endpoints warm up. A duration such as 5s, 1m30s or 300ms.
                                type: string
                                format: duration
                              warmup:
                                description: How new endpoints warm up.
                                type: object
                                properties:
                                  duration:
                                    description: How long. A duration such as 5s, 1m30s or 300ms.
                                    type: string
                                    format: duration
                                  minimumPercent:
                                    description: The share they begin with.
                                    type: number
                                    minimum: 0
                                    maximum: 100
                                  aggression:
                                    description: How fast the share grows.
                                    type: number
                                    minimum: 1
                          connectionPool:
                            description: Limits of connections and requests.
                            type: object
                            properties:
                              tcp:
                                description: TCP.
                                type: object
                                properties:
                                  maxConnections:
                                    description: The most connections.
                                    type: integer
                                    minimum: 0
                                  connectTimeout:
                                    description: >-
                                      How long connecting may take. A duration such as 5s, 1m30s or 300ms.
                                    type: string
                                    format: duration
                                  tcpKeepalive:
                                    description: TCP keep-alive.
                                    type: object
                                    properties:
                                      probes:
                                        description: How many probes may fail.
                                        type: integer
                                        minimum: 0
                                        maximum: 4294967295
                                      time:
                                        description: >-
                                          How long a connection is idle before. A duration such as 5s, 1m30s or
                                          300ms.
                                        type: string
                                        format: duration
                                      interval:
                                        description: >-
                                          The time between probes. A duration such as 5s, 1m30s or 300ms.
                                        type: string
                                        format: duration
                                  maxConnectionDuration:
                                    description: >-
                                      How long a connection may live. A duration such as 5s, 1m30s or 300ms.
                                    type: string
                                    format: duration
                                  idleTimeout:
                                    description: >-
                                      How long a connection may be idle. A duration such as 5s, 1m30s or 300ms.
                                    type: string
                                    format: duration
                              http:
                                description: HTTP.
                                type: object
                                properties:
                                  http1MaxPendingRequests:
                                    description: The most requests waiting for a connection.
                                    type: integer
                                    minimum: 0
                                  http2MaxRequests:
                                    description: The most requests at a time.
                                    type: integer
                                    minimum: 0
                                  maxRequestsPerConnection:
                                    description: The requests after which a connection is closed.
                                    type: integer
                                    minimum: 0
                                  maxRetries:
                                    description: The most retries at a time.
                                    type: integer
                                    minimum: 0
                                  idleTimeout:
                                    description: >-
                                      How long a connection may be idle. A duration such as 5s, 1m30s or 300ms.
                                    type: string
                                    format: duration
                                  h2UpgradePolicy:
                                    description: Whether HTTP/1.1 is upgraded to HTTP/2.
                                    type: string
                                    enum: [DEFAULT, DO_NOT_UPGRADE, UPGRADE]
                                  useClientProtocol:
                                    description: True keeps the protocol of the caller.
                                    type: boolean
                                  maxConcurrentStreams:
                                    description: The most streams on a connection.
                                    type: integer
                                    minimum: 0
                          outlierDetection:
                            description: When an endpoint that fails is left out, and for how long.
                            type: object
                            properties:
                              consecutive5xxErrors:
                                description: Server errors in a row.
                                type: integer
                                minimum: 0
                                maximum: 4294967295
                              consecutiveGatewayErrors:
                                description: Errors 502, 503 and 504 in a row.
                                type: integer
                                minimum: 0
                                maximum: 4294967295
                              consecutiveErrors:
                                description: 'Deprecated: use consecutiveGatewayErrors.'
                                type: integer
                              consecutiveLocalOriginFailures:
                                description: Failures to connect in a row.
                                type: integer
                                minimum: 0
                                maximum: 4294967295
                              splitExternalLocalOriginErrors:
                                description: True counts failures to connect apart.
                                type: boolean
                              interval:
                                description: How often it is checked. A duration such as 5s, 1m30s or 300ms.
                                type: string
                                format: duration
                              baseEjectionTime:
                                description: >-
                                  How long an endpoint is left out at first. A duration such as 5s, 1m30s or 300ms.
                                type: string
                                format: duration
                              maxEjectionPercent:
                                description: The most endpoints left out, in percent.
                                type: integer
                                minimum: 0
                                maximum: 100
                              minHealthPercent:
                                description: The share of healthy endpoints below which all are used, in percent.
                                type: integer
                                minimum: 0
                                maximum: 100
                          tls:
                            description: TLS towards the host.
                            type: object
                            properties:
                              mode:
                                description: How.
                                type: string
                                enum: [DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL]
                              clientCertificate:
                                description: The file with our certificate.
                                type: string
                              privateKey:
                                description: The file with our key.
                                type: string
                              caCertificates:
                                description: The file with the roots for the certificate of the server.
                                type: string
                              caCrl:
                                description: The file with revoked certificates.
                                type: string
                              credentialName:
                                description: The Secret that replaces the files.
                                type: string
                              subjectAltNames:
                                description: Names the certificate of the server must carry.
                                type: array
                                items:
                                  type: string
                              sni:
                                description: The SNI sent.
                                type: string
                              insecureSkipVerify:
                                description: True skips the check of the certificate.
                                type: boolean
                          portLevelSettings:
                            description: What differs for single ports.
                            type: array
                            items:
                              description: One port.
                              type: object
                              properties:
                                port:
                                  description: The port.
                                  type: object
                                  properties:
                                    number:
                                      description: Its number.
                                      type: integer
                                      minimum: 0
                                      maximum: 65535
                                loadBalancer:
                                  description: How an endpoint is chosen.
                                  type: object
                                  properties:
                                    simple:
                                      description: The method.
                                      type: string
                                      enum: [UNSPECIFIED, LEAST_CONN, RANDOM, PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST]
                                    consistentHash:
                                      description: Sticky choice by a property of the request.
                                      type: object
                                      properties:
                                        httpHeaderName:
                                          description: A request header.
                                          type: string
                                        httpCookie:
                                          description: A cookie.
                                          type: object
                                          required: [name]
                                          properties:
                                            name:
                                              description: Its name.
                                              type: string
                                            path:
                                              description: Its path.
                                              type: string
                                            ttl:
                                              description: >-
                                                How long it lives. A duration such as 5s, 1m30s or 300ms.
                                              type: string
                                              format: duration
                                            attributes:
                                              description: Further attributes.
                                              type: array
                                              items:
                                                description: One attribute.
                                                type: object
                                                x-kubernetes-preserve-unknown-fields: true
                                        useSourceIp:
                                          description: The address of the caller.
                                          type: boolean
                                        httpQueryParameterName:
                                          description: A query parameter.
                                          type: string
                                        minimumRingSize:
                                          description: The least size of the hash ring.
                                          type: integer
                                          minimum: 0
                                        ringHash:
                                          description: Uses a hash ring.
                                          type: object
                                          properties:
                                            minimumRingSize:
                                              description: Its least size.
                                              type: integer
                                              minimum: 0
                                        maglev:
                                          description: Uses a Maglev table.
                                          type: object
                                          properties:
                                            tableSize:
                                              description: Its size.
                                              type: integer
                                              minimum: 0
                                    localityLbSetting:
                                      description: Preference by locality.
                                      type: object
                                      properties:
                                        enabled:
                                          description: False switches the preference off.
                                          type: boolean
                                        distribute:
                                          description: How traffic of a locality is spread.
                                          type: array
                                          items:
                                            description: One rule.
                                            type: object
                                            properties:
                                              from:
                                                description: >-
                                                  The locality of the callers, region/zone/subzone with * for any
                                                  rest.
                                                type: string
                                              to:
                                                description: Percent by locality.
                                                type: object
                                                additionalProperties:
                                                  description: Percent.
                                                  type: integer
                                                  minimum: 0
                                                  maximum: 4294967295
                                        failover:
                                          description: Which region stands in for which.
                                          type: array
                                          items:
                                            description: One rule.
                                            type: object
                                            properties:
                                              from:
                                                description: The region.
                                                type: string
                                              to:
                                                description: The region that stands in.
                                                type: string
                                        failoverPriority:
                                          description: Labels that order endpoints by how many of them match.
                                          type: array
                                          items:
                                            type: string
                                    warmupDurationSecs:
                                      description: >-
                                        How long new endpoints warm up. A duration such as 5s, 1m30s or 300ms.
                                      type: string
                                      format: duration
                                    warmup:
                                      description: How new endpoints warm up.
                                      type: object
                                      properties:
                                        duration:
                                          description: How long. A duration such as 5s, 1m30s or 300ms.
                                          type: string
                                          format: duration
                                        minimumPercent:
                                          description: The share they begin with.
                                          type: number
                                          minimum: 0
                                          maximum: 100
                                        aggression:
                                          description: How fast the share grows.
                                          type: number
                                          minimum: 1
                                connectionPool:
                                  description: Limits of connections and requests.
                                  type: object
                                  properties:
                                    tcp:
                                      description: TCP.
                                      type: object
                                      properties:
                                        maxConnections:
                                          description: The most connections.
                                          type: integer
                                          minimum: 0
                                        connectTimeout:
                                          description: >-
                                            How long connecting may take. A duration such as 5s, 1m30s or 300ms.
                                          type: string
                                          format: duration
                                        tcpKeepalive:
                                          description: TCP keep-alive.
                                          type: object
                                          properties:
                                            probes:
                                              description: How many probes may fail.
                                              type: integer
                                              minimum: 0
                                              maximum: 4294967295
                                            time:
                                              description: >-
                                                How long a connection is idle before. A duration such as 5s, 1m30s
                                                or 300ms.
                                              type: string
                                              format: duration
                                            interval:
                                              description: >-
                                                The time between probes. A duration such as 5s, 1m30s or 300ms.
                                              type: string
                                              format: duration
                                        maxConnectionDuration:
                                          description: >-
                                            How long a connection may live. A duration such as 5s, 1m30s or 300ms.
                                          type: string
                                          format: duration
                                        idleTimeout:
                                          description: >-
                                            How long a connection may be idle. A duration such as 5s, 1m30s or
                                            300ms.
                                          type: string
                                          format: duration
                                    http:
                                      description: HTTP.
                                      type: object
                                      properties:
                                        http1MaxPendingRequests:
                                          description: The most requests waiting for a connection.
                                          type: integer
                                          minimum: 0
                                        http2MaxRequests:
                                          description: The most requests at a time.
                                          type: integer
                                          minimum: 0
                                        maxRequestsPerConnection:
                                          description: The requests after which a connection is closed.
                                          type: integer
                                          minimum: 0
                                        maxRetries:
                                          description: The most retries at a time.
                                          type: integer
                                          minimum: 0
                                        idleTimeout:
                                          description: >-
                                            How long a connection may be idle. A duration such as 5s, 1m30s or
                                            300ms.
                                          type: string
                                          format: duration
                                        h2UpgradePolicy:
                                          description: Whether HTTP/1.1 is upgraded to HTTP/2.
                                          type: string
                                          enum: [DEFAULT, DO_NOT_UPGRADE, UPGRADE]
                                        useClientProtocol:
                                          description: True keeps the protocol of the caller.
                                          type: boolean
                                        maxConcurrentStreams:
                                          description: The most streams on a connection.
                                          type: integer
                                          minimum: 0
                                outlierDetection:
                                  description: When an endpoint that fails is left out, and for how long.
                                  type: object
                                  properties:
                                    consecutive5xxErrors:
                                      description: Server errors in a row.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                                    consecutiveGatewayErrors:
                                      description: Errors 502, 503 and 504 in a row.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                                    consecutiveErrors:
                                      description: 'Deprecated: use consecutiveGatewayErrors.'
                                      type: integer
                                    consecutiveLocalOriginFailures:
                                      description: Failures to connect in a row.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                                    splitExternalLocalOriginErrors:
                                      description: True counts failures to connect apart.
                                      type: boolean
                                    interval:
                                      description: How often it is checked. A duration such as 5s, 1m30s or 300ms.
                                      type: string
                                      format: duration
                                    baseEjectionTime:
                                      description: >-
                                        How long an endpoint is left out at first. A duration such as 5s, 1m30s or
                                        300ms.
                                      type: string
                                      format: duration
                                    maxEjectionPercent:
                                      description: The most endpoints left out, in percent.
                                      type: integer
                                      minimum: 0
                                      maximum: 100
                                    minHealthPercent:
                                      description: >-
                                        The share of healthy endpoints below which all are used, in percent.
                                      type: integer
                                      minimum: 0
                                      maximum: 100
                                tls:
                                  description: TLS towards the host.
                                  type: object
                                  properties:
                                    mode:
                                      description: How.
                                      type: string
                                      enum: [DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL]
                                    clientCertificate:
                                      description: The file with our certificate.
                                      type: string
                                    privateKey:
                                      description: The file with our key.
                                      type: string
                                    caCertificates:
                                      description: The file with the roots for the certificate of the server.
                                      type: string
                                    caCrl:
                                      description: The file with revoked certificates.
                                      type: string
                                    credentialName:
                                      description: The Secret that replaces the files.
                                      type: string
                                    subjectAltNames:
                                      description: Names the certificate of the server must carry.
                                      type: array
                                      items:
                                        type: string
                                    sni:
                                      description: The SNI sent.
                                      type: string
                                    insecureSkipVerify:
                                      description: True skips the check of the certificate.
                                      type: boolean
                          tunnel:
                            description: Tunnels connections through a proxy.
                            type: object
                            required: [targetHost, targetPort]
                            properties:
                              protocol:
                                description: CONNECT or POST.
                                type: string
                              targetHost:
                                description: The host behind the proxy.
                                type: string
                              targetPort:
                                description: Its port.
                                type: integer
                                minimum: 1
                                maximum: 65535
                          proxyProtocol:
                            description: Sends the PROXY protocol.
                            type: object
                            properties:
                              version:
                                description: Its version.
                                type: string
                                enum: [V1, V2]
                          retryBudget:
                            description: Limits retries to a share of requests.
                            type: object
                            properties:
                              percent:
                                description: The share.
                                type: number
                                minimum: 0
                                maximum: 100
                              minRetryConcurrency:
                                description: Retries always allowed.
                                type: integer
                                minimum: 0
                                maximum: 4294967295
                      subsets:
                        description: Endpoints with certain labels.
                        type: array
                        items:
                          description: One subset.
                          type: object
                          required: [name]
                          properties:
                            name:
                              description: The name routes use.
                              type: string
                              minLength: 1
                            labels:
                              description: The labels; none for all endpoints.
                              type: object
                              additionalProperties:
                                type: string
                            trafficPolicy:
                              description: What differs from the policy of the host.
                              type: object
                              properties:
                                loadBalancer:
                                  description: How an endpoint is chosen.
                                  type: object
                                  properties:
                                    simple:
                                      description: The method.
                                      type: string
                                      enum: [UNSPECIFIED, LEAST_CONN, RANDOM, PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST]
                                    consistentHash:
                                      description: Sticky choice by a property of the request.
                                      type: object
                                      properties:
                                        httpHeaderName:
                                          description: A request header.
                                          type: string
                                        httpCookie:
                                          description: A cookie.
                                          type: object
                                          required: [name]
                                          properties:
                                            name:
                                              description: Its name.
                                              type: string
                                            path:
                                              description: Its path.
                                              type: string
                                            ttl:
                                              description: >-
                                                How long it lives. A duration such as 5s, 1m30s or 300ms.
                                              type: string
                                              format: duration
                                            attributes:
                                              description: Further attributes.
                                              type: array
                                              items:
                                                description: One attribute.
                                                type: object
                                                x-kubernetes-preserve-unknown-fields: true
                                        useSourceIp:
                                          description: The address of the caller.
                                          type: boolean
                                        httpQueryParameterName:
                                          description: A query parameter.
                                          type: string
                                        minimumRingSize:
                                          description: The least size of the hash ring.
                                          type: integer
                                          minimum: 0
                                        ringHash:
                                          description: Uses a hash ring.
                                          type: object
                                          properties:
                                            minimumRingSize:
                                              description: Its least size.
                                              type: integer
                                              minimum: 0
                                        maglev:
                                          description: Uses a Maglev table.
                                          type: object
                                          properties:
                                            tableSize:
                                              description: Its size.
                                              type: integer
                                              minimum: 0
                                    localityLbSetting:
                                      description: Preference by locality.
                                      type: object
                                      properties:
                                        enabled:
                                          description: False switches the preference off.
                                          type: boolean
                                        distribute:
                                          description: How traffic of a locality is spread.
                                          type: array
                                          items:
                                            description: One rule.
                                            type: object
                                            properties:
                                              from:
                                                description: >-
                                                  The locality of the callers, region/zone/subzone with * for any
                                                  rest.
                                                type: string
                                              to:
                                                description: Percent by locality.
                                                type: object
                                                additionalProperties:
                                                  description: Percent.
                                                  type: integer
                                                  minimum: 0
                                                  maximum: 4294967295
                                        failover:
                                          description: Which region stands in for which.
                                          type: array
                                          items:
                                            description: One rule.
                                            type: object
                                            properties:
                                              from:
                                                description: The region.
                                                type: string
                                              to:
                                                description: The region that stands in.
                                                type: string
                                        failoverPriority:
                                          description: Labels that order endpoints by how many of them match.
                                          type: array
                                          items:
                                            type: string
                                    warmupDurationSecs:
                                      description: >-
                                        How long new endpoints warm up. A duration such as 5s, 1m30s or 300ms.
                                      type: string
                                      format: duration
                                    warmup:
                                      description: How new endpoints warm up.
                                      type: object
                                      properties:
                                        duration:
                                          description: How long. A duration such as 5s, 1m30s or 300ms.
                                          type: string
                                          format: duration
                                        minimumPercent:
                                          description: The share they begin with.
                                          type: number
                                          minimum: 0
                                          maximum: 100
                                        aggression:
                                          description: How fast the share grows.
                                          type: number
                                          minimum: 1
                                connectionPool:
                                  description: Limits of connections and requests.
                                  type: object
                                  properties:
                                    tcp:
                                      description: TCP.
                                      type: object
                                      properties:
                                        maxConnections:
                                          description: The most connections.
                                          type: integer
                                          minimum: 0
                                        connectTimeout:
                                          description: >-
                                            How long connecting may take. A duration such as 5s, 1m30s or 300ms.
                                          type: string
                                          format: duration
                                        tcpKeepalive:
                                          description: TCP keep-alive.
                                          type: object
                                          properties:
                                            probes:
                                              description: How many probes may fail.
                                              type: integer
                                              minimum: 0
                                              maximum: 4294967295
                                            time:
                                              description: >-
                                                How long a connection is idle before. A duration such as 5s, 1m30s
                                                or 300ms.
                                              type: string
                                              format: duration
                                            interval:
                                              description: >-
                                                The time between probes. A duration such as 5s, 1m30s or 300ms.
                                              type: string
                                              format: duration
                                        maxConnectionDuration:
                                          description: >-
                                            How long a connection may live. A duration such as 5s, 1m30s or 300ms.
                                          type: string
                                          format: duration
                                        idleTimeout:
                                          description: >-
                                            How long a connection may be idle. A duration such as 5s, 1m30s or
                                            300ms.
                                          type: string
                                          format: duration
                                    http:
                                      description: HTTP.
                                      type: object
                                      properties:
                                        http1MaxPendingRequests:
                                          description: The most requests waiting for a connection.
                                          type: integer
                                          minimum: 0
                                        http2MaxRequests:
                                          description: The most requests at a time.
                                          type: integer
                                          minimum: 0
                                        maxRequestsPerConnection:
                                          description: The requests after which a connection is closed.
                                          type: integer
                                          minimum: 0
                                        maxRetries:
                                          description: The most retries at a time.
                                          type: integer
                                          minimum: 0
                                        idleTimeout:
                                          description: >-
                                            How long a connection may be idle. A duration such as 5s, 1m30s or
                                            300ms.
                                          type: string
                                          format: duration
                                        h2UpgradePolicy:
                                          description: Whether HTTP/1.1 is upgraded to HTTP/2.
                                          type: string
                                          enum: [DEFAULT, DO_NOT_UPGRADE, UPGRADE]
                                        useClientProtocol:
                                          description: True keeps the protocol of the caller.
                                          type: boolean
                                        maxConcurrentStreams:
                                          description: The most streams on a connection.
                                          type: integer
                                          minimum: 0
                                outlierDetection:
                                  description: When an endpoint that fails is left out, and for how long.
                                  type: object
                                  properties:
                                    consecutive5xxErrors:
                                      description: Server errors in a row.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                                    consecutiveGatewayErrors:
                                      description: Errors 502, 503 and 504 in a row.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                                    consecutiveErrors:
                                      description: 'Deprecated: use consecutiveGatewayErrors.'
                                      type: integer
                                    consecutiveLocalOriginFailures:
                                      description: Failures to connect in a row.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                                    splitExternalLocalOriginErrors:
                                      description: True counts failures to connect apart.
                                      type: boolean
                                    interval:
                                      description: How often it is checked. A duration such as 5s, 1m30s or 300ms.
                                      type: string
                                      format: duration
                                    baseEjectionTime:
                                      description: >-
                                        How long an endpoint is left out at first. A duration such as 5s, 1m30s or
                                        300ms.
                                      type: string
                                      format: duration
                                    maxEjectionPercent:
                                      description: The most endpoints left out, in percent.
                                      type: integer
                                      minimum: 0
                                      maximum: 100
                                    minHealthPercent:
                                      description: >-
                                        The share of healthy endpoints below which all are used, in percent.
                                      type: integer
                                      minimum: 0
                                      maximum: 100
                                tls:
                                  description: TLS towards the host.
                                  type: object
                                  properties:
                                    mode:
                                      description: How.
                                      type: string
                                      enum: [DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL]
                                    clientCertificate:
                                      description: The file with our certificate.
                                      type: string
                                    privateKey:
                                      description: The file with our key.
                                      type: string
                                    caCertificates:
                                      description: The file with the roots for the certificate of the server.
                                      type: string
                                    caCrl:
                                      description: The file with revoked certificates.
                                      type: string
                                    credentialName:
                                      description: The Secret that replaces the files.
                                      type: string
                                    subjectAltNames:
                                      description: Names the certificate of the server must carry.
                                      type: array
                                      items:
                                        type: string
                                    sni:
                                      description: The SNI sent.
                                      type: string
                                    insecureSkipVerify:
                                      description: True skips the check of the certificate.
                                      type: boolean
                                portLevelSettings:
                                  description: What differs for single ports.
                                  type: array
                                  items:
                                    description: One port.
                                    type: object
                                    properties:
                                      port:
                                        description: The port.
                                        type: object
                                        properties:
                                          number:
                                            description: Its number.
                                            type: integer
                                            minimum: 0
                                            maximum: 65535
                                      loadBalancer:
                                        description: How an endpoint is chosen.
                                        type: object
                                        properties:
                                          simple:
                                            description: The method.
                                            type: string
                                            enum: [UNSPECIFIED, LEAST_CONN, RANDOM, PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST]
                                          consistentHash:
                                            description: Sticky choice by a property of the request.
                                            type: object
                                            properties:
                                              httpHeaderName:
                                                description: A request header.
                                                type: string
                                              httpCookie:
                                                description: A cookie.
                                                type: object
                                                required: [name]
                                                properties:
                                                  name:
                                                    description: Its name.
                                                    type: string
                                                  path:
                                                    description: Its path.
                                                    type: string
                                                  ttl:
                                                    description: >-
                                                      How long it lives. A duration such as 5s, 1m30s or 300ms.
                                                    type: string
                                                    format: duration
                                                  attributes:
                                                    description: Further attributes.
                                                    type: array
                                                    items:
                                                      description: One attribute.
                                                      type: object
                                                      x-kubernetes-preserve-unknown-fields: true
                                              useSourceIp:
                                                description: The address of the caller.
                                                type: boolean
                                              httpQueryParameterName:
                                                description: A query parameter.
                                                type: string
                                              minimumRingSize:
                                                description: The least size of the hash ring.
                                                type: integer
                                                minimum: 0
                                              ringHash:
                                                description: Uses a hash ring.
                                                type: object
                                                properties:
                                                  minimumRingSize:
                                                    description: Its least size.
                                                    type: integer
                                                    minimum: 0
                                              maglev:
                                                description: Uses a Maglev table.
                                                type: object
                                                properties:
                                                  tableSize:
                                                    description: Its size.
                                                    type: integer
                                                    minimum: 0
                                          localityLbSetting:
                                            description: Preference by locality.
                                            type: object
                                            properties:
                                              enabled:
                                                description: False switches the preference off.
                                                type: boolean
                                              distribute:
                                                description: How traffic of a locality is spread.
                                                type: array
                                                items:
                                                  description: One rule.
                                                  type: object
                                                  properties:
                                                    from:
                                                      description: >-
                                                        The locality of the callers, region/zone/subzone with * for
                                                        any rest.
                                                      type: string
                                                    to:
                                                      description: Percent by locality.
                                                      type: object
                                                      additionalProperties:
                                                        description: Percent.
                                                        type: integer
                                                        minimum: 0
                                                        maximum: 4294967295
                                              failover:
                                                description: Which region stands in for which.
                                                type: array
                                                items:
                                                  description: One rule.
                                                  type: object
                                                  properties:
                                                    from:
                                                      description: The region.
                                                      type: string
                                                    to:
                                                      description: The region that stands in.
                                                      type: string
                                              failoverPriority:
                                                description: Labels that order endpoints by how many of them match.
                                                type: array
                                                items:
                                                  type: string
                                          warmupDurationSecs:
                                            description: >-
                                              How long new endpoints warm up. A duration such as 5s, 1m30s or 300ms.
                                            type: string
                                            format: duration
                                          warmup:
                                            description: How new endpoints warm up.
                                            type: object
                                            properties:
                                              duration:
                                                description: How long. A duration such as 5s, 1m30s or 300ms.
                                                type: string
                                                format: duration
                                              minimumPercent:
                                                description: The share they begin with.
                                                type: number
                                                minimum: 0
                                                maximum: 100
                                              aggression:
                                                description: How fast the share grows.
                                                type: number
                                                minimum: 1
                                      connectionPool:
                                        description: Limits of connections and requests.
                                        type: object
                                        properties:
                                          tcp:
                                            description: TCP.
                                            type: object
                                            properties:
                                              maxConnections:
                                                description: The most connections.
                                                type: integer
                                                minimum: 0
                                              connectTimeout:
                                                description: >-
                                                  How long connecting may take. A duration such as 5s, 1m30s or
                                                  300ms.
                                                type: string
                                                format: duration
                                              tcpKeepalive:
                                                description: TCP keep-alive.
                                                type: object
                                                properties:
                                                  probes:
                                                    description: How many probes may fail.
                                                    type: integer
                                                    minimum: 0
                                                    maximum: 4294967295
                                                  time:
                                                    description: >-
                                                      How long a connection is idle before. A duration such as 5s,
                                                      1m30s or 300ms.
                                                    type: string
                                                    format: duration
                                                  interval:
                                                    description: >-
                                                      The time between probes. A duration such as 5s, 1m30s or
                                                      300ms.
                                                    type: string
                                                    format: duration
                                              maxConnectionDuration:
                                                description: >-
                                                  How long a connection may live. A duration such as 5s, 1m30s or
                                                  300ms.
                                                type: string
                                                format: duration
                                              idleTimeout:
                                                description: >-
                                                  How long a connection may be idle. A duration such as 5s, 1m30s or
                                                  300ms.
                                                type: string
                                                format: duration
                                          http:
                                            description: HTTP.
                                            type: object
                                            properties:
                                              http1MaxPendingRequests:
                                                description: The most requests waiting for a connection.
                                                type: integer
                                                minimum: 0
                                              http2MaxRequests:
                                                description: The most requests at a time.
                                                type: integer
                                                minimum: 0
                                              maxRequestsPerConnection:
                                                description: The requests after which a connection is closed.
                                                type: integer
                                                minimum: 0
                                              maxRetries:
                                                description: The most retries at a time.
                                                type: integer
                                                minimum: 0
                                              idleTimeout:
                                                description: >-
                                                  How long a connection may be idle. A duration such as 5s, 1m30s or
                                                  300ms.
                                                type: string
                                                format: duration
                                              h2UpgradePolicy:
                                                description: Whether HTTP/1.1 is upgraded to HTTP/2.
                                                type: string
                                                enum: [DEFAULT, DO_NOT_UPGRADE, UPGRADE]
                                              useClientProtocol:
                                                description: True keeps the protocol of the caller.
                                                type: boolean
                                              maxConcurrentStreams:
                                                description: The most streams on a connection.
                                                type: integer
                                                minimum: 0
                                      outlierDetection:
                                        description: When an endpoint that fails is left out, and for how long.
                                        type: object
                                        properties:
                                          consecutive5xxErrors:
                                            description: Server errors in a row.
                                            type: integer
                                            minimum: 0
                                            maximum: 4294967295
                                          consecutiveGatewayErrors:
                                            description: Errors 502, 503 and 504 in a row.
                                            type: integer
                                            minimum: 0
                                            maximum: 4294967295
                                          consecutiveErrors:
                                            description: 'Deprecated: use consecutiveGatewayErrors.'
                                            type: integer
                                          consecutiveLocalOriginFailures:
                                            description: Failures to connect in a row.
                                            type: integer
                                            minimum: 0
                                            maximum: 4294967295
                                          splitExternalLocalOriginErrors:
                                            description: True counts failures to connect apart.
                                            type: boolean
                                          interval:
                                            description: >-
                                              How often it is checked. A duration such as 5s, 1m30s or 300ms.
                                            type: string
                                            format: duration
                                          baseEjectionTime:
                                            description: >-
                                              How long an endpoint is left out at first. A duration such as 5s,
                                              1m30s or 300ms.
                                            type: string
                                            format: duration
                                          maxEjectionPercent:
                                            description: The most endpoints left out, in percent.
                                            type: integer
                                            minimum: 0
                                            maximum: 100
                                          minHealthPercent:
                                            description: >-
                                              The share of healthy endpoints below which all are used, in percent.
                                            type: integer
                                            minimum: 0
                                            maximum: 100
                                      tls:
                                        description: TLS towards the host.
                                        type: object
                                        properties:
                                          mode:
                                            description: How.
                                            type: string
                                            enum: [DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL]
                                          clientCertificate:
                                            description: The file with our certificate.
                                            type: string
                                          privateKey:
                                            description: The file with our key.
                                            type: string
                                          caCertificates:
                                            description: The file with the roots for the certificate of the server.
                                            type: string
                                          caCrl:
                                            description: The file with revoked certificates.
                                            type: string
                                          credentialName:
                                            description: The Secret that replaces the files.
                                            type: string
                                          subjectAltNames:
                                            description: Names the certificate of the server must carry.
                                            type: array
                                            items:
                                              type: string
                                          sni:
                                            description: The SNI sent.
                                            type: string
                                          insecureSkipVerify:
                                            description: True skips the check of the certificate.
                                            type: boolean
                                tunnel:
                                  description: Tunnels connections through a proxy.
                                  type: object
                                  required: [targetHost, targetPort]
                                  properties:
                                    protocol:
                                      description: CONNECT or POST.
                                      type: string
                                    targetHost:
                                      description: The host behind the proxy.
                                      type: string
                                    targetPort:
                                      description: Its port.
                                      type: integer
                                      minimum: 1
                                      maximum: 65535
                                proxyProtocol:
                                  description: Sends the PROXY protocol.
                                  type: object
                                  properties:
                                    version:
                                      description: Its version.
                                      type: string
                                      enum: [V1, V2]
                                retryBudget:
                                  description: Limits retries to a share of requests.
                                  type: object
                                  properties:
                                    percent:
                                      description: The share.
                                      type: number
                                      minimum: 0
                                      maximum: 100
                                    minRetryConcurrency:
                                      description: Retries always allowed.
                                      type: integer
                                      minimum: 0
                                      maximum: 4294967295
                      exportTo:
                        description: 'The namespaces it applies in: . for its own, * for all.'
                        type: array
                        items:
                          type: string
                      workloadSelector:
                        description: The callers it applies to.
                        type: object
                        properties:
                          matchLabels:
                            description: Their labels.
                            type: object
                            additionalProperties:
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
