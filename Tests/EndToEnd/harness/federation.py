"""The three meshes of samples/bookinfo, put together the way demo.sh does."""

from harness.mesh import Mesh
from harness.traffic import Caller, shares
from harness.waiting import eventually

DETAILS = "http://details.bookinfo:9080/details/0"
PRODUCT_PAGE = "http://productpage.bookinfo:9080/productpage"
V2 = "details-v2.bookinfo.svc.bergen-imports.local"
V3 = "details-v3.bookinfo.svc.riga-imports.local"
EXPORTED = "details.bookinfo.svc.lubeck-exports.local"


class Federation:
    """lubeck calls details of bergen and riga.

    The gateways of lubeck and bergen are processes of their own, that of riga is its controller's child.
    """

    def __init__(self, directory):
        self.lubeck = Mesh("lubeck", directory, runs_gateways=False)
        self.bergen = Mesh("bergen", directory, runs_gateways=False)
        self.riga = Mesh("riga", directory)
        self.meshes = [self.lubeck, self.bergen, self.riga]
        self.peers = [self.bergen, self.riga]

    def start(self):
        """From nothing to weighted traffic."""
        for mesh in self.meshes:
            mesh.start_controller(waits=False)
        for mesh in self.meshes:
            mesh.await_api()
            mesh.describe()
        for mesh in self.meshes:
            mesh.await_ready()
        for mesh in (self.lubeck, self.bergen):
            mesh.start_gateway()
        self.start_services()
        for peer in self.peers:
            self.connect(peer)
        self.share()
        self.await_split()

    def start_services(self):
        self.lubeck.start_service("details", "v1", 101)
        self.lubeck.start_service("ratings", "v1", 103)
        self.lubeck.start_service("reviews", "v1", 102, proxied=True)
        self.lubeck.start_service("productpage", "v1", 104, proxied=True)
        for peer, version in ((self.bergen, "v2"), (self.riga, "v3")):
            peer.start_service("details", version, 101)
            peer.start_service("secrets", "v1", 102)

    def connect(self, peer):
        """Roots and peers, in both directions."""
        for one, other in ((self.lubeck, peer), (peer, self.lubeck)):
            one.trust(other)
            one.name_peer(other)

    def share(self):
        for peer in self.peers:
            peer.apply(peer.sample("export.yaml"))
            self.lubeck.apply(self.lubeck.sample(f"import-{peer.name}.yaml"))
        self.lubeck.apply(self.lubeck.sample("details-split.yaml"))
        self.lubeck.apply(self.lubeck.sample("gateway.yaml"))

    @property
    def entry(self):
        """Where lubeck's applications call."""
        return self.lubeck.address(2)

    def caller(self):
        return Caller(self.entry)

    def await_connected(self):
        # After a long time apart a watch waits up to a minute and a half before it tries again.
        for peer in self.peers:
            eventually(f"lubeck watches {peer.name}", lambda peer=peer: self.lubeck.is_connected(peer.name), 100)
            eventually(f"{peer.name} watches lubeck", lambda peer=peer: peer.is_connected("lubeck"), 100)

    def await_split(self, seconds=60):
        """Waits until every version answers and nothing fails."""
        self.await_connected()

        def all_answer():
            counts, failed = shares(self.entry, DETAILS, 80)
            assert not failed, failed[:3]
            return set(counts) == {"v1", "v2", "v3"}

        eventually("answers from all three meshes", all_answer, seconds)

    def stop(self):
        for mesh in self.meshes:
            mesh.stop()
