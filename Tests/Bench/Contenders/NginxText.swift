import Foundation

/// nginx.conf of one gateway; HTTP/2 towards an upstream is only for gRPC, one call a connection at a time.
struct NginxText {
    let plan: Plan
    let isEgress: Bool
    let number: Int

    func text() -> String {
        let lanes = Lane.allCases.filter { plan.lanes.contains($0) && $0 != .h2 }
        let web = lanes.filter { $0 != .tcp }
        return """
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off;
            master_process off;
            worker_processes 1;
            pid nginx.pid;
            error_log stderr error;
            worker_rlimit_nofile 65536;
            events { worker_connections 20000; }
            http {
                log_format bench escape=json '{"start_time":"$time_iso8601","method":"$request_method",'
                    '"authority":"$host","path":"$request_uri","protocol":"$server_protocol","code":$status,'
                    '"bytes_sent":$body_bytes_sent,"duration":$request_time,"request_id":"$request_id",'
                    '"upstream_host":"$upstream_addr","client":"$remote_addr:$remote_port"}';
                access_log access.log bench buffer=64k flush=10s;
                keepalive_requests 1000000000;
                keepalive_timeout 3600s;
                tcp_nodelay on;
                proxy_max_temp_file_size 0;
                \(web.map(upstream).joined(separator: "\n"))
                \(web.map(server).joined(separator: "\n"))
            }
            stream {
                log_format bench escape=json '{"start_time":"$time_iso8601","bytes_received":$bytes_received,'
                    '"bytes_sent":$bytes_sent,"duration":$session_time,"status":$status,'
                    '"upstream_host":"$upstream_addr","client":"$remote_addr:$remote_port"}';
                access_log stream.log bench buffer=64k flush=10s;
                \(lanes.contains(.tcp) ? stream() : "")
            }

            """
    }

    private func target(_ lane: Lane) -> UInt16 {
        if isEgress { return plan.ingress[lane] ?? 0 }
        return lane == .grpc ? plan.backend.grpc : plan.backend.http
    }

    private func upstream(_ lane: Lane) -> String {
        """
            upstream \(lane.rawValue) {
                server 127.0.0.1:\(target(lane));
                keepalive 256;
                keepalive_requests 1000000000;
                keepalive_timeout 3600s;
            }
        """
    }

    private var reuse: String { plan.concurrency > 1 ? " reuseport" : "" }

    private func server(_ lane: Lane) -> String {
        let port = (isEgress ? plan.egress[lane] : plan.ingress[lane]) ?? 0
        let flags = (isEgress ? "" : " ssl") + (lane == .grpc ? " http2" : "") + reuse
        let verb = lane == .grpc ? "grpc" : "proxy"
        let scheme = lane == .grpc ? (isEgress ? "grpcs" : "grpc") : (isEgress ? "https" : "http")
        let headers =
            lane == .grpc
            ? ""
            : """
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Request-Id $request_id;
            """
        return """
                server {
                    listen 127.0.0.1:\(port)\(flags);
                    server_name \(lane.name);
                    \(isEgress ? "" : downstreamTLS)
                    location /nginx_status { stub_status; }
                    location / {
                        \(verb)_pass \(scheme)://\(lane.rawValue);
                        \(headers)
                        \(isEgress ? upstreamTLS(verb, lane) : "")
                    }
                }
            """
    }

    private var downstreamTLS: String {
        """
        ssl_protocols TLSv1.3;
                ssl_certificate \(plan.certificates.ingress.chain);
                ssl_certificate_key \(plan.certificates.ingress.key);
                ssl_client_certificate \(plan.certificates.authority);
                ssl_verify_client on;
                ssl_session_cache shared:bench:10m;
                ssl_session_tickets off;
        """
    }

    private func upstreamTLS(_ verb: String, _ lane: Lane) -> String {
        """
        \(verb)_ssl_protocols TLSv1.3;
                \(verb)_ssl_certificate \(plan.certificates.egress.chain);
                \(verb)_ssl_certificate_key \(plan.certificates.egress.key);
                \(verb)_ssl_trusted_certificate \(plan.certificates.authority);
                \(verb)_ssl_verify on;
                \(verb)_ssl_server_name on;
                \(verb)_ssl_name \(lane.name);
        """
    }

    private func stream() -> String {
        let port = (isEgress ? plan.egress[.tcp] : plan.ingress[.tcp]) ?? 0
        return """
                server {
                    listen 127.0.0.1:\(port)\(isEgress ? "" : " ssl")\(reuse);
                    proxy_pass 127.0.0.1:\(target(.tcp));
                    \(isEgress ? "proxy_ssl on;\n" + upstreamTLS("proxy", .tcp) : downstreamTLS)
                }
            """.replacingOccurrences(of: "shared:bench", with: "shared:stream")
    }
}
