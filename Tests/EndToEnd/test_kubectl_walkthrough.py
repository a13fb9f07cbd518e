"""The walk-through by hand with real kubectl: one kubeconfig, three contexts, command by command."""

import json
import os
import re
import shutil

import pytest

from harness.federation import DETAILS, EXPORTED, V2, V3, Federation
from harness.kubectl import VERSIONS, Kubectl
from harness.processes import run
from harness.programs import HANSE, ROOT, SAMPLES
from harness.traffic import shares
from harness.waiting import eventually


class ByHand(Federation):
    """Three running controllers and the services; everything else is up to kubectl."""

    def __init__(self, directory):
        super().__init__(directory)
        for mesh in self.meshes:
            mesh.runs_gateways = True

    def start(self):
        for mesh in self.meshes:
            mesh.start_controller(waits=False)
        for mesh in self.meshes:
            mesh.await_api()
        self.start_services()

    def context(self, mesh, kubectl):
        """kubectl for one mesh."""
        return lambda *arguments, **more: kubectl("--context", mesh.name, *arguments, **more)


@pytest.fixture(params=list(VERSIONS))
def version(request):
    return request.param


@pytest.fixture
def meshes(workdir, version, request):
    directory = workdir / f"{request.node.originalname}-{version}"
    directory.mkdir()
    meshes = ByHand(directory)
    try:
        meshes.start()
        yield meshes
    finally:
        meshes.stop()


def jsonpath_status(kubectl, mesh, kind, name):
    """The status of a federation object in both published forms, which must agree."""
    text = kubectl("--context", mesh.name, "-n", mesh.namespace, "get", kind, name, "-o", "jsonpath={.status}").out
    whole = json.loads(kubectl("--context", mesh.name, "-n", mesh.namespace, "get", kind, name, "-o", "json").out)
    return json.loads(text) if text else whole.get("status", {})


def test_three_meshes_by_hand(meshes, version):
    lubeck, bergen, riga = meshes.meshes
    kubectl = Kubectl(version, meshes.lubeck.directory, *(mesh.kubeconfig for mesh in meshes.meshes))

    # One kubeconfig with three contexts, flattened, as an admin of several clusters keeps it.
    flat = kubectl.home / "config"
    flat.write_text(kubectl("config", "view", "--flatten").out)
    flat.chmod(0o600)
    kubectl.env["KUBECONFIG"] = str(flat)
    assert sorted(kubectl("config", "get-contexts", "-o", "name").out.split()) == ["bergen", "lubeck", "riga"]
    kubectl("config", "rename-context", "riga", "rog")
    assert 'Switched to context "rog"' in kubectl("config", "use-context", "rog").out
    kubectl("config", "rename-context", "rog", "riga")

    # Each mesh: namespaces, control plane, members, services.
    for mesh in meshes.meshes:
        kubectl("config", "use-context", mesh.name)
        kubectl("create", "namespace", mesh.namespace)
        kubectl("create", "namespace", "bookinfo")
        folder = kubectl.home / mesh.name
        folder.mkdir()
        for file in ("mesh.yaml", "bookinfo.yaml"):
            (folder / file).write_text(mesh.sample(file))
        kubectl("apply", "-f", folder)
        waited = kubectl(
            "wait", "--for", "condition=Ready", "-n", mesh.namespace, "smmr/default", "--timeout", "300s", timeout=330)
        assert waited.out == "servicemeshmemberroll.maistra.io/default condition met\n"
        kubectl("wait", "--for=condition=Ready", "-n", mesh.namespace, f"smcp/{mesh.name}", "--timeout=60s")
        table = kubectl("get", "smcp,smmr", "-n", mesh.namespace).out
        assert "READY" in table and "ComponentsReady" in table, table

    # The roots, as text, in both directions.
    def root(mesh):
        pem = kubectl("--context", mesh.name, "get", "configmap", "-n", mesh.namespace, "istio-ca-root-cert",
                      "-o", r"jsonpath={.data.root-cert\.pem}").out
        assert pem.startswith("-----BEGIN CERTIFICATE-----")
        checked = run(["openssl", "x509", "-subject", "-noout"], input=pem)
        assert checked.code == 0, checked
        member = kubectl("--context", mesh.name, "get", "configmap", "-n", "bookinfo", "istio-ca-root-cert",
                         "-o", r"jsonpath={.data.root-cert\.pem}").out
        assert member == pem, "every member namespace has the root as well"
        return pem.rstrip()

    roots = {mesh.name: root(mesh) for mesh in meshes.meshes}
    assert len(set(roots.values())) == 3, "three roots"
    for one, other in ((lubeck, bergen), (lubeck, riga), (bergen, lubeck), (riga, lubeck)):
        kubectl("--context", one.name, "create", "configmap", f"{other.name}-ca-root-cert",
                f"--from-literal=root-cert.pem={roots[other.name]}", "-n", one.namespace)
        address = kubectl("--context", other.name, "get", "svc", f"{one.name}-ingress", "-n", other.namespace,
                          "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}").out
        assert re.fullmatch(r"127\.0\.\d+\.\d+", address)
        hostname = kubectl("--context", other.name, "get", "svc", f"{one.name}-ingress", "-n", other.namespace,
                           "-o", "jsonpath={.status.loadBalancer.ingress[0].hostname}").out
        assert hostname == ""
        manifest = one.sample(f"peer-{other.name}.yaml", PEER_ADDRESS=address)
        kubectl("--context", one.name, "apply", "-n", one.namespace, "-f", "-", input=manifest)

    # Exports, imports, routes.
    for peer in meshes.peers:
        kubectl("--context", peer.name, "apply", "-f", "-", input=peer.sample("export.yaml"))
        kubectl("--context", "lubeck", "apply", "-f", "-", input=lubeck.sample(f"import-{peer.name}.yaml"))
    kubectl("--context", "lubeck", "apply", "-f", "-", input=lubeck.sample("details-split.yaml"))

    # What the statuses say, in the forms that published scripts read. Each is written at a time of its own.
    def first_service(mesh, kind, name, services):
        return jsonpath_status(kubectl, mesh, kind, name)[services][0]["exportedName"]

    for peer, host in ((bergen, V2), (riga, V3)):
        eventually(f"{peer.name} is connected", lambda peer=peer: '"connected": true' in kubectl(
            "--context", "lubeck", "get", "servicemeshpeer", peer.name, "-n", lubeck.namespace, "-o", "json").out, 60)
        eventually(f"{host} is imported", lambda peer=peer, host=host: host in kubectl(
            "--context", "lubeck", "get", "importedservicesets", peer.name, "-n", lubeck.namespace, "-o",
            "jsonpath={.status}").out, 60)
        assert first_service(lubeck, "importedservicesets", peer.name, "importedServices") == EXPORTED
        eventually(f"{peer.name} says what it exports", lambda peer=peer: first_service(
            peer, "exportedservicesets", "lubeck", "exportedServices") == EXPORTED)
        eventually(f"{peer.name} is active", lambda peer=peer: jsonpath_status(
            kubectl, lubeck, "servicemeshpeer", peer.name)["discoveryStatus"]["active"])
    meshes.await_split()
    counts, failed = shares(meshes.entry, DETAILS, 600)
    assert not failed and set(counts) == {"v1", "v2", "v3"}

    # An 80/20 split by an edit, then everything of one peer is taken away again.
    edited = lubeck.sample("details-split.yaml").replace("weight: 60", "weight: 80")
    edited = edited[:edited.index("        - destination:\n            host: details-v3")]
    kubectl("--context", "lubeck", "apply", "-f", "-", input=edited)
    eventually("riga gets nothing", lambda: set(shares(meshes.entry, DETAILS, 60)[0]) == {"v1", "v2"})
    kubectl("--context", "lubeck", "delete", "servicemeshpeer", "riga", "-n", lubeck.namespace)
    eventually("riga has no remote any more", lambda: not any(
        remote["connected"] for remote in riga.watch_of("lubeck")[1].get("remotes") or []))
    events = kubectl("--context", "lubeck", "get", "events", "-A").out
    assert "Error" not in events
    kubectl("--context", "riga", "delete", "namespace", "bookinfo", "--timeout=60s")
    eventually("nothing is exported", lambda: riga.exported("lubeck") == [])


