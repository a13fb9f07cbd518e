"""Small resources of the Envoy v3 API as their JSON form."""

TYPE = "type.googleapis.com/"
CLUSTER = TYPE + "envoy.config.cluster.v3.Cluster"
ENDPOINTS = TYPE + "envoy.config.endpoint.v3.ClusterLoadAssignment"
LISTENER = TYPE + "envoy.config.listener.v3.Listener"
ROUTES = TYPE + "envoy.config.route.v3.RouteConfiguration"
SECRET = TYPE + "envoy.extensions.transport_sockets.tls.v3.Secret"
KINDS = {"clusters": CLUSTER, "endpoints": ENDPOINTS, "listeners": LISTENER, "routes": ROUTES, "secrets": SECRET}


def source(how, timeout=None):
    """A ConfigSource; `how` is {"ads": {}}, {"path_config_source": ...} or {"api_config_source": ...}."""
    return {"resource_api_version": "V3", **({"initial_fetch_timeout": timeout} if timeout else {}), **how}


def path(file, directory=None):
    watched = {"watched_directory": {"path": str(directory)}} if directory else {}
    return source({"path_config_source": {"path": str(file), **watched}})


def rest(timeout="5s"):
    return source({"api_config_source": {
        "api_type": "REST", "transport_api_version": "V3", "cluster_names": ["xds"], "refresh_delay": "0.2s",
        "request_timeout": "1s"}}, timeout)


def grpc(kind="GRPC", timeout="5s"):
    return source({"api_config_source": grpc_api(kind)}, timeout)


def grpc_api(kind="GRPC"):
    return {"api_type": kind, "transport_api_version": "V3", "set_node_on_first_message_only": True,
            "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]}


def ads(timeout="5s"):
    return source({"ads": {}}, timeout)


def address(host, port):
    return {"socket_address": {"address": host, "port_value": port}}


def endpoints(name, *targets):
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [
        {"endpoint": {"address": address(host, port)}} for host, port in targets]}]}


def cluster(name, eds=None, *targets, http2=False):
    result = {"name": name, "connect_timeout": "1s"}
    if eds:
        result |= {"type": "EDS", "eds_cluster_config": {"service_name": "svc-" + name, "eds_config": eds}}
    else:
        result |= {"type": "STATIC", "load_assignment": endpoints(name, *targets)}
    if http2:
        options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        result["typed_extension_protocol_options"] = {options: {
            "@type": TYPE + options, "explicit_http_config": {"http2_protocol_options": {}}}}
    return result


def routes(name, target, revision="1"):
    return {"name": name, "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{
        "name": "all", "match": {"prefix": "/"}, "route": {"cluster": target},
        "response_headers_to_add": [{"header": {"key": "x-rev", "value": revision}}]}]}]}


def listener(name, host, port, rds=None, route_config=None, log=None, tls=None):
    manager = {
        "@type": TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name, "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": TYPE + "envoy.extensions.filters.http.router.v3.Router"}}]}
    if rds:
        manager["rds"] = {"route_config_name": name, "config_source": rds}
    else:
        manager["route_config"] = route_config
    if log:
        manager["server_name"] = log
    chain = {"filters": [{
        "name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    if tls:
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": TYPE + "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"tls_certificate_sds_secret_configs": [{"name": "own", "sds_config": tls}]}}}
    return {"name": name, "address": address(host, port), "filter_chains": [chain]}


def secret(name, certificate, key):
    return {"name": name, "tls_certificate": {
        "certificate_chain": {"inline_string": certificate}, "private_key": {"inline_string": key}}}


def response(kind, version, *resources):
    """A DiscoveryResponse, as a file or a REST answer has it."""
    return {"version_info": version, "type_url": KINDS[kind], "resources": [
        {"@type": KINDS[kind], **resource} for resource in resources]}
