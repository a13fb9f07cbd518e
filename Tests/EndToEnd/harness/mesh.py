"""One mesh: its controller, perhaps a gateway process of its own, its services, its admin."""

import shutil

from harness.api import APIClient
from harness.processes import Process, run
from harness.programs import BOOKINFO, HANSE, SAMPLES
from harness.ranges import AddressRange
from harness.waiting import eventually

# The host numbers that the sample's services have in every range.
SAMPLE_RANGES = {"lubeck": 11, "bergen": 12, "riga": 13}


class Mesh:
    """A mesh whose state lives below `directory`; nothing runs before `start_controller`."""

    def __init__(self, name, directory, runs_gateways=True, flags=()):
        self.name = name
        self.namespace = f"{name}-mesh"
        self.directory = directory
        self.state = directory / name
        self.range = AddressRange()
        self.runs_gateways = runs_gateways
        self.flags = list(flags)
        self.controller = None
        self.gateway = None
        self.services = {}
        self._api = None

    # Processes

    def start_controller(self, waits=True):
        self.controller = Process(
            f"controller-{self.name}",
            [HANSE, "controller", "--name", self.name, "--state", self.state, "--address-range",
             self.range.cidr, *(["--run-gateways"] if self.runs_gateways else []), *self.flags],
            self.directory)
        if waits:
            self.await_api()
        return self.controller

    def await_api(self, seconds=30):
        def answers():
            assert self.controller.is_running, f"the controller ended: {self.controller.text()[-2000:]}"
            return self.api().list("namespaces")

        return eventually(f"{self.name}'s API server answers", answers, seconds, pause=0.01)

    def start_gateway(self):
        """A gateway process beside the controller, as an admin would run it on another host."""
        token = self.state / "gateway" / "token"
        roots = self.state / "gateway" / "root-cert.pem"
        eventually(f"{self.name}'s bootstrap token", lambda: token.stat().st_size and roots.stat().st_size)
        self.gateway = Process(
            f"gateway-{self.name}",
            [HANSE, "gateway", "--controller", f"https://{self.address(1)}:15012", "--mesh", self.name,
             "--token-file", token, "--ca-file", roots, "--state", self.state / "gateway" / "node",
             # Discovery watches never end by themselves: without a limit each stop would wait for the longest drain.
             "--address", self.address(2), "--drain-time", "2s"],
            self.directory)
        return self.gateway

    def start_service(self, service, version, host, proxied=False):
        """A bookinfo process at `host` of the range, port 9080."""
        address = self.address(host)
        proxy = ["--proxy", f"http://{self.address(2)}:15080"] if proxied else []
        process = Process(
            f"{self.name}-{service}-{version}",
            [BOOKINFO, "--service", service, "--version", version, "--listen", f"{address}:9080", *proxy],
            self.directory)
        self.services[service] = process
        return process

    def stop(self):
        for process in [*self.services.values(), self.gateway, self.controller]:
            if process:
                process.stop()
        if self._api:
            self._api.close()
        self.range.release()

    def address(self, host):
        return self.range.address(host)

    @property
    def identities(self):
        """The directory of the gateways' keys, certificates and SDS files."""
        return self.state / "gateway" / "node" / "secrets"

    # The admin

    @property
    def kubeconfig(self):
        return self.state / "admin.kubeconfig"

    def api(self):
        if self._api is None:
            self._api = APIClient(self.kubeconfig)
        return self._api

    def hanse(self, *arguments, input=None, check=True):
        result = run([HANSE, *arguments, "--kubeconfig", self.kubeconfig], input=input)
        if check:
            assert result.code == 0, result
        return result

    def apply(self, text, *arguments, check=True):
        return self.hanse("apply", "-f", "-", *arguments, input=text, check=check)

    def sample(self, file, **values):
        """A manifest of the sample with addresses of this mesh's range, and words replaced."""
        text = (SAMPLES / self.name / file).read_text()
        text = text.replace(f"127.0.{SAMPLE_RANGES[self.name]}.", f"127.0.{self.range.number}.")
        for word, value in values.items():
            assert word in text, f"{file} has no {word}"
            text = text.replace(word, value)
        return text

    def status(self, plural, name, namespace=None):
        return self.api().get(plural, namespace or self.namespace, name).get("status", {})

    def root(self):
        """The root certificate, as a peer's admin would be given it."""
        read = lambda: self.api().get(
            "configmaps", self.namespace, "istio-ca-root-cert")["data"]["root-cert.pem"]
        return eventually(f"{self.name}'s root certificate", read)

    def ingress_address(self, gateway):
        read = lambda: self.status("services", gateway)["loadBalancer"]["ingress"][0]["ip"]
        return eventually(f"{self.name}'s address of {gateway}", read)

    def describe(self):
        """Applies the mesh's manifests and waits until it is ready."""
        self.hanse("create", "namespace", self.namespace)
        self.hanse("create", "namespace", "bookinfo")
        self.apply(self.sample("mesh.yaml"))
        self.apply(self.sample("bookinfo.yaml"))

    def await_ready(self):
        self.hanse(
            "wait", "--for", "condition=Ready", "-n", self.namespace, "smmr/default", "--timeout", "60s")

    def trust(self, peer, root=None):
        """Stores a peer's root as its admin handed it over."""
        self.hanse(
            "create", "configmap", f"{peer.name}-ca-root-cert", "-n", self.namespace,
            f"--from-literal=root-cert.pem={(root or peer.root()).rstrip()}")

    def name_peer(self, peer, address=None):
        address = address or peer.ingress_address(f"{self.name}-ingress")
        return self.apply(self.sample(f"peer-{peer.name}.yaml", PEER_ADDRESS=address))

    # What statuses say

    def watch_of(self, peer):
        """(`active` or `inactive`, the watch's status) of the peer, as one controller writes it."""
        discovery = self.status("servicemeshpeers", peer)["discoveryStatus"]
        entries = [(group, entry) for group in ("active", "inactive") for entry in discovery.get(group) or []]
        assert len(entries) == 1, discovery
        return entries[0][0], entries[0][1]

    def is_connected(self, peer):
        group, entry = self.watch_of(peer)
        return group == "active" and entry["watch"]["connected"]

    def imported(self, peer):
        """The local hostnames of what this mesh imports from a peer."""
        services = self.status("importedservicesets", peer).get("importedServices") or []
        return [s["localService"]["hostname"] for s in services if s["localService"].get("hostname")]

    def exported(self, peer):
        services = self.status("exportedservicesets", peer).get("exportedServices") or []
        return [s["exportedName"] for s in services]

    def events(self, namespace=None):
        return self.api().list("events", namespace)

    def forget_state(self):
        shutil.rmtree(self.state, ignore_errors=True)