def readme_blocks():
    """The shell blocks of the README's walk-through."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## A walk-through by hand"):text.index("## Command line")]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 5 and "hanse controller" in blocks[0]
    return blocks[1:]


def swapped(text):
    """The same commands as the other mesh's admin."""
    return text.replace("lubeck", "\0").replace("bergen", "lubeck").replace("\0", "bergen")


def test_the_readme_is_true_word_for_word(meshes, version):
    lubeck, bergen, _ = meshes.meshes
    kubectl = Kubectl(version, meshes.lubeck.directory, lubeck.kubeconfig, bergen.kubeconfig)
    # The README's addresses are those of its own machine; here they are what these controllers were given.
    here = kubectl.home / "checkout"
    shutil.copytree(SAMPLES, here / "samples" / "bookinfo")
    for mesh in (lubeck, bergen):
        for file in (here / "samples" / "bookinfo" / mesh.name).glob("*.yaml"):
            file.write_text(mesh.sample(file.name))
    programs = kubectl.home / "bin"
    programs.mkdir()
    (programs / "kubectl").symlink_to(kubectl.program)
    (programs / "hanse").symlink_to(HANSE)
    env = {**kubectl.env, "PATH": f"{programs}:{os.environ['PATH']}"}

    def follow(block):
        block = block.replace("127.0.11.", f"127.0.{lubeck.range.number}.")
        result = run(["bash", "-euo", "pipefail", "-c", block], env=env, cwd=here, timeout=300)
        assert result.code == 0, result
        return result.out

    describe, exchange, name, share = readme_blocks()
    for block in (describe, exchange, name):
        follow(block)
        follow(swapped(block))
    follow(share)
    eventually("bergen is imported", lambda: lubeck.imported("bergen") == [V2], 60)
    call = next(line for line in share.splitlines() if line.startswith("curl"))
    seen = set()

    def look():
        # One call in five is bergen's: ten tell too little.
        seen.update(re.findall(r'"version": ?"(v\d)"', follow(call)))
        return seen == {"v1", "v2"}

    eventually("an answer of each version", look, 120, pause=0.01)
