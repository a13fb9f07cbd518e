/// haproxy.cfg of one gateway.
struct HAProxyText {
    let plan: Plan
    let isEgress: Bool

    func text() -> String {
        let lanes = Lane.allCases.filter { plan.lanes.contains($0) }
        return """
            global
                nbthread \(plan.concurrency)
                maxconn 8000
                log stdout format raw daemon
                ssl-default-bind-options ssl-min-ver TLSv1.3
                ssl-default-server-options ssl-min-ver TLSv1.3
            defaults
                log global
                timeout connect 5s
                timeout client 3600s
                timeout server 3600s
                timeout http-request 10s
                timeout http-keep-alive 3600s
                http-reuse always
            frontend stats
                mode http
                bind 127.0.0.1:\(plan.admin[isEgress ? 0 : 1])
                stats enable
            \(lanes.map(lane).joined(separator: "\n"))

            """
    }

    private func lane(_ lane: Lane) -> String {
        let port = (isEgress ? plan.egress[lane] : plan.ingress[lane]) ?? 0
        let isWeb = lane != .tcp
        let isH2 = lane == .h2 || lane == .grpc
        let certificates = plan.certificates
        let bind =
            isEgress
            ? (lane == .grpc ? " proto h2" : "")
            : " ssl crt \(certificates.ingress.joined) ca-file \(certificates.authority) verify required"
                + (isH2 ? " alpn h2" : "")
        let server =
            isEgress
            ? """
            127.0.0.1:\(plan.ingress[lane] ?? 0) ssl crt \(certificates.egress.joined) \
            ca-file \(certificates.authority) verify required verifyhost \(lane.name) \
            sni str(\(lane.name))\(isH2 ? " alpn h2" : "") pool-max-conn 256
            """
            : lane == .grpc ? "127.0.0.1:\(plan.backend.grpc) proto h2" : "127.0.0.1:\(plan.backend.http)"
        let routing =
            isWeb
            ? """
            mode http
                option httplog
                option forwardfor
                unique-id-format %[uuid]
                unique-id-header X-Request-Id
                use_backend \(lane.rawValue) if { hdr(host) -i \(lane.name) }
            """
            : """
            mode tcp
                option tcplog
                default_backend \(lane.rawValue)
            """
        return """
            frontend front-\(lane.rawValue)
                bind 127.0.0.1:\(port)\(bind)
                \(routing)
            backend \(lane.rawValue)
                mode \(isWeb ? "http" : "tcp")
                server peer \(server)
            """
    }
}
