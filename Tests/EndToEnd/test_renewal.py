"""Certificates that live for a minute: they are renewed in time, and nobody who calls notices."""

import pytest

from harness.federation import DETAILS, Federation
from harness.traffic import Load
from harness.waiting import eventually


@pytest.fixture(scope="module")
def federation(workdir):
    """The three meshes, with the shortest leaves there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSE_LEAF_TTL", "60s")
        meshes = Federation(workdir)
        try:
            meshes.start()
            yield meshes
        finally:
            meshes.stop()


def certificates(mesh):
    """The certificate files of a mesh's gateways, each named after its serial number."""
    return {file.name for file in mesh.identities.glob("*.pem")}


def test_leaves_are_renewed_under_traffic_without_a_failed_call(federation):
    before = {mesh.name: certificates(mesh) for mesh in federation.meshes}
    assert all(before.values())
    with Load(federation.entry, DETAILS) as load:
        eventually("traffic", lambda: load.good > 50)
        for mesh in federation.meshes:
            # All gateways of the mesh have other certificates, and the keys of the old ones are gone.
            eventually(
                f"{mesh.name}'s gateways have new certificates",
                lambda mesh=mesh: len(certificates(mesh)) == len(before[mesh.name])
                and not certificates(mesh) & before[mesh.name], seconds=120)
        renewed_at = load.good
        eventually("traffic with the new certificates", lambda: load.good > renewed_at + 500, 60)
    assert not load.failed, load.failed[:3]
    assert set(load.versions) == {"v1", "v2", "v3"}
