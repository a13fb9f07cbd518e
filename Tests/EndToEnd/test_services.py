"""Services of other shapes across meshes: several ports, bytes instead of HTTP, imports that join a local service."""

import json
import socket
import socketserver
import ssl
import threading

import pytest

from harness.processes import Process
from harness.programs import BOOKINFO
from harness.tls import Authority
from harness.waiting import eventually, holds

# bergen's further services; the endpoints are processes and threads of the tests.
SHAPES = """
apiVersion: v1
kind: Service
metadata: {{name: twin, namespace: bookinfo}}
spec:
  selector: {{app: twin}}
  ports:
  - {{name: http, port: 9080}}
  - {{name: http-alt, port: 9090}}
---
apiVersion: networking.istio.io/v1beta1
kind: WorkloadEntry
metadata: {{name: twin, namespace: bookinfo}}
spec: {{address: {address}, labels: {{app: twin}}, ports: {{http: 9080, http-alt: 9090}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: echo, namespace: bookinfo}}
spec:
  selector: {{app: echo}}
  ports:
  - {{name: tcp, port: 7000}}
---
apiVersion: networking.istio.io/v1beta1
kind: WorkloadEntry
metadata: {{name: echo, namespace: bookinfo}}
spec: {{address: {address}, labels: {{app: echo}}, ports: {{tcp: 7000}}}}
---
apiVersion: federation.maistra.io/v1
kind: ExportedServiceSet
metadata: {{name: lubeck, namespace: bergen-mesh}}
spec:
  exportRules:
  - {{type: NameSelector, nameSelector: {{namespace: bookinfo, name: details}}}}
  - {{type: NameSelector, nameSelector: {{namespace: bookinfo, name: twin}}}}
  - {{type: NameSelector, nameSelector: {{namespace: bookinfo, name: echo}}}}
  - {{type: NameSelector, nameSelector: {{namespace: bookinfo, name: secrets, alias: {{name: spare}}}}}}
"""

IMPORTS = """
apiVersion: federation.maistra.io/v1
kind: ImportedServiceSet
metadata: {name: bergen, namespace: lubeck-mesh}
spec:
  importRules:
  - type: NameSelector
    importAsLocal: true
    nameSelector: {namespace: bookinfo, name: spare, alias: {namespace: bookinfo, name: ratings}}
  - type: NameSelector
    nameSelector: {namespace: bookinfo, name: details, alias: {namespace: bookinfo, name: details-v2}}
  - type: NameSelector
    nameSelector: {namespace: bookinfo}
"""

TWIN = "twin.bookinfo.svc.bergen-imports.local"
ECHO = "echo.bookinfo.svc.bergen-imports.local"


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data.upper())


class EchoServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture(scope="module")
def shapes(federation):
    lubeck, bergen = federation.lubeck, federation.bergen
    address = bergen.address(110)
    processes = [
        Process(f"twin-{port}", [BOOKINFO, "--service", "twin", "--version", version, "--listen",
                                 f"{address}:{port}"], bergen.directory)
        for port, version in ((9080, "first"), (9090, "second"))]
    server = EchoServer((address, 7000), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        bergen.apply(SHAPES.format(address=address))
        lubeck.apply(IMPORTS)
        eventually("all is imported", lambda: sorted(lubeck.imported("bergen")) == [
            "details-v2.bookinfo.svc.bergen-imports.local", ECHO, "ratings.bookinfo.svc.cluster.local", TWIN])
        yield federation
    finally:
        server.shutdown()
        server.server_close()
        for process in processes:
            process.stop()


def test_each_port_of_a_service_is_its_own_way(shapes):
    caller = shapes.caller()
    for port, version in ((9080, "first"), (9090, "second")):
        eventually(f"port {port}", lambda: caller.call(f"http://{TWIN}:{port}/").status == 200)
        for _ in range(10):
            answer = caller.call(f"http://{TWIN}:{port}/")
            assert (answer.status, answer.version) == (200, version), (port, answer)
    assert caller.call(f"http://{TWIN}:9999/").status in (404, 503)


def test_statuses_and_lists_are_sorted(shapes):
    eventually("all are exported", lambda: [name.split(".")[0] for name in shapes.bergen.exported("lubeck")] == [
        "details", "echo", "spare", "twin"])
    listed = shapes.lubeck.status("importedservicesets", "bergen")["importedServices"]
    names = [service["exportedName"] for service in listed]
    assert names == sorted(names) and len(names) == 4


def test_bytes_pass_untouched_both_ways(shapes, workdir):
    """A TCP service, called as a workload does: through the egress gateway, by the imported name."""
    authority = Authority.of_mesh(shapes.lubeck, workdir / "lubeck-ca")
    workload = authority.issue("spiffe://lubeck.local/ns/bookinfo/sa/bookinfo-productpage")
    address = shapes.lubeck.ingress_address("bergen-egress")
    context = ssl.create_default_context(cafile=authority.certificate)
    context.check_hostname = False  # The gateway has a SPIFFE ID, no name.
    context.load_cert_chain(workload.certificate, workload.key)
    text = b"bytes over three hops\n" * 2000

    def echo():
        with socket.create_connection((address, 15443), timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname=f"outbound_.7000_._.{ECHO}") as connection:
                connection.sendall(text)
                answer = b""
                while len(answer) < len(text) and (data := connection.recv(65536)):
                    answer += data
                return answer

    assert eventually("an answer", echo) == text.upper()


def test_an_import_joins_the_local_service_and_stands_in_for_it(shapes):
    lubeck, caller = shapes.lubeck, shapes.caller()
    url = "http://ratings.bookinfo:9080/ratings/0"

    def who():
        answer = caller.call(url)
        assert answer.status == 200, answer
        return json.loads(answer.body)["service"]

    assert {who() for _ in range(40)} == {"ratings"}, "own endpoints come first"
    lubeck.hanse("delete", "workloadentry", "ratings-v1", "-n", "bookinfo")
    eventually("bergen stands in", lambda: who() == "secrets")
    holds("and goes on to", lambda: who() == "secrets", 0.5)
    lubeck.apply(lubeck.sample("bookinfo.yaml"))
    eventually("own endpoints are back", lambda: who() == "ratings")
    assert {who() for _ in range(40)} == {"ratings"}
