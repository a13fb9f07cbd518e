"""Real kubectl, of two ages, with a home of its own."""

import os
import pathlib

from harness.processes import Process, run
from harness.programs import KUBECTL, KUBECTL_OLD

VERSIONS = {"kubectl-1.32": KUBECTL, "kubectl-1.20": KUBECTL_OLD}


class Kubectl:
    """kubectl as an admin's shell has it: KUBECONFIG may name several files."""

    def __init__(self, version, directory, *kubeconfigs):
        self.version = version
        self.program = VERSIONS[version]
        self.home = pathlib.Path(directory) / f"home-{version}"
        self.home.mkdir(exist_ok=True)
        self.env = {
            "HOME": str(self.home), "KUBECONFIG": os.pathsep.join(str(k) for k in kubeconfigs)}

    @property
    def is_old(self):
        return self.version == "kubectl-1.20"

    def __call__(self, *arguments, input=None, check=True, timeout=120):
        result = run([self.program, *arguments], input=input, env=self.env, timeout=timeout)
        if check:
            assert result.code == 0, result
        return result

    def refused(self, *arguments, input=None):
        """The standard error of a command that must fail with exit code 1."""
        result = self(*arguments, input=input, check=False)
        assert result.code == 1, result
        return result.err

    def start(self, name, *arguments):
        """A command that does not end by itself; what it prints is in the log."""
        return Process(name, [self.program, *arguments], self.home, env=self.env)
