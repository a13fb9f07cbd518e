#!/usr/bin/env python3
"""Encodes Tests/EnvoyConfigTests/Fixtures/gateway.json and small cases with Google's protobuf for Python.

    .build/tools/venv/bin/python Tests/tools/protobuf-fields/fixtures.py
"""

import base64
import json
import pathlib

import generate
from google.protobuf import descriptor_pool, json_format, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "Tests/EnvoyConfigTests/Fixtures"
TYPES = {
    "clusters": "envoy.config.cluster.v3.Cluster",
    "listeners": "envoy.config.listener.v3.Listener"}


def encode(name, tree):
    message = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))()
    json_format.ParseDict(tree, message)
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


def main():
    generate.load()
    cases = []
    bootstrap = json.loads((FIXTURES / "gateway.json").read_text())
    for key, name in TYPES.items():
        resources = [{"@type": "type.googleapis.com/" + name, **r} for r in bootstrap["static_resources"][key]]
        tree = {"version_info": "7", "nonce": "n", "resources": resources,
                "control_plane": {"identifier": "other"}}
        cases.append({
            "name": f"{key} of gateway.json", "message": "envoy.service.discovery.v3.DiscoveryResponse",
            "tree": tree, "bytes": encode("envoy.service.discovery.v3.DiscoveryResponse", tree)})
    for name, message, tree in [
        ("struct", "google.protobuf.Struct",
         {"a": 1.5, "b": [True, None, "x"], "c": {"d": {}}}),
        ("durations", "envoy.config.cluster.v3.Cluster", {"name": "d", "connect_timeout": "0.250s"}),
        ("absent and zero wrappers", "envoy.config.endpoint.v3.LbEndpoint",
         {"load_balancing_weight": 0, "health_status": "DRAINING"}),
        ("packed numbers", "envoy.config.route.v3.RetryPolicy", {"retriable_status_codes": [200, 503, 65536]}),
        ("large and negative numbers", "envoy.type.v3.Int64Range", {"start": "-1", "end": "9007199254740993"}),
        ("node", "envoy.config.core.v3.Node",
         {"id": "n", "cluster": "c", "locality": {"region": "r"}, "metadata": {"MESH": "alpha", "N": 2}}),
        ("request", "envoy.service.discovery.v3.DiscoveryRequest",
         {"version_info": "1", "resource_names": ["a", ""], "type_url": "t", "response_nonce": "n",
          "error_detail": {"code": 13, "message": "no"}}),
        ("delta request", "envoy.service.discovery.v3.DeltaDiscoveryRequest",
         {"type_url": "t", "resource_names_subscribe": ["a"], "initial_resource_versions": {"a": "1", "b": ""}}),
        ("otlp by HTTP", "envoy.config.trace.v3.OpenTelemetryConfig",
         {"http_service": {"http_uri": {"uri": "http://o/v1", "cluster": "c", "timeout": "0.5s"}},
          "service_name": "s"}),
        ("otlp by gRPC", "envoy.config.trace.v3.OpenTelemetryConfig",
         {"grpc_service": {"envoy_grpc": {"cluster_name": "c"}}, "service_name": "s"}),
    ]:
        cases.append({"name": name, "message": message, "tree": tree, "bytes": encode(message, tree)})
    (FIXTURES / "protobuf.json").write_text(json.dumps(cases, indent=1) + "\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
