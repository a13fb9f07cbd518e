"""A gateway with its addresses, files and process, for the suites about delivery."""

import socket

from harness import xds_resources as xds
from harness.data_plane import OURS, DataPlane, get, rename_onto


class Site:
    """A gateway's addresses, files and process."""

    def __init__(self, kind, directory, addresses, backends):
        self.kind, self.directory = kind, directory
        self.host = addresses.address(20 if kind == OURS else 21)
        self.a, self.b = ((server.address, server.port) for server in backends)
        self.url = f"http://{self.host}:8080/"
        self.plane = None

    def start(self, bootstrap, ready=True):
        # Known before it answers, so that one that never does is stopped too.
        self.plane = DataPlane(self.kind, self.directory, self.host, bootstrap)
        return self.plane.start(ready)

    def file(self, name, content):
        rename_onto(self.directory / name, content)

    def body(self):
        return get(self.url)[1]

    def revision(self):
        return get(self.url)[2].get("x-rev")

    def is_open(self, port=8080):
        with socket.socket() as probe:
            probe.settimeout(5)
            return probe.connect_ex((self.host, port)) == 0

    def write_all(self):
        """A listener with routes and endpoints, each in a file of its own; answers the bootstrap."""
        at = self.directory
        self.file("eds.json", xds.response("endpoints", "1", xds.endpoints("svc-a", self.a)))
        self.file("rds.json", xds.response("routes", "1", xds.routes("dyn", "a")))
        self.file("cds.json", xds.response("clusters", "1", xds.cluster("a", xds.path(at / "eds.json"))))
        self.file("lds.json", xds.response(
            "listeners", "1", xds.listener("dyn", self.host, 8080, xds.path(at / "rds.json"))))
        return {"dynamic_resources": {
            "lds_config": xds.path(at / "lds.json"), "cds_config": xds.path(at / "cds.json")}}

    def offer_all(self, control, source):
        """The same from a control plane."""
        control.set("clusters", "c1", xds.cluster("a", source))
        control.set("endpoints", "e1", xds.endpoints("svc-a", self.a))
        control.set("listeners", "l1", xds.listener("dyn", self.host, 8080, source))
        control.set("routes", "r1", xds.routes("dyn", "a", "1"))
