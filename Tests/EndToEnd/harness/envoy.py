"""Stock Envoy with the configuration that a controller delivers."""

import http.client
import json
import ssl

from harness.processes import Process, run
from harness.programs import ENVOY
from harness.tls import openssl


class ControlPlane:
    """A gateway's side of port 15012: its bootstrap token, its certificates, its configuration."""

    def __init__(self, mesh):
        self.mesh = mesh
        gateway = mesh.state / "gateway"
        self._token = (gateway / "token").read_text().strip()
        self._tls = ssl.create_default_context(cafile=gateway / "root-cert.pem")

    def ask(self, method, path, body=None):
        connection = http.client.HTTPSConnection(self.mesh.address(1), 15012, timeout=40, context=self._tls)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        assert response.status in (200, 304), f"{path}: {response.status} {text[:300]}"
        return json.loads(text) if text else None

    def issue(self, gateway, directory):
        """A key of our own with a certificate of the mesh, as the SDS file that the configuration names."""
        identity = self.ask("GET", f"/v1/identities/{gateway}")["spiffeID"]
        key, request = directory / f"{gateway}.key", directory / f"{gateway}.csr"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/",
                "-addext", f"subjectAltName=URI:{identity}", "-keyout", key, "-out", request)
        chain = self.ask("POST", "/v1/certificates", {"gateway": gateway, "csr": request.read_text()})["chain"]
        write_secret(directory, gateway, "".join(chain), key.read_text())

    def resources(self, gateways, directory):
        """{kind: [resource]} of a process that carries these gateways."""
        node = {
            "id": f"{self.mesh.name}/{'+'.join(sorted(gateways))}", "cluster": self.mesh.name,
            "metadata": {"HANSE_SECRETS_DIRECTORY": str(directory), "HANSE_INSTANCE": "end-to-end"}}
        found = {}
        for kind in ("clusters", "endpoints", "listeners", "routes"):
            answer = None
            for _ in range(4):
                answer = answer or self.ask("POST", f"/v3/discovery:{kind}", {"node": node, "resource_names": []})
            assert answer, f"no {kind}"
            found[kind] = answer.get("resources", [])
        return found


def write_secret(directory, gateway, chain, key):
    """The SDS file of a gateway's certificate."""
    secret = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "name": gateway,
        "tls_certificate": {
            "certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}}}
    (directory / f"{gateway}.json").write_text(json.dumps({"version_info": "1", "resources": [secret]}))


def bootstrap(resources):
    """One static bootstrap: endpoints and routes are put where the delivered resources refer to them."""
    endpoints = {item["cluster_name"]: item for item in resources["endpoints"]}
    routes = {item["name"]: item for item in resources["routes"]}
    clusters, listeners = [], []
    for cluster in resources["clusters"]:
        cluster = without_type(cluster)
        if cluster.get("type") == "EDS":
            source = cluster.pop("eds_cluster_config", {})
            name = source.get("service_name") or cluster["name"]
            assignment = without_type(endpoints.get(name, {}))
            cluster["type"] = "STATIC"
            cluster["load_assignment"] = {**assignment, "cluster_name": cluster["name"]}
        clusters.append(cluster)
    for listener in resources["listeners"]:
        listener = without_type(listener)
        for chain in listener["filter_chains"]:
            for filter in chain["filters"]:
                config = filter["typed_config"]
                if "rds" in config:
                    config["route_config"] = without_type(routes[config.pop("rds")["route_config_name"]])
        listeners.append(listener)
    return {
        "node": {"id": "stock", "cluster": "stock"},
        "static_resources": {"listeners": listeners, "clusters": clusters}}


def without_type(resource):
    return {key: value for key, value in resource.items() if key != "@type"}


class StockEnvoy:
    """The delivered configuration of some gateways of a mesh, in a directory of its own, for stock Envoy."""

    def __init__(self, mesh, gateways, directory):
        self.name = f"envoy-{mesh.name}"
        self.directory = directory / f"{self.name}-{len(list(directory.iterdir()))}"
        self.directory.mkdir()
        self.control = ControlPlane(mesh)
        for gateway in gateways:
            self.control.issue(gateway, self.directory)
        self.resources = self.control.resources(gateways, self.directory)
        self.file = self.directory / "bootstrap.json"
        self.file.write_text(json.dumps(bootstrap(self.resources), indent=1))
        self.process = None

    def validate(self):
        return run([ENVOY, "--mode", "validate", "-c", self.file, "-l", "warning"])

    def start(self):
        self.process = Process(
            self.name, [ENVOY, "-c", self.file, "--concurrency", "2", "--disable-hot-restart", "-l", "warning",
                        "--file-flush-interval-msec", "100"], self.directory)
        return self

    def stop(self):
        if self.process:
            self.process.stop()
