"""Real kubectl against one controller: every verb and output form that a walk-through uses."""

import json
import pathlib

import pytest
import yaml

from harness.kubectl import VERSIONS, Kubectl
from harness.waiting import eventually

QUIRKS = pathlib.Path(__file__).parent / "manifests" / "quirks"

PEER = """
apiVersion: federation.maistra.io/v1
kind: ServiceMeshPeer
metadata:
  name: west
  namespace: {ns}
  labels: {{side: far}}
spec:
  remote:
    addresses: [127.0.0.9]
  gateways:
    ingress: {{name: west-ingress}}
    egress: {{name: west-egress}}
  security:
    trustDomain: west.local
    clientID: west.local/ns/west/sa/west-egress-service-account
"""

SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: ratings
  namespace: {ns}
  labels: {{app: ratings}}
spec:
  selector: {{app: ratings}}
  ports:
  - {{name: http, port: 9080}}
"""


@pytest.fixture(scope="module", params=list(VERSIONS))
def kubectl(request, lubeck, workdir):
    return Kubectl(request.param, workdir, lubeck.kubeconfig)


@pytest.fixture
def ns(kubectl, request):
    """A namespace of the test's own."""
    number = sum(map(ord, request.node.name)) % 9973
    name = f"lab-{number}-{'old' if kubectl.is_old else 'new'}"
    kubectl("create", "namespace", name)
    return name


def rows(text):
    """A table as a list of lists, header first."""
    return [line.split() for line in text.splitlines()]


def test_version_names_a_server_that_kubectl_of_today_expects(kubectl):
    answer = json.loads(kubectl("version", "-o", "json").out)
    assert answer["serverVersion"]["major"] == "1"
    assert answer["serverVersion"]["minor"] == "32"


def test_api_resources_lists_every_kind_with_its_short_name(kubectl):
    lines = kubectl("api-resources", "--no-headers").out.splitlines()
    words = {line.split()[0]: line.split() for line in lines}
    for plural in (
            "namespaces configmaps secrets services endpoints serviceaccounts events pods deployments endpointslices "
            "servicemeshpeers exportedservicesets importedservicesets servicemeshcontrolplanes "
            "servicemeshmemberrolls servicemeshmembers virtualservices destinationrules serviceentries "
            "workloadentries gateways").split():
        assert plural in words, plural
    assert "smmr" in words["servicemeshmemberrolls"]
    assert "smcp" in words["servicemeshcontrolplanes"]
    assert "vs" in words["virtualservices"]
    versions = kubectl("api-versions").out.split()
    for version in ("v1", "apps/v1", "federation.maistra.io/v1", "maistra.io/v1", "maistra.io/v2",
                    "networking.istio.io/v1alpha3", "networking.istio.io/v1beta1", "networking.istio.io/v1"):
        assert version in versions


def test_create_namespace_twice_says_that_it_exists(kubectl, ns):
    said = kubectl.refused("create", "namespace", ns)
    assert "Error from server (AlreadyExists)" in said and f'namespaces "{ns}" already exists' in said
    table = rows(kubectl("get", "namespace", ns).out)
    assert table[0] == ["NAME", "STATUS", "AGE"] and table[1][:2] == [ns, "Active"]


@pytest.mark.parametrize("ns_first", [True, False])
def test_create_configmap_from_literal_keeps_a_pem_and_is_read_by_escaped_jsonpath(kubectl, ns, ns_first):
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    literal, place = [f"--from-literal=root-cert.pem={pem}"], ["-n", ns]
    arguments = place + literal if ns_first else literal + place
    made = kubectl("create", "configmap", "east-ca-root-cert", *arguments)
    assert made.out == "configmap/east-ca-root-cert created\n"
    read = kubectl("get", "configmap", "-n", ns, "east-ca-root-cert", "-o", r"jsonpath={.data.root-cert\.pem}")
    assert read.out == pem
    again = kubectl.refused("create", "configmap", "east-ca-root-cert", *arguments)
    assert 'configmaps "east-ca-root-cert" already exists' in again


def test_apply_creates_changes_and_leaves_alone(kubectl, ns):
    peer = PEER.format(ns=ns)
    assert kubectl("apply", "-f", "-", input=peer).out == "servicemeshpeer.federation.maistra.io/west created\n"
    assert kubectl("apply", "-f", "-", input=peer).out == "servicemeshpeer.federation.maistra.io/west unchanged\n"
    changed = peer.replace("127.0.0.9", "127.0.0.8")
    assert kubectl("apply", "-f", "-", input=changed).out == "servicemeshpeer.federation.maistra.io/west configured\n"
    stored = json.loads(kubectl("get", "servicemeshpeer", "west", "-n", ns, "-o", "json").out)
    assert stored["spec"]["remote"]["addresses"] == ["127.0.0.8"]
    assert stored["metadata"]["generation"] == 2


