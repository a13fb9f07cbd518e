"""Manifests and command lines that are wrong: one clear answer each, and the server keeps serving."""

import contextlib
import json
import re
import socket
import ssl

import pytest

from harness.api import APIStatus
from harness.kubectl import Kubectl
from harness.processes import run
from harness.programs import HANSE


def config_map(rest="", name="x"):
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: lab\n{rest}"


def object_of(api_version, kind, spec, name="x"):
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: lab}}\nspec: {spec}\n"


def service(spec):
    return object_of("v1", "Service", spec)


def federation(kind, spec):
    return object_of("federation.maistra.io/v1", kind, spec)


def istio(kind, spec):
    return object_of("networking.istio.io/v1beta1", kind, spec)


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij"))

# name, text, what the message says after FILE:LINE:COLUMN
SYNTAX = [
    ("a tab as indentation", "kind: ConfigMap\nmetadata:\n\tname: x\n", (3, 1), "tab"),
    ("a value that goes on as a mapping", "kind: ConfigMap\n metadata: x\n", (2, None), "expected"),
    ("a list that is not closed", "kind: [a, b\n", (2, None), "list"),
    ("a mapping that is not closed", "metadata: {name: x\n", (2, None), "expected"),
    ("a quote that is not closed", "kind: 'ConfigMap\n", (None, None), "quot"),
    ("an alias without an anchor", "kind: *nobody\n", (1, 7), "nobody"),
    ("an alias inside its own anchor", "a: &a [1, *a]\n", (1, None), "alias"),
    ("a key given twice", "kind: ConfigMap\nkind: Secret\n", (2, 1), "given twice"),
    ("a nested key given twice", config_map("data:\n  a: '1'\n  a: '2'\n"), (8, 3), "given twice"),
    ("a billion laughs", LAUGHS, (None, None), "aliases"),
    ("lists in lists without end", "[" * 5000, (1, 101), "deep"),
    ("mappings in mappings without end", "x: " + "{a: " * 5000, (1, None), "deep"),
    ("a tag that runs code", "kind: !!python/object:os.system x\n", (1, 7), "tag"),
    ("a control character", "kind: Config\x01Map\n", (1, None), "control"),
    ("a mapping as key", "? {a: b}\n: c\n", (1, None), "key"),
    ("an error in the second document", config_map() + "---\nkind: [\n", (8, None), "expected"),
    ("a bullet beside a key", "kind: ConfigMap\n- a\n", (2, 1), "expected"),
    ("JSON cut off", '{"kind": "ConfigMap", "metadata": {"name"', (1, None), "expected"),
    ("JSON with more behind it", '{"kind": "ConfigMap"} x', (1, None), "expected"),
    ("JSON with a key twice", '{"kind": "ConfigMap",\n "kind": "Secret"}', (2, 2), "given twice"),
    ("a number as document", "42\n", (1, 1), "mapping"),
    ("a list as document", "- apiVersion: v1\n", (1, 1), "mapping"),
    ("no kind", "apiVersion: v1\nmetadata: {name: x}\n", (1, 1), "kind: required"),
    ("no apiVersion", "kind: ConfigMap\nmetadata: {name: x}\n", (1, 1), "apiVersion: required"),
]

