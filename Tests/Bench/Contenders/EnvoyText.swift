import Foundation

/// The Envoy bootstrap of one gateway, which Hanse reads too.
struct EnvoyText {
    let plan: Plan
    let isEgress: Bool

    private typealias Object = [String: Any]
    private static let types = "type.googleapis.com/envoy.extensions."

    func text() throws -> String {
        let lanes = Lane.allCases.filter { plan.lanes.contains($0) }
        let bootstrap: Object = [
            "node": ["id": isEgress ? "egress" : "ingress", "cluster": "bench"],
            "admin": ["address": address(plan.admin[isEgress ? 0 : 1])],
            "static_resources": [
                "listeners": isEgress ? lanes.map(egressListener) : [ingressListener(lanes)],
                "clusters": lanes.map(cluster),
            ],
        ]
        let data = try JSONSerialization.data(
            withJSONObject: bootstrap, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    private func address(_ port: UInt16) -> Object {
        ["socket_address": ["address": "127.0.0.1", "port_value": Int(port)]]
    }

    private func typed(_ type: String, _ fields: Object) -> Object {
        fields.merging(["@type": Self.types + type]) { first, _ in first }
    }

    private func egressListener(_ lane: Lane) -> Object {
        [
            "name": lane.rawValue, "address": address(plan.egress[lane] ?? 0),
            "filter_chains": [["filters": [filter(lane)]]],
        ]
    }

    private func ingressListener(_ lanes: [Lane]) -> Object {
        let inspector = typed("filters.listener.tls_inspector.v3.TlsInspector", [:])
        return [
            "name": "ingress", "address": address(plan.ingress[.http] ?? 0),
            "listener_filters": [
                ["name": "envoy.filters.listener.tls_inspector", "typed_config": inspector]
            ],
            "filter_chains": lanes.map { lane in
                [
                    "name": lane.rawValue, "filter_chain_match": ["server_names": [lane.name]],
                    "filters": [filter(lane)], "transport_socket": downstreamTLS(lane),
                ] as Object
            },
        ]
    }

    private func log(_ format: Object) -> [Object] {
        let sink = typed(
            "access_loggers.stream.v3.StdoutAccessLog", ["log_format": ["json_format": format]])
        return [["name": "envoy.access_loggers.stdout", "typed_config": sink]]
    }

    private func filter(_ lane: Lane) -> Object {
        if lane == .tcp {
            var fields: Object = [
                "stat_prefix": "tcp", "cluster": "tcp",
                "access_log": log([
                    "start_time": "%START_TIME%", "bytes_received": "%BYTES_RECEIVED%",
                    "bytes_sent": "%BYTES_SENT%", "duration": "%DURATION%",
                    "response_flags": "%RESPONSE_FLAGS%", "upstream_host": "%UPSTREAM_HOST%",
                    "client": "%DOWNSTREAM_REMOTE_ADDRESS%",
                ]),
            ]
            if !isEgress {
                fields["upstream_connect_mode"] = "ON_DOWNSTREAM_TLS_HANDSHAKE"
                fields["max_early_data_bytes"] = 65536
            }
            return [
                "name": "envoy.filters.network.tcp_proxy",
                "typed_config": typed("filters.network.tcp_proxy.v3.TcpProxy", fields),
            ]
        }
        let manager: Object = [
            "stat_prefix": lane.rawValue,
            "codec_type": lane == .http || isEgress ? "AUTO" : "HTTP2",
            "use_remote_address": true, "normalize_path": true, "generate_request_id": true,
            "request_headers_timeout": "10s",
            "route_config": [
                "name": lane.rawValue,
                "virtual_hosts": [
                    [
                        "name": lane.rawValue, "domains": [lane.name],
                        "routes": [
                            [
                                "match": ["prefix": "/"],
                                "route": ["cluster": lane.rawValue, "timeout": "0s"],
                            ]
                        ],
                    ]
                ],
            ],
            "http_filters": [
                [
                    "name": "envoy.filters.http.router",
                    "typed_config": typed("filters.http.router.v3.Router", [:]),
                ]
            ],
            "access_log": log([
                "start_time": "%START_TIME%", "method": "%REQ(:METHOD)%", "authority": "%REQ(:AUTHORITY)%",
                "path": "%REQ(:PATH)%", "protocol": "%PROTOCOL%", "code": "%RESPONSE_CODE%",
                "flags": "%RESPONSE_FLAGS%", "bytes_sent": "%BYTES_SENT%", "duration": "%DURATION%",
                "request_id": "%REQ(X-REQUEST-ID)%", "upstream_host": "%UPSTREAM_HOST%",
                "client": "%DOWNSTREAM_REMOTE_ADDRESS%",
            ]),
        ]
        return [
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": typed(
                "filters.network.http_connection_manager.v3.HttpConnectionManager", manager),
        ]
    }

    private func cluster(_ lane: Lane) -> Object {
        let peer = plan.ingress[.http] ?? 0
        let local = lane == .grpc ? plan.backend.grpc : plan.backend.http
        var fields: Object = [
            "name": lane.rawValue, "type": "STATIC", "connect_timeout": "5s",
            "circuit_breakers": [
                "thresholds": [
                    ["max_connections": 65536, "max_pending_requests": 65536, "max_requests": 65536]
                ]
            ],
            "load_assignment": [
                "cluster_name": lane.rawValue,
                "endpoints": [
                    ["lb_endpoints": [["endpoint": ["address": address(isEgress ? peer : local)]]]]
                ],
            ],
        ]
        if isEgress { fields["transport_socket"] = upstreamTLS(lane) }
        if lane == .grpc || (lane == .h2 && isEgress) {
            let options: Object = [
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": ["http2_protocol_options": Object()],
            ]
            fields["typed_extension_protocol_options"] = [
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options
            ]
        }
        return fields
    }

    private func commonTLS(_ pair: Certificates.Pair, peer: String) -> Object {
        [
            "tls_params": [
                "tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3",
            ],
            "tls_certificates": [
                ["certificate_chain": ["filename": pair.chain], "private_key": ["filename": pair.key]]
            ],
            "validation_context": [
                "trusted_ca": ["filename": plan.certificates.authority],
                "match_typed_subject_alt_names": [["san_type": "URI", "matcher": ["exact": peer]]],
            ],
        ]
    }

    private func upstreamTLS(_ lane: Lane) -> Object {
        var common = commonTLS(plan.certificates.egress, peer: Certificates.ingressIdentity)
        if lane == .h2 || lane == .grpc { common["alpn_protocols"] = ["h2"] }
        let context = typed(
            "transport_sockets.tls.v3.UpstreamTlsContext",
            ["sni": lane.name, "common_tls_context": common])
        return ["name": "envoy.transport_sockets.tls", "typed_config": context]
    }

    private func downstreamTLS(_ lane: Lane) -> Object {
        var common = commonTLS(plan.certificates.ingress, peer: Certificates.egressIdentity)
        if lane == .h2 || lane == .grpc { common["alpn_protocols"] = ["h2"] }
        let context = typed(
            "transport_sockets.tls.v3.DownstreamTlsContext",
            ["require_client_certificate": true, "common_tls_context": common])
        return ["name": "envoy.transport_sockets.tls", "typed_config": context]
    }
}
