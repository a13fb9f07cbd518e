"""Envoy v3 resources as Python dictionaries: what the network half of the suite configures gateways with."""

API = "type.googleapis.com/envoy."
LISTENER = API + "config.listener.v3.Listener"
CLUSTER = API + "config.cluster.v3.Cluster"
ROUTES = API + "config.route.v3.RouteConfiguration"
ENDPOINTS = API + "config.endpoint.v3.ClusterLoadAssignment"
SECRET = API + "extensions.transport_sockets.tls.v3.Secret"
HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

LOG_FIELDS = {
    "flags": "%RESPONSE_FLAGS%", "details": "%RESPONSE_CODE_DETAILS%", "code": "%RESPONSE_CODE%",
    "termination": "%CONNECTION_TERMINATION_DETAILS%", "received": "%BYTES_RECEIVED%", "sent": "%BYTES_SENT%",
    "duration": "%DURATION%", "cluster": "%UPSTREAM_CLUSTER%", "upstream": "%UPSTREAM_HOST%",
    "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "downstream_failure": "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%", "remote": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "sni": "%REQUESTED_SERVER_NAME%", "peer": "%DOWNSTREAM_PEER_URI_SAN%"}


def named(name, type, **fields):
    """A name and a typed_config, as filters, sockets and loggers have."""
    return {"name": name, "typed_config": {"@type": API + type, **fields}}


def address(port, host="127.0.0.1"):
    """A socket address; `port` may be a (host, port) pair."""
    if isinstance(port, tuple):
        host, port = port
    return {"socket_address": {"address": host, "port_value": port}}


def access_log(kind, **fields):
    """Access logs to stdout whose records carry `kind`, and the fields given besides the usual ones."""
    return [named("envoy.access_loggers.stdout", "extensions.access_loggers.stream.v3.StdoutAccessLog",
                  log_format={"json_format": {"kind": kind, **LOG_FIELDS, **fields}})]


def route(name, match, cluster=None, action=None, **fields):
    """A route; `match` is a prefix or a whole match."""
    match = {"prefix": match} if isinstance(match, str) else match
    return {"name": name, "match": match, "route": {"cluster": cluster, **(action or {})}
            if cluster else action, **fields}


def route_config(name, *routes, domains=("*",)):
    return {"name": name, "virtual_hosts": [{"name": "all", "domains": list(domains), "routes": list(routes)}]}


ROUTER = named("envoy.filters.http.router", "extensions.filters.http.router.v3.Router")


def http(prefix, *routes, filters=(), log=None, **fields):
    """An HTTP connection manager with inline routes, or with `rds` among the fields."""
    if "rds" not in fields:
        fields.setdefault("route_config", route_config(prefix, *routes))
    return named(
        "envoy.filters.network.http_connection_manager",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        **{"stat_prefix": prefix, "codec_type": "AUTO", "use_remote_address": True, "normalize_path": True,
           "http_filters": [*filters, ROUTER], "access_log": access_log(log or prefix, path="%REQ(:PATH)%"), **fields})


def tcp(prefix, cluster=None, log=None, **fields):
    if cluster:
        fields["cluster"] = cluster
    return named("envoy.filters.network.tcp_proxy", "extensions.filters.network.tcp_proxy.v3.TcpProxy",
                 **{"stat_prefix": prefix, "access_log": access_log(log or prefix), **fields})


# What every TLS chain with a tcp_proxy says, so that no backend is dialled before the handshake is over.
AFTER_HANDSHAKE = {"upstream_connect_mode": "ON_DOWNSTREAM_TLS_HANDSHAKE", "max_early_data_bytes": 65536}


def network_rbac(prefix, rules):
    return named("envoy.filters.network.rbac", "extensions.filters.network.rbac.v3.RBAC",
                 stat_prefix=prefix, rules=rules)


def http_rbac(rules):
    return named("envoy.filters.http.rbac", "extensions.filters.http.rbac.v3.RBAC", rules=rules)


def policy(principal, permission=None, action=None):
    """Rules of one policy, `policy`, with one principal and one permission."""
    rules = {"policies": {"policy": {
        "permissions": [permission or {"any": True}], "principals": [principal]}}}
    return {"action": action, **rules} if action else rules


def identity(name, how="exact"):
    return {"authenticated": {"principal_name": {how: name}}}


def chain(*filters, names=None, tls=None, name=None):
    made = {"filters": list(filters)}
    if name:
        made["name"] = name
    if names:
        made["filter_chain_match"] = {"server_names": list(names)}
    if tls:
        made["transport_socket"] = tls
    return made


INSPECTOR = named("envoy.filters.listener.tls_inspector", "extensions.filters.listener.tls_inspector.v3.TlsInspector")


def listener(name, port, *chains, inspector=False, log=False, **fields):
    made = {"name": name, "address": address(port), "filter_chains": list(chains), **fields}
    if inspector:
        made["listener_filters"] = [INSPECTOR]
    if log:
        made["access_log"] = access_log(f"{name}-listener")
    return made


def pair(identity):
    """A certificate and its key by file."""
    return {"certificate_chain": {"filename": str(identity.certificate)},
            "private_key": {"filename": str(identity.key)}}


def spiffe(domains, sans=()):
    """A validation context with a bundle for each trust domain, `{name: file}`."""
    bundles = [{"name": name, "trust_bundle": {"filename": str(file)}} for name, file in domains.items()]
    context = {"custom_validator_config": named(
        "envoy.tls.cert_validator.spiffe", "extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig",
        trust_domains=bundles)}
    if sans:
        context["match_typed_subject_alt_names"] = [uri(san) for san in sans]
    return context


def trusted_ca(file, sans=()):
    """A validation context of one file of roots and the subject names it takes."""
    context = {"trusted_ca": {"filename": str(file)}}
    if sans:
        context["match_typed_subject_alt_names"] = [uri(san) for san in sans]
    return context


def uri(name, how="exact"):
    return {"san_type": "URI", "matcher": {how: name}}


def versions(minimum="TLSv1_3", maximum="TLSv1_3"):
    return {"tls_minimum_protocol_version": minimum, "tls_maximum_protocol_version": maximum}


def server_tls(own=None, validation=None, params=None, alpn=None, required=True, **common):
    """A downstream TLS socket; `params=False` leaves the versions out."""
    context = dict(common)
    if params is not False:
        context["tls_params"] = params or versions()
    if own:
        context["tls_certificates"] = [pair(own)]
    if validation:
        context["validation_context"] = validation
    if alpn:
        context["alpn_protocols"] = list(alpn)
    return named("envoy.transport_sockets.tls", "extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                 require_client_certificate=required, common_tls_context=context)


def client_tls(sni, own=None, validation=None, params=None, alpn=None, **common):
    """An upstream TLS socket; `params=False` leaves the versions out."""
    context = dict(common)
    if params is not False:
        context["tls_params"] = params or versions()
    if own:
        context["tls_certificates"] = [pair(own)]
    if validation:
        context["validation_context"] = validation
    if alpn:
        context["alpn_protocols"] = list(alpn)
    return named("envoy.transport_sockets.tls", "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                 sni=sni, common_tls_context=context)


def endpoint(port, host="127.0.0.1", **fields):
    return {"endpoint": {"address": address(port, host)}, **fields}


def group(*endpoints, **fields):
    """A locality's endpoints: ports or whole endpoints."""
    return {"lb_endpoints": [e if isinstance(e, dict) else endpoint(e) for e in endpoints], **fields}


def assignment(name, *groups):
    return {"cluster_name": name, "endpoints": [g if isinstance(g, dict) else group(g) for g in groups]}


def cluster(name, *groups, **fields):
    """A cluster; groups are ports or `group(...)`. All ports given plainly are one group."""
    made = {"name": name, "connect_timeout": "1s", **fields}
    if made.get("type", "STATIC") != "EDS":
        made.setdefault("type", "STATIC")
        plain = [g for g in groups if not isinstance(g, dict)]
        wholes = [g for g in groups if isinstance(g, dict)]
        made.setdefault("load_assignment", assignment(name, *([group(*plain)] if plain else []), *wholes))
    return made


def aggregate(name, *members, **fields):
    """A cluster of clusters, the first preferred."""
    return {"name": name, "connect_timeout": "1s", "lb_policy": "CLUSTER_PROVIDED", "cluster_type": named(
        "envoy.clusters.aggregate", "extensions.clusters.aggregate.v3.ClusterConfig", clusters=list(members)), **fields}


def limits(**thresholds):
    """Circuit breakers."""
    return {"thresholds": [thresholds]}


def upstream_keepalive():
    """TCP keep-alive towards upstreams, as peers' clusters have it."""
    return {"upstream_connection_options": {"tcp_keepalive": {
        "keepalive_probes": 3, "keepalive_time": 60, "keepalive_interval": 20}}}


def http2():
    return {HTTP: {"@type": "type.googleapis.com/" + HTTP, "explicit_http_config": {"http2_protocol_options": {}}}}


def files(path, **fields):
    """A config source of one file."""
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}, **fields}


def rest(cluster_name, delay="0.1s", timeout="1s", **fields):
    return {"resource_api_version": "V3", "api_config_source": {
        "api_type": "REST", "transport_api_version": "V3", "cluster_names": [cluster_name],
        "refresh_delay": delay, "request_timeout": timeout}, **fields}


def response(type, *resources, version="1"):
    """A DiscoveryResponse of these resources."""
    return {"version_info": version, "resources": [{"@type": type, **r} for r in resources]}


def downstream_limit(count):
    """An overload manager that lets so many connections in."""
    return {"resource_monitors": [named(
        "envoy.resource_monitors.global_downstream_max_connections",
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=count)]}


def bootstrap(listeners=(), clusters=(), admin=None, **fields):
    made = {"node": {"id": "behaviour", "cluster": "behaviour"},
            "static_resources": {"listeners": list(listeners), "clusters": list(clusters)}, **fields}
    if admin is not None:
        made["admin"] = {"address": address(admin)}
    return made