# name, text, what the message must say; no position, since the server finds these
REFUSED = [
    ("an unknown kind", "apiVersion: v1\nkind: Pear\nmetadata: {name: x}\n", ['no matches for kind "Pear"']),
    ("an unknown version", "apiVersion: v7\nkind: ConfigMap\nmetadata: {name: x}\n", ['in version "v7"']),
    ("an unknown group", "apiVersion: example.com/v1\nkind: Peer\nmetadata: {name: x}\n", ['"example.com/v1"']),
    ("no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: lab}\n", ["name"]),
    ("no metadata", "apiVersion: v1\nkind: ConfigMap\n", ["name"]),
    ("a name in capitals", config_map(name="Bad_Name"), ["metadata.name", "Bad_Name", "lowercase RFC 1123"]),
    ("a name with dots alone", config_map(name="'..'"), [".."]),
    ("a name with a slash", config_map(name="a/b"), ["a/b"]),
    ("a name of 254 characters", config_map(name="a" * 254), ["metadata.name", "253"]),
    ("a namespace that is not there", config_map().replace("lab", "nowhere"), ['namespaces "nowhere" not found']),
    ("a label that is a number", config_map().replace("  namespace", "  labels: {tier: 1}\n  namespace"),
     ["metadata.labels", "tier"]),
    ("a label key with a blank", config_map().replace("  namespace", "  labels: {'bad key': a}\n  namespace"),
     ["metadata.labels", "bad key"]),
    ("a label value that is too long", config_map().replace(
        "  namespace", "  labels: {a: " + "b" * 64 + "}\n  namespace"), ["metadata.labels", "63"]),
    ("an annotation that is a list", config_map().replace("  namespace", "  annotations: {a: [1]}\n  namespace"),
     ["metadata.annotations"]),
    ("data that is a number", config_map("data: {a: 1}\n"), ["data.a"]),
    ("data that YAML 1.1 reads as true: on", config_map("data: {a: on}\n"), ["data.a", "boolean"]),
    ("data that YAML 1.1 reads as true: y", config_map("data: {a: y}\n"), ["data.a", "boolean"]),
    ("data that YAML 1.1 reads as octal", config_map("data: {mode: 0644}\n"), ["data.mode", "integer"]),
    ("data that is a list", config_map("data: [a]\n"), ["data"]),
    ("a data key with a slash", config_map("data: {'a/b': x}\n"), ["a/b"]),
    ("binary data that is no base64", config_map("binaryData: {a: '***'}\n"), ["binaryData"]),
    ("a key in data and binaryData", config_map("data: {a: x}\nbinaryData: {a: eA==}\n"), ["a"]),
    ("a field that ConfigMaps do not have", config_map("daata: {a: x}\n"), ['unknown field "daata"']),
    ("a service without ports", service("{}"), ["spec.ports: Required value"]),
    ("a port of zero", service("{ports: [{port: 0}]}"), ["spec.ports[0].port", "between 1 and 65535"]),
    ("a port of 70000", service("{ports: [{port: 70000}]}"), ["spec.ports[0].port", "between 1 and 65535"]),
    ("a port that is a word", service("{ports: [{port: http}]}"), ["spec.ports[0].port", "integer"]),
    ("two ports without names", service("{ports: [{port: 80}, {port: 81}]}"),
     ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"]),
    ("two ports with one name", service("{ports: [{port: 80, name: a}, {port: 81, name: a}]}"),
     ['spec.ports[1].name: Duplicate value: "a"']),
    ("a protocol that is none", service("{ports: [{port: 80, protocol: HTTP}]}"),
     ['Unsupported value: "HTTP"', '"TCP"', '"UDP"']),
    ("a service type that is none", service("{type: Bogus, ports: [{port: 80}]}"), ['"Bogus"', '"LoadBalancer"']),
    ("a spec that is a list", service("[]"), ["spec", "object"]),
    ("a secret that is no base64", "apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: lab}\n"
     "data: {a: '***'}\n", ["data"]),
    ("addresses that are a string", federation("ServiceMeshPeer", "{remote: {addresses: a}}"),
     ["spec.remote.addresses", "array"]),
    ("an address that is a number", federation("ServiceMeshPeer", "{remote: {addresses: [1]}}"),
     ["spec.remote.addresses[0]", "string"]),
    ("a discovery port that is a word", federation("ServiceMeshPeer", "{remote: {discoveryPort: high}}"),
     ["spec.remote.discoveryPort", "integer"]),
    ("a discovery port with a fraction", federation("ServiceMeshPeer", "{remote: {discoveryPort: 1.5}}"),
     ["spec.remote.discoveryPort"]),
    ("a chain without its name", federation("ServiceMeshPeer", "{security: {certificateChain: {kind: ConfigMap}}}"),
     ["spec.security.certificateChain.name", "Required"]),
    ("a trust domain that is a list", federation("ServiceMeshPeer", "{security: {trustDomain: [a]}}"),
     ["spec.security.trustDomain", "string"]),
    ("an unknown field of a peer", federation("ServiceMeshPeer", "{remote: {adresses: [a]}}"),
     ['unknown field "spec.remote.adresses"']),
    ("several unknown fields", federation("ServiceMeshPeer", "{a: 1, remote: {b: 2}}"),
     ['"spec.a"', '"spec.remote.b"']),
    ("export rules that are no list", federation("ExportedServiceSet", "{exportRules: {}}"),
     ["spec.exportRules", "array"]),
    ("an export rule without type", federation("ExportedServiceSet", "{exportRules: [{nameSelector: {name: a}}]}"),
     ["spec.exportRules[0].type", "Required"]),
    ("wrong fields of two rules", federation(
        "ExportedServiceSet", "{exportRules: [{nameSelector: {namespace: 1}}, {type: NameSelector, nameSelector: {name: [a]}}]}"),
     ["spec.exportRules[0].type", "spec.exportRules[0].nameSelector.namespace", "spec.exportRules[1].nameSelector.name"]),
    ("an import flag that is a string", federation(
        "ImportedServiceSet", "{importRules: [{type: NameSelector, importAsLocal: 'true'}]}"),
     ["spec.importRules[0].importAsLocal", "boolean"]),
    ("a locality that is a string", federation("ImportedServiceSet", "{locality: eu}"), ["spec.locality", "object"]),
    ("members that are a string", "apiVersion: maistra.io/v1\nkind: ServiceMeshMemberRoll\n"
     "metadata: {name: default, namespace: lab}\nspec: {members: bookinfo}\n", ["spec.members", "array"]),
    ("a gateway port that is a word", "apiVersion: maistra.io/v2\nkind: ServiceMeshControlPlane\n"
     "metadata: {name: x, namespace: lab}\nspec: {gateways: {additionalIngress: {a: {service: {ports: [{port: x}]}}}}}\n",
     ["spec.gateways.additionalIngress", "port"]),
    ("a weight that is a word", istio("VirtualService", "{hosts: [a], http: [{route: [{destination: {host: a}, weight: most}]}]}"),
     ["spec.http[0].route[0].weight", "integer"]),
    ("routes that are no list", istio("VirtualService", "{hosts: [a], http: {}}"), ["spec.http", "array"]),
    ("hosts that are a string", istio("VirtualService", "{hosts: a}"), ["spec.hosts", "array"]),
    ("a subset without name", istio("DestinationRule", "{host: a, subsets: [{labels: {version: v1}}]}"),
     ["spec.subsets[0].name"]),
    ("workload ports that are words", istio("WorkloadEntry", "{address: 127.0.0.1, ports: {http: high}}"),
     ["spec.ports", "integer"]),
    ("an unknown field of a route", istio("VirtualService", "{hosts: [a], http: [{rout: []}]}"),
     ['unknown field "spec.http[0].rout"']),
]

USAGE = [
    ("no verb that is known", ["frobnicate"], "frobnicate"),
    ("a flag that is unknown", ["apply", "--bogus"], "--bogus"),
    ("apply of nothing", ["apply"], "-f"),
    ("a flag without its value", ["get", "svc", "-n"], "-n"),
    ("an output format that is none", ["get", "svc", "-o", "xml"], "xml"),
    ("get of nothing", ["get"], "type"),
    ("wait for nothing", ["wait", "svc/x"], "--for"),
    ("a timeout that is none", ["wait", "--for", "delete", "svc/x", "--timeout", "soon"], "soon"),
    ("a literal without value", ["create", "configmap", "x", "--from-literal", "a"], "a"),
    ("create configmap without name", ["create", "configmap"], "NAME"),
    ("controller without state", ["controller"], "state"),
    ("a range that is none", ["controller", "--state", "x", "--address-range", "banana"], "banana"),
]


@pytest.fixture(scope="module")
def lab(lubeck):
    lubeck.hanse("create", "namespace", "lab")
    return lubeck


def stored(mesh):
    return sorted(item["metadata"]["name"] for item in mesh.api().list("configmaps", "lab"))


def one_message(result):
    """The one error of a failed command: not a word on stdout, no trace, no crash."""
    assert result.code == 1, result
    assert result.out == "", result
    assert result.err.strip() and "Fatal" not in result.err and "Stack dump" not in result.err, result
    return result.err


@pytest.mark.parametrize("name,text,place,words", SYNTAX, ids=[case[0] for case in SYNTAX])
def test_syntax_errors_name_file_line_and_column(lab, tmp_path, name, text, place, words):
    file = tmp_path / "manifest.yaml"
    file.write_text(text)
    said = one_message(lab.hanse("apply", "-f", file, check=False))
    found = re.search(re.escape(str(file)) + r":(\d+):(\d+): (.*)", said)
    assert found, said
    for want, have in zip(place, found.groups()):
        assert want is None or int(have) == want, said
    assert words in found.group(3).lower() or words in found.group(3), said
    assert lab.api().list("namespaces"), "the server serves on"


def test_bytes_that_are_no_text_are_refused_with_their_place(lab, tmp_path):
    file = tmp_path / "manifest.yaml"
    file.write_bytes(b"kind: ConfigMap\nmetadata: {name: \xff\xfe}\n")
    said = one_message(lab.hanse("apply", "-f", file, check=False))
    assert re.search(r"manifest\.yaml:2:\d+: .*UTF-8", said), said


@pytest.mark.parametrize("name,text,words", REFUSED, ids=[case[0] for case in REFUSED])
def test_wrong_fields_are_named_and_nothing_is_stored(lab, name, text, words):
    before = stored(lab)
    said = one_message(lab.hanse("apply", "-f", "-", input=text, check=False))
    for word in words:
        assert word in said, said
    assert stored(lab) == before, "nothing of it is stored"


@pytest.mark.parametrize("version", ["kubectl-1.32", "kubectl-1.20"])
def test_kubectl_gets_the_same_refusals(lab, workdir, version):
    kubectl = Kubectl(version, workdir, lab.kubeconfig)
    picked = [case for case in REFUSED if "unknown" not in case[0] and "name" not in case[0]][2:40:4]
    assert len(picked) >= 8
    for name, text, words in picked:
        said = kubectl.refused("apply", "--validate=false", "-f", "-", input=text)
        for word in words:
            assert word in said, f"{name}: {said}"


@pytest.mark.parametrize("name,arguments,word", USAGE, ids=[case[0] for case in USAGE])
def test_wrong_command_lines_exit_with_2_and_say_why(name, arguments, word):
    result = run([HANSE, *arguments])
    assert result.code == 2, result
    assert result.out == "" and result.err.startswith("error: ") and word in result.err, result
    assert "--help" in result.err, result


def test_good_documents_beside_a_refused_one_are_applied(lab):
    text = "---\n".join([config_map(name="good-1"), config_map("data: {a: 1}\n", name="bad"), config_map(name="good-2")])
    result = lab.apply(text, check=False)
    assert result.code == 1
    assert result.out == "configmap/good-1 created\nconfigmap/good-2 created\n"
    assert "data.a" in result.err and result.err.count("invalid") <= 2
    assert {"good-1", "good-2"} <= set(stored(lab)) and "bad" not in stored(lab)
    lab.hanse("delete", "configmap", "good-1", "good-2", "-n", "lab")


def test_files_that_are_not_there_or_hold_nothing(lab, tmp_path):
    for path, word in ((tmp_path / "none.yaml", "does not exist"), (tmp_path, "no ")):
        said = one_message(lab.hanse("apply", "-f", path, check=False))
        assert word in said, said
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nothing\n---\n---\n")
    assert "no objects passed" in one_message(lab.hanse("apply", "-f", empty, check=False))


def test_a_stale_resource_version_is_a_conflict(lab):
    lab.apply(config_map("data: {a: '1'}\n", name="versioned"))
    first = lab.api().get("configmaps", "lab", "versioned")
    lab.api().patch("configmaps", "lab", "versioned", {"data": {"a": "2"}})
    with pytest.raises(APIStatus) as caught:
        lab.api().replace("configmaps", "lab", "versioned", first)
    assert caught.value.code == 409 and "the object has been modified" in str(caught.value)
    assert lab.api().get("configmaps", "lab", "versioned")["data"] == {"a": "2"}


def connect(mesh):
    raw = socket.create_connection((mesh.address(1), 6443), timeout=20)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(raw)


def exchange(connection, data):
    answer = b""
    # Who is refused half-way may be unable to send the rest; the answer is there all the same.
    with contextlib.suppress(OSError):
        connection.sendall(data)
    try:
        while chunk := connection.recv(65536):
            answer += chunk
    except OSError:
        pass
    connection.close()
    return answer


HOSTILE = [
    ("two lengths", b"POST /api/v1/namespaces HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", b" 400 "),
    ("length and chunks", b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b" 400 "),
    ("no host", b"GET /api HTTP/1.1\r\n\r\n", b" 400 "),
    ("a space before the colon", b"GET /api HTTP/1.1\r\nHost : a\r\n\r\n", b" 400 "),
    ("a bad method", b"G@T /api HTTP/1.1\r\nHost: a\r\n\r\n", b" 400 "),
    ("headers without end", b"GET /api HTTP/1.1\r\nHost: a\r\n" + b"x-a: " + b"b" * 200_000 + b"\r\n\r\n", b" 431 "),
    ("too many headers", b"GET /api HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 500 + b"\r\n", b" 431 "),
]


@pytest.mark.parametrize("name,data,status", HOSTILE, ids=[case[0] for case in HOSTILE])
def test_hostile_requests_are_answered_and_forgotten(lab, name, data, status):
    answer = exchange(connect(lab), data)
    assert status in answer.split(b"\r\n", 1)[0], answer[:200]
    assert lab.api().list("namespaces")


def test_noise_and_silence_on_the_port_disturb_nobody(lab):
    silent = [socket.create_connection((lab.address(1), 6443), timeout=5) for _ in range(50)]
    for noise in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", bytes(range(256)) * 16, b"\x16\x03\x01\xff\xff" + b"\0" * 512):
        connection = socket.create_connection((lab.address(1), 6443), timeout=5)
        exchange(connection, noise)
    half = connect(lab)
    half.sendall(b"POST /api/v1/namespaces/lab/configmaps HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{")
    assert lab.api().list("namespaces")
    assert lab.hanse("get", "namespaces", "-o", "name").out
    for connection in [*silent, half]:
        connection.close()


def test_bodies_beyond_the_limit_are_refused_before_they_are_read(lab):
    with pytest.raises(APIStatus) as caught:
        lab.api().create("configmaps", "lab", {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "huge"}, "data": {"a": "x" * 1_100_000}})
    assert caught.value.code in (413, 422), caught.value
    assert "huge" not in stored(lab)


def test_requests_without_credentials_see_nothing(lab):
    answer = exchange(connect(lab), b"GET /api/v1/secrets HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, body = answer.split(b"\r\n\r\n", 1)
    assert b" 401 " in head.split(b"\r\n", 1)[0]
    assert json.loads(body)["reason"] == "Unauthorized"
    answer = exchange(
        connect(lab), b"GET /api/v1/secrets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n")
    assert b" 401 " in answer.split(b"\r\n", 1)[0]