def test_apply_of_a_built_in_kind_merges_ports_by_number(kubectl, ns):
    service = SERVICE.format(ns=ns)
    assert kubectl("apply", "-f", "-", input=service).out == "service/ratings created\n"
    assert kubectl("apply", "-f", "-", input=service).out == "service/ratings unchanged\n"
    grown = service + "  - {name: metrics, port: 9090}\n"
    assert kubectl("apply", "-f", "-", input=grown).out == "service/ratings configured\n"
    stored = json.loads(kubectl("get", "svc", "ratings", "-n", ns, "-o", "json").out)
    assert [port["port"] for port in stored["spec"]["ports"]] == [9080, 9090]
    assert kubectl("apply", "-f", "-", input=service).out == "service/ratings configured\n"
    stored = json.loads(kubectl("get", "svc", "ratings", "-n", ns, "-o", "json").out)
    assert [port["port"] for port in stored["spec"]["ports"]] == [9080]


def test_apply_takes_files_directories_and_lists(kubectl, ns, tmp_path):
    (tmp_path / "a.yaml").write_text(PEER.format(ns=ns))
    (tmp_path / "b.json").write_text(json.dumps({
        "apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(SERVICE.format(ns=ns))]}))
    (tmp_path / "ignored.txt").write_text("not a manifest")
    first = kubectl("apply", "-f", tmp_path / "a.yaml", "-f", tmp_path / "b.json")
    assert first.out.splitlines() == [
        "servicemeshpeer.federation.maistra.io/west created", "service/ratings created"]
    second = kubectl("apply", "-f", tmp_path)
    assert second.out.splitlines() == [
        "servicemeshpeer.federation.maistra.io/west unchanged", "service/ratings unchanged"]


def test_apply_n_gives_the_namespace_and_refuses_another(kubectl, ns, tmp_path):
    manifest = tmp_path / "peer.yaml"
    manifest.write_text(PEER.replace("  namespace: {ns}\n", "").format())
    assert "created" in kubectl("apply", "-n", ns, "-f", manifest).out
    assert kubectl("get", "servicemeshpeers", "-n", ns, "-o", "name").out == (
        "servicemeshpeer.federation.maistra.io/west\n")
    manifest.write_text(PEER.format(ns="elsewhere"))
    said = kubectl.refused("apply", "-n", ns, "-f", manifest)
    assert 'the namespace from the provided object "elsewhere" does not match the namespace' in said


def test_apply_into_a_namespace_that_is_not_there_says_so(kubectl):
    said = kubectl.refused("apply", "-f", "-", input=PEER.format(ns="nowhere"))
    assert 'namespaces "nowhere" not found' in said


def test_get_prints_tables(kubectl, ns):
    kubectl("apply", "-f", "-", input=PEER.format(ns=ns) + "---" + SERVICE.format(ns=ns))
    kubectl("create", "configmap", "c", "-n", ns, "--from-literal=a=1", "--from-literal=b=2")
    table = rows(kubectl("get", "svc", "-n", ns).out)
    assert table[0] == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    assert table[1][:2] == ["ratings", "ClusterIP"] and table[1][4] == "9080/TCP"
    assert rows(kubectl("get", "cm", "c", "-n", ns, "--no-headers").out)[0][:2] == ["c", "2"]
    table = rows(kubectl("get", "servicemeshpeers", "-n", ns).out)
    assert table[0][0] == "NAME" and table[0][-1] == "AGE" and table[1][0] == "west"
    table = rows(kubectl("get", "servicemeshpeers", "-A").out)
    assert table[0][:2] == ["NAMESPACE", "NAME"] and [ns, "west"] in [row[:2] for row in table]
    both = kubectl("get", "servicemeshpeers,svc", "-n", ns).out
    assert "servicemeshpeer.federation.maistra.io/west" in both and "service/ratings" in both


def test_get_selects_and_formats(kubectl, ns):
    kubectl("apply", "-f", "-", input=PEER.format(ns=ns) + "---" + PEER.format(ns=ns).replace(
        "west", "east").replace("far", "near"))
    names = kubectl("get", "servicemeshpeers", "-n", ns, "-l", "side=far", "-o", "name").out
    assert names == "servicemeshpeer.federation.maistra.io/west\n"
    names = kubectl("get", "servicemeshpeers", "-n", ns, "-l", "side in (far,near),side!=far", "-o", "name").out
    assert names == "servicemeshpeer.federation.maistra.io/east\n"
    text = kubectl("get", "servicemeshpeer", "west", "-n", ns, "-o", "yaml").out
    assert yaml.safe_load(text)["spec"]["security"]["trustDomain"] == "west.local"
    listed = json.loads(kubectl("get", "servicemeshpeers", "-n", ns, "-o", "json").out)
    assert [item["metadata"]["name"] for item in listed["items"]] == ["east", "west"]
    paths = kubectl(
        "get", "servicemeshpeers", "-n", ns, "-o", "jsonpath={.items[*].spec.security.trustDomain}").out
    assert paths == "east.local west.local"
    labels = kubectl("get", "servicemeshpeer", "west", "-n", ns, "--show-labels", "--no-headers").out
    assert "side=far" in labels


def test_get_of_what_is_not_there(kubectl, ns):
    said = kubectl.refused("get", "servicemeshpeer", "nobody", "-n", ns)
    assert said == (
        'Error from server (NotFound): servicemeshpeers.federation.maistra.io "nobody" not found\n')
    assert kubectl("get", "servicemeshpeers", "-n", ns).err == f"No resources found in {ns} namespace.\n"
    assert 'the server doesn\'t have a resource type "sub"' in kubectl.refused(
        "get", "sub", "servicemeshoperator", "-n", "openshift-operators")
    kubectl("get", "servicemeshpeer", "nobody", "-n", ns, "--ignore-not-found")


def test_watch_prints_every_change(kubectl, ns):
    kubectl("apply", "-f", "-", input=PEER.format(ns=ns))
    watch = kubectl.start(f"watch-{ns}", "get", "servicemeshpeers", "-n", ns, "-w", "-o", "name")
    try:
        eventually("the first line", lambda: "west" in watch.text())
        kubectl("apply", "-f", "-", input=PEER.format(ns=ns).replace("west", "east"))
        eventually("the new peer", lambda: "east" in watch.text())
        kubectl("label", "servicemeshpeer", "west", "-n", ns, "seen=yes")
        eventually("the change", lambda: watch.text().count("west") == 2)
        assert watch.is_running
    finally:
        watch.stop()


def test_watch_of_one_object_as_table(kubectl, ns):
    kubectl("create", "configmap", "c", "-n", ns, "--from-literal=a=1")
    watch = kubectl.start(f"watch-one-{ns}", "get", "configmap", "c", "-n", ns, "-w")
    try:
        eventually("header and row", lambda: len(watch.text().splitlines()) == 2)
        kubectl("apply", "-f", "-", input=f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {ns}}}\n"
                "data: {a: '1', b: '2', c: '3'}\n")
        eventually("the changed row", lambda: rows(watch.text())[-1][:2] == ["c", "3"])
    finally:
        watch.stop()


def test_label_and_annotate(kubectl, ns):
    kubectl("apply", "-f", "-", input=PEER.format(ns=ns))
    assert "labeled" in kubectl("label", "servicemeshpeer", "west", "-n", ns, "tier=gold").out
    said = kubectl.refused("label", "servicemeshpeer", "west", "-n", ns, "tier=iron")
    assert "already has a value (gold)" in said
    kubectl("label", "--overwrite", "servicemeshpeer", "west", "-n", ns, "tier=iron")
    assert "annotated" in kubectl("annotate", "servicemeshpeer", "west", "-n", ns, "owner=port authority").out
    stored = json.loads(kubectl("get", "servicemeshpeer", "west", "-n", ns, "-o", "json").out)["metadata"]
    assert stored["labels"] == {"side": "far", "tier": "iron"}
    assert stored["annotations"]["owner"] == "port authority"
    assert stored["generation"] == 1, "metadata alone makes no new generation"
    kubectl("label", "servicemeshpeer", "west", "-n", ns, "tier-")
    kubectl("annotate", "servicemeshpeer", "west", "-n", ns, "owner-")
    stored = json.loads(kubectl("get", "servicemeshpeer", "west", "-n", ns, "-o", "json").out)["metadata"]
    assert "tier" not in stored["labels"] and "owner" not in stored["annotations"]


def test_patch_in_three_ways(kubectl, ns):
    kubectl("apply", "-f", "-", input=PEER.format(ns=ns) + "---" + SERVICE.format(ns=ns))
    kubectl("patch", "servicemeshpeer", "west", "-n", ns, "--type", "merge",
            "-p", '{"spec":{"remote":{"discoveryPort":8189}}}')
    kubectl("patch", "servicemeshpeer", "west", "-n", ns, "--type", "json",
            "-p", '[{"op":"add","path":"/spec/remote/addresses/-","value":"127.0.0.7"}]')
    stored = json.loads(kubectl("get", "servicemeshpeer", "west", "-n", ns, "-o", "json").out)["spec"]["remote"]
    assert stored == {"addresses": ["127.0.0.9", "127.0.0.7"], "discoveryPort": 8189}
    kubectl("patch", "svc", "ratings", "-n", ns,
            "-p", '{"spec":{"ports":[{"port":9080,"targetPort":8080},{"name":"m","port":9090}]}}')
    ports = json.loads(kubectl("get", "svc", "ratings", "-n", ns, "-o", "json").out)["spec"]["ports"]
    assert {p["port"]: (p.get("name"), p.get("targetPort")) for p in ports} == {
        9080: ("http", 8080), 9090: ("m", 9090)}
    assert "(no change)" in kubectl(
        "patch", "servicemeshpeer", "west", "-n", ns, "--type", "merge",
        "-p", '{"spec":{"remote":{"discoveryPort":8189}}}').out


def test_delete_by_name_file_and_label(kubectl, ns, tmp_path):
    manifest = tmp_path / "two.yaml"
    manifest.write_text(PEER.format(ns=ns) + "---" + SERVICE.format(ns=ns))
    kubectl("apply", "-f", manifest)
    assert kubectl("delete", "servicemeshpeer", "west", "-n", ns).out.startswith(
        'servicemeshpeer.federation.maistra.io "west" deleted')
    kubectl("apply", "-f", manifest)
    kubectl("delete", "-f", manifest)
    assert kubectl("get", "servicemeshpeers,svc", "-n", ns, "-o", "name").out == ""
    kubectl("apply", "-f", manifest)
    kubectl("delete", "svc", "-l", "app=ratings", "-n", ns)
    kubectl("wait", "--for=delete", "svc/ratings", "-n", ns, "--timeout=5s", check=not kubectl.is_old)
    assert 'services "ratings" not found' in kubectl.refused("delete", "svc", "ratings", "-n", ns)


def test_delete_of_a_namespace_takes_all_that_is_in_it(kubectl, ns):
    kubectl("apply", "-f", "-", input=PEER.format(ns=ns) + "---" + SERVICE.format(ns=ns))
    assert kubectl("delete", "namespace", ns, "--timeout=60s").out.startswith(f'namespace "{ns}" deleted')
    assert "not found" in kubectl.refused("get", "namespace", ns)
    kubectl("create", "namespace", ns)
    assert kubectl("get", "servicemeshpeers,svc", "-n", ns, "-o", "name").out == ""


def test_unknown_fields_are_named(kubectl, ns):
    manifest = PEER.format(ns=ns).replace("addresses:", "adresses:")
    result = kubectl("apply", "-f", "-", input=manifest, check=False)
    assert "adresses" in result.err, result
    if not kubectl.is_old:
        assert result.code == 1 and 'strict decoding error: unknown field "spec.remote.adresses"' in result.err
        warned = kubectl("apply", "--validate=warn", "-f", "-", input=manifest)
        assert 'Warning: unknown field "spec.remote.adresses"' in warned.err
        silent = kubectl("apply", "--validate=false", "-f", "-", input=manifest)
        assert "Warning" not in silent.err


@pytest.mark.parametrize("file", sorted(path.name for path in QUIRKS.glob("*.yaml")))
def test_manifests_of_the_wild_apply_without_edits(kubectl, ns, file):
    manifest = (QUIRKS / file).read_text()
    applied = kubectl("apply", "-n", ns, "-f", "-", input=manifest)
    documents = [d for d in yaml.safe_load_all(manifest) if d]
    assert len(applied.out.splitlines()) == len(documents)
    assert all(line.endswith(" created") for line in applied.out.splitlines()), applied
    again = kubectl("apply", "-n", ns, "-f", "-", input=manifest)
    assert "created" not in again.out
    if file == "ignored-alias.yaml":
        assert "Warning" in applied.err and "labelSelector.alias" in applied.err, applied
    else:
        assert applied.err == "", applied


def test_a_deployment_loses_nothing_of_what_was_written(kubectl, ns):
    manifest = (QUIRKS / "bookinfo-deployment.yaml").read_text()
    kubectl("apply", "-n", ns, "-f", "-", input=manifest)
    wanted = next(d for d in yaml.safe_load_all(manifest) if d["kind"] == "Deployment")
    stored = json.loads(kubectl("get", "deployment", wanted["metadata"]["name"], "-n", ns, "-o", "json").out)

    def missing(want, have, path):
        if isinstance(want, dict):
            for key, value in want.items():
                assert key in have, f"{path}.{key} is lost"
                missing(value, have[key], f"{path}.{key}")
        elif isinstance(want, list):
            assert len(want) == len(have), path
            for index, value in enumerate(want):
                missing(value, have[index], f"{path}[{index}]")
        else:
            assert want == have, path

    missing(wanted["spec"], stored["spec"], "spec")
