"""Texts of a configuration that would end a header line or a request line, at every place that can reach one."""

from bad_configs import ANY, FIRST, HOSTS, INGRESS, MANAGER, ROUTES, Bad, put

CORS = ROUTES + '[4].typed_per_filter_config["envoy.filters.http.cors"]'
CHECK = FIRST + ".health_checks[0]"
LINES = {"CR and LF": "a\r\nb", "LF": "a\nb", "NUL": "a\0b"}
OTHERS = {"a control character": "a\x01b", "DEL": "a\x7fb"}


def _cors(field):
    def change(text):
        def spoil(config):
            put(ROUTES + "[4].typed_per_filter_config", {"envoy.filters.http.cors": {
                "@type": ANY + "extensions.filters.http.cors.v3.CorsPolicy",
                "allow_origin_string_match": [{"exact": "http://here"}], field: text}})(config)
        return spoil
    return change


def check(text=None, **kind):
    """A health check of a kind."""
    return put(FIRST + ".health_checks", [{
        "timeout": "1s", "interval": "1s", "unhealthy_threshold": 1, "healthy_threshold": 1, **kind}])


def _grpc(text):
    def change(config):
        check(grpc_health_check={"authority": text})(config)
        put(FIRST + ".typed_extension_protocol_options", {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": ANY + "extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}}}})(config)
    return change


def _zipkin(field):
    def change(text):
        return put(MANAGER + ".tracing", {"provider": {"name": "envoy.tracers.zipkin", "typed_config": {
            "@type": ANY + "config.trace.v3.ZipkinConfig", "collector_cluster": "one",
            "collector_endpoint": "/api/v2/spans", "collector_endpoint_version": "HTTP_JSON", field: text}}})
    return change


def _otlp(text):
    return put(MANAGER + ".tracing", {"provider": {"name": "envoy.tracers.opentelemetry", "typed_config": {
        "@type": ANY + "config.trace.v3.OpenTelemetryConfig", "http_service": {"http_uri": {
            "uri": "http://collector/" + text, "cluster": "one", "timeout": "1s"}}}}})


def _sni(text):
    return put(FIRST + ".transport_socket", {"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": ANY + "extensions.transport_sockets.tls.v3.UpstreamTlsContext", "sni": text}})


def _simple(path, front=""):
    return lambda text: put(path, front + text)


def _added(path, key=None):
    def change(text):
        return put(path, [{"header": {"key": key or text, "value": text if key else "1"}}])
    return change


