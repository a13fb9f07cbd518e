"""15: what the admin pages answer to questions in detail, the same on both."""

import json
import re

import pytest

from control_plane import Files
from harness.waiting import eventually
from network import HttpBackend, get
from resources import assignment, bootstrap, chain, cluster, group, http, listener, route, route_config
from running import Gateway, place
from worlds import both, ids


class World:
    """Static listener and cluster `fixed`; listener `dyn`, its routes `moving`, clusters `moved` and `other` by file."""

    def __init__(self, kind, directory):
        self.kind, self.backend, self.at, self.fixed = kind, HttpBackend("a"), place(), place()
        files = Files(directory / f"{kind}-xds")
        files.put("eds", "endpoints", assignment("service", group(self.backend.port)))
        files.put("rds", "routes", route_config("moving", route("all", "/", "moved")))
        files.put("cds", "clusters", cluster("moved", type="EDS", eds_cluster_config={
            "service_name": "service", "eds_config": files.source("eds")}), cluster("other", self.backend.port))
        files.put("lds", "listeners", listener("dyn", self.at, chain(http("dyn", rds={
            "route_config_name": "moving", "config_source": files.source("rds")}))))
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("fixed", self.fixed, chain(http("inline", route("all", "/", "fixed"))))],
            [cluster("fixed", self.backend.port)], admin=place(), dynamic_resources={
                "lds_config": files.source("lds"), "cds_config": files.source("cds")}), places=[self.at])

    def configs(self, query):
        status, text = self.gateway.admin(f"/config_dump?{query}")
        assert status == 200, text
        return json.loads(text).get("configs", [])


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        eventually("it serves", lambda: get(made.at).status == 200, 15)
        yield made
    made.backend.stop()


def name(item):
    """The name of the resource that an item of a dump holds."""
    for key in ("cluster", "listener", "route_config", "endpoint_config"):
        if key in item:
            return item[key].get("name") or item[key]["cluster_name"]
    return item["name"]


# The list, the message of its items, and the names in it.
LISTS = [
    ("static_clusters", "ClustersConfigDump.StaticCluster", ["fixed"]),
    ("dynamic_active_clusters", "ClustersConfigDump.DynamicCluster", ["moved", "other"]),
    ("static_listeners", "ListenersConfigDump.StaticListener", ["fixed"]),
    ("dynamic_listeners", "ListenersConfigDump.DynamicListener", ["dyn"]),
    ("static_route_configs", "RoutesConfigDump.StaticRouteConfig", ["inline"]),
    ("dynamic_route_configs", "RoutesConfigDump.DynamicRouteConfig", ["moving"]),
    ("dynamic_endpoint_configs&include_eds", "EndpointsConfigDump.DynamicEndpointConfig", ["service"])]


@pytest.mark.parametrize("row", LISTS, ids=ids(LISTS))
def test_15_resource_gives_one_list(world, row):
    found = world.configs("resource=" + row[0])
    assert {item["@type"] for item in found} == {"type.googleapis.com/envoy.admin.v3." + row[1]}
    # Envoy counts the clusters that are no EDS among the endpoints as well.
    assert set(row[2]) <= {name(item) for item in found}
    assert "endpoint" in row[0] or len(found) == len(row[2])


def test_15_endpoints_are_shown_where_they_are_asked_for(world):
    kinds = [item["@type"].rpartition(".")[2] for item in world.configs("")]
    assert "EndpointsConfigDump" not in kinds
    kinds = [item["@type"].rpartition(".")[2] for item in world.configs("include_eds")]
    assert "EndpointsConfigDump" in kinds and "BootstrapConfigDump" in kinds
    assert name(world.configs("resource=static_endpoint_configs&include_eds")[0]) == "fixed"


# A mask, and the keys of an item besides its type.
MASKS = [
    ("resource=dynamic_listeners&mask=name", {"name": "dyn"}),
    ("resource=static_clusters&mask=cluster.name", {"cluster": {"name": "fixed"}}),
    ("resource=static_clusters&mask=cluster.name,cluster.connect_timeout", {
        "cluster": {"name": "fixed", "connect_timeout": "1s"}}),
    ("resource=dynamic_route_configs&mask=route_config.name", {"route_config": {"name": "moving"}})]


@pytest.mark.parametrize("row", MASKS, ids=ids(MASKS))
def test_15_mask_shows_the_fields_that_it_names(world, row):
    def bare(value):
        return {k: bare(v) for k, v in value.items() if k != "@type"} if isinstance(value, dict) else value
    assert [bare(item) for item in world.configs(row[0])] == [row[1]]


@pytest.mark.parametrize("pattern, names", [("oth.*", ["other"]), ("oth", []), (".*", ["moved", "other"])])
def test_15_name_regex_matches_whole_names(world, pattern, names):
    found = world.configs(f"resource=dynamic_active_clusters&name_regex={pattern}")
    assert sorted(map(name, found)) == names


def test_15_name_regex_applies_to_the_whole_dump(world):
    sections = {item["@type"].rpartition(".")[2]: item for item in world.configs("name_regex=fix.*")}
    clusters = sections["ClustersConfigDump"]
    assert [name(item) for item in clusters["static_clusters"]] == ["fixed"]
    assert not clusters.get("dynamic_active_clusters")


BAD = [
    ("/config_dump?resource=nothing", 404), ("/config_dump?resource=dynamic_endpoint_configs", 404),
    ("/config_dump?resource=bootstrap", 400), ("/config_dump?name_regex=[", 400),
    ("/config_dump?resource=static_clusters&mask=nothing", 400), ("/stats?filter=[", 400),
    ("/stats/prometheus?filter=[", 400), ("/drain_listeners", 405)]


@pytest.mark.parametrize("row", BAD, ids=ids(BAD))
def test_15_bad_questions_are_refused(world, row):
    assert world.gateway.admin(row[0])[0] == row[1]


def test_15_listeners_are_lines_or_json(world):
    wanted = {"fixed": tuple(world.fixed), "dyn": tuple(world.at)}
    lines = world.gateway.admin("/listeners")[1].split()
    assert set(lines) == {f"{key}::{host}:{port}" for key, (host, port) in wanted.items()}
    statuses = json.loads(world.gateway.admin("/listeners?format=json")[1])["listener_statuses"]
    found = {item["name"]: item["local_address"]["socket_address"] for item in statuses}
    assert {key: (value["address"], value["port_value"]) for key, value in found.items()} == wanted


def test_15_stats_come_as_json_too(world):
    text = world.gateway.admin("/stats?format=json&filter=^cluster.moved.upstream_cx_total$")[1]
    assert json.loads(text)["stats"] == [{"name": "cluster.moved.upstream_cx_total", "value": 1}]


def test_15_prometheus_text_can_be_filtered(world):
    text = world.gateway.admin("/stats/prometheus?filter=cluster.moved.upstream_cx_total")[1]
    samples = [line for line in text.splitlines() if line and line[0] != "#"]
    assert samples == ['envoy_cluster_upstream_cx_total{envoy_cluster_name="moved"} 1']
    assert re.search("^# TYPE envoy_cluster_upstream_cx_total counter$", text, re.M)


def test_15_clusters_are_lines_too(world):
    text = world.gateway.admin("/clusters")[1]
    endpoint = f"127.0.0.1:{world.backend.port}"
    for line in ("moved::default_priority::max_connections::1024", f"moved::{endpoint}::health_flags::healthy",
                 f"fixed::{endpoint}::rq_active::0"):
        assert line in text.splitlines(), text
