"""What tests of outlier detection share."""

from harness.waiting import eventually


def heard(world, what, condition):
    """Ours has to be so at once; Envoy ejects on its main thread, and a worker hears of that a little later."""
    if world.kind == "envoy":
        eventually(what, condition, 10, pause=0.02)
    else:
        assert condition(), what