# Name, what spoils it with a text, the path of the refusal, and whether Envoy refuses NUL, CR and LF there.
PLACES = [
    ("prefix rewrite", _simple(ROUTES + "[4].route.prefix_rewrite", "/"), ROUTES + "[4].route.prefix_rewrite", True),
    ("host rewrite", _simple(ROUTES + "[4].route.host_rewrite_literal"),
     ROUTES + "[4].route.host_rewrite_literal", True),
    ("host rewrite of a weight", _simple(ROUTES + "[1].route.weighted_clusters.clusters[0].host_rewrite_literal"),
     ROUTES + "[1].route.weighted_clusters.clusters[0].host_rewrite_literal", True),
    ("substitution", lambda text: put(ROUTES + "[4].route.regex_rewrite", {
        "pattern": {"regex": "/a"}, "substitution": "/" + text}),
     ROUTES + "[4].route.regex_rewrite.substitution", True),
    ("redirected path", _simple(ROUTES + "[3].redirect.path_redirect", "/"),
     ROUTES + "[3].redirect.path_redirect", True),
    ("redirected host", _simple(ROUTES + "[3].redirect.host_redirect"), ROUTES + "[3].redirect.host_redirect", True),
    ("redirected prefix", _simple(ROUTES + "[3].redirect.prefix_rewrite", "/"),
     ROUTES + "[3].redirect.prefix_rewrite", True),
    ("server name", _simple(MANAGER + ".server_name"), MANAGER + ".server_name", True),
    ("domain", lambda text: put(HOSTS + "[1].domains", [text]), HOSTS + "[1].domains[0]", True),
    ("header of a weight", _added(ROUTES + "[1].route.weighted_clusters.clusters[0].request_headers_to_add", "x-a"),
     ROUTES + "[1].route.weighted_clusters.clusters[0].request_headers_to_add[0].header.value", True),
    ("header of a virtual host", _added(HOSTS + "[0].response_headers_to_add", "x-a"),
     HOSTS + "[0].response_headers_to_add[0].header.value", True),
    ("header of a direct response", _added(ROUTES + "[2].response_headers_to_add", "x-a"),
     ROUTES + "[2].response_headers_to_add[0].header.value", True),
    ("name of an added header", _added(ROUTES + "[4].response_headers_to_add"),
     ROUTES + "[4].response_headers_to_add[0].header.key", True),
    ("name of a removed header", lambda text: put(ROUTES + "[4].request_headers_to_remove", [text]),
     ROUTES + "[4].request_headers_to_remove[0]", True),
    ("hashed header", lambda text: put(ROUTES + "[4].route.hash_policy", [{"header": {"header_name": text}}]),
     ROUTES + "[4].route.hash_policy[0].header.header_name", True),
    ("allowed methods", _cors("allow_methods"), CORS + ".allow_methods", False),
    ("allowed headers", _cors("allow_headers"), CORS + ".allow_headers", False),
    ("exposed headers", _cors("expose_headers"), CORS + ".expose_headers", False),
    ("maximum age", _cors("max_age"), CORS + ".max_age", False),
    ("path of a health check", lambda text: check(http_health_check={"path": "/" + text}),
     CHECK + ".http_health_check.path", True),
    ("host of a health check", lambda text: check(http_health_check={"path": "/", "host": text}),
     CHECK + ".http_health_check.host", True),
    ("authority of a gRPC check", _grpc, CHECK + ".grpc_health_check.authority", True),
    ("collector's path", _zipkin("collector_endpoint"), MANAGER + ".tracing.provider.typed_config.collector_endpoint",
     False),
    ("collector's host", _zipkin("collector_hostname"), MANAGER + ".tracing.provider.typed_config.collector_hostname",
     False),
    ("collector's URL", _otlp, MANAGER + ".tracing.provider.typed_config.http_service.http_uri.uri", False),
    ("route's name", _simple(ROUTES + "[4].name"), ROUTES + "[4].name", False),
    ("cluster's name", _simple(FIRST + ".name"), FIRST + ".name", False),
    ("listener's name", _simple(INGRESS + ".name"), INGRESS + ".name", False),
    ("SNI", _sni, FIRST + ".transport_socket.typed_config.sni", False),
]

# Where no space may stand: a request line, a host.
WITHOUT_SPACES = ["prefix rewrite", "host rewrite", "substitution", "path of a health check", "host of a health check",
                  "collector's path", "collector's URL", "SNI"]

# Where Envoy takes no control characters at all.
PRINTABLE = ["path of a health check", "host of a health check"]


def rows():
    found = []
    for name, change, path, is_checked in PLACES:
        found += [Bad(f"{what} in the {name}", change(text), path, "" if is_checked else None)
                  for what, text in LINES.items()]
        found += [Bad(f"{what} in the {name}", change(text), path, "" if name in PRINTABLE else None)
                  for what, text in OTHERS.items()]
        if name in WITHOUT_SPACES:
            found.append(Bad(f"space in the {name}", change("a b"), path, None))
    return found


def good():
    """What stays allowed: spaces and tabs in values, spaces in what a client is told."""
    return {
        "tab in a header value": _added(HOSTS + "[0].response_headers_to_add", "x-a")("a\tb c"),
        "space in a redirect": put(ROUTES + "[3].redirect.path_redirect", "/a b"),
        "space in a server name": put(MANAGER + ".server_name", "a b"),
        "other letters in a header value": _added(HOSTS + "[0].response_headers_to_add", "x-a")("\u00e9t\u00e9"),
        "escapes in a rewrite": put(ROUTES + "[4].route.prefix_rewrite", "/a%20b/"),
        "query in a rewrite": put(ROUTES + "[4].route.prefix_rewrite", "/a?b=c&d="),
        "groups in a substitution": put(ROUTES + "[4].route.regex_rewrite", {
            "pattern": {"regex": "^/(a)/(.*)$"}, "substitution": "/\\2/\\1"}),
        "lines in a log's text": put(MANAGER + ".access_log[0].typed_config", {
            "@type": ANY + "extensions.access_loggers.stream.v3.StdoutAccessLog", "log_format": {
                "text_format_source": {"inline_string": "%RESPONSE_CODE%\r\n"}}}),
        "lines in a direct response": put(ROUTES + "[2].direct_response.body", {"inline_string": "a\r\nb\0"}),
        "path of a pseudo-header to hash": put(ROUTES + "[4].route.hash_policy", [
            {"header": {"header_name": ":path"}}]),
    }
