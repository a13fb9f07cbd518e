"""What the end-to-end suites share: processes, meshes, clients, certificates, traffic."""
