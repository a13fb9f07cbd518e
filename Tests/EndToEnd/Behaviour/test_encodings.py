"""1 and 2: every way to write the same configuration that a gateway has to read."""

import copy
import re

import pytest

from http_world import added, fault
from resources import bootstrap, chain, cluster, http, listener, named, route
from running import KINDS, Gateway, place
from wire import Recorder, exchange, request

# Enums by field, as numbers of the protobuf definitions.
NUMBERS = {
    "codec_type": {"AUTO": 0}, "type": {"STATIC": 0},
    "lb_policy": {"ROUND_ROBIN": 0, "LEAST_REQUEST": 1, "RING_HASH": 2},
    "denominator": {"HUNDRED": 0, "TEN_THOUSAND": 1, "MILLION": 2}, "response_code": {"FOUND": 1, "SEE_OTHER": 2},
    "append_action": {"ADD_IF_ABSENT": 1, "OVERWRITE_IF_EXISTS_OR_ADD": 2},
    "cluster_not_found_response_code": {"NOT_FOUND": 1}, "path_with_escaped_slashes_action": {"REJECT_REQUEST": 2},
    "forward_client_cert_details": {"SANITIZE": 0, "SANITIZE_SET": 4}}


def camel(name):
    """A field's other name; names of extensions and types stay."""
    return name if name.startswith("@") or "." in name else re.sub(r"_([a-z])", lambda m: m[1].upper(), name)


def each_field(value, change):
    """The same tree, every field of every object changed by `change(name, value)`."""
    if isinstance(value, list):
        return [each_field(item, change) for item in value]
    if isinstance(value, dict):
        kept = {"json_format"}  # its names are the user's
        return dict(change(name, item if name in kept else each_field(item, change)) for name, item in value.items())
    return value


def in_camel_case(config):
    return each_field(config, lambda name, value: (camel(name), value))


def in_numbers(config):
    def change(name, value):
        return name, NUMBERS[name].get(value, value) if name in NUMBERS and isinstance(value, str) else value
    return each_field(config, change)


def numbers_as_text(config):
    def change(name, value):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return name, str(value) if is_number else value
    return each_field(config, change)


def with_nulls(config):
    """What is null is absent."""
    config = copy.deepcopy(config)
    cluster_ = config["static_resources"]["clusters"][0]
    cluster_["transport_socket"] = cluster_["eds_cluster_config"] = cluster_["circuit_breakers"] = None
    config["overload_manager"] = config["dynamic_resources"] = None
    return config


FORMS = {"as-generated": lambda config: config, "camel-case": in_camel_case, "enum-numbers": in_numbers,
         "numbers-as-text": numbers_as_text, "nulls": with_nulls,
         "all-at-once": lambda config: in_camel_case(in_numbers(numbers_as_text(with_nulls(config))))}


def config(at, port):
    """Something of each kind that has more than one form."""
    routes = [
        {"name": "away", "match": {"path": "/away"}, "redirect": {"path_redirect": "/x", "response_code": "SEE_OTHER"}},
        route("missing", "/missing", "nowhere", {"cluster_not_found_response_code": "NOT_FOUND"}),
        route("faulty", "/faulty", "a", {}, **fault(abort={
            "http_status": 418, "percentage": {"numerator": 1_000_000, "denominator": "MILLION"}})),
        route("split", "/split", action={"weighted_clusters": {"clusters": [
            {"name": "a", "weight": 1}, {"name": "nowhere", "weight": 0}]}}),
        route("slow", "/slow", "a", {
            "timeout": "0.25s", "retry_policy": {"retry_on": "5xx", "num_retries": 0}, "hash_policy": [
                {"header": {"header_name": "x-user"}}]}),
        route("all", "/", "a", {}, response_headers_to_add=[
            added("x-over", "gateway", "OVERWRITE_IF_EXISTS_OR_ADD"), added("server", "absent", "ADD_IF_ABSENT")])]
    manager = http("forms", filters=[named(
        "envoy.filters.http.fault", "extensions.filters.http.fault.v3.HTTPFault")],
        path_with_escaped_slashes_action="REJECT_REQUEST", forward_client_cert_details="SANITIZE",
        common_http_protocol_options={"max_headers_count": 20, "idle_timeout": "3600s"}, route_config={
            "name": "forms", "validate_clusters": False, "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": routes}]})
    return bootstrap([listener("forms", at, chain(manager))], [cluster(
        "a", port, lb_policy="RING_HASH", ring_hash_lb_config={"minimum_ring_size": 64},
        common_lb_config={"healthy_panic_threshold": {"value": 0}})])


@pytest.fixture(scope="module")
def backend():
    made = Recorder()
    yield made
    made.stop()


def check(at):
    """What the configuration means, however it is written."""
    def ask(target, *lines):
        return exchange(at, request(target, *lines))
    assert (ask("/away").status, ask("/away")["location"]) == (303, "http://a.example/x")
    assert ask("/missing").status == 404
    assert ask("/faulty").status == 418
    assert ask("/split").body == b"recorder"
    assert ask("/a%2fb").status == 400
    assert ask("/", *[f"x-{n}: 1" for n in range(20)]).status == 431
    assert ask("/")["x-over"] == "gateway"
    assert ask("/slow", "x-answer: hang").status == 504


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_1_every_form_says_the_same(kind, form, backend, workdir):
    at = place()
    with Gateway(kind, workdir, FORMS[form](config(at, backend.port)), places=[at]):
        check(at)


YAML = """
# Comments, anchors, flow style, block text and unquoted words.
node: {id: yaml, cluster: 'yaml'}
static_resources:
  listeners:
  - name: forms
    address: &at
      socket_address: {address: %s, port_value: %d}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: >-
            forms
          normalizePath: true
          route_config:
            name: "forms"
            virtual_hosts:
            - name: all
              domains: ['*']
              routes:
              - match: {path: /text}
                direct_response:
                  status: 200
                  body:
                    inline_string: |
                      two
                      lines
              - match: {prefix: /}
                route: {cluster: a, timeout: 10s}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: a
    connect_timeout: 1s
    load_assignment:
      cluster_name: a
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
"""


@pytest.mark.parametrize("kind", KINDS)
def test_1_yaml_says_the_same(kind, backend, workdir):
    at = place()
    gateway = Gateway(kind, workdir, {}, places=[at])
    gateway.file = gateway.file.with_suffix(".yaml")
    gateway.file.write_text(YAML % (*at, backend.port))
    gateway.command = [str(gateway.file) if str(part).endswith(f"{gateway.name}.json") else part
                       for part in gateway.command]
    with gateway:
        assert exchange(at, request("/text")).body == b"two\nlines\n"
        assert exchange(at, request("/")).body == b"recorder"
