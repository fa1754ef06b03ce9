"""Which tests of a run in several processes (`pytest -n 2 --dist loadgroup`) stay together: those of a file, and those that share a heavy server."""

import pytest


def group_of(item: pytest.Item) -> str:
    """One Apache Kafka per run, and the system tests' installations beside no other's: each of the two is a group of its own."""
    file = item.nodeid.partition("::")[0]
    if file.startswith("tests/system/"):
        return "system"
    parameters = getattr(item, "callspec", None)
    if "kafka" in getattr(item, "fixturenames", ()) or (parameters and "kafka" in parameters.params.values()):
        return "kafka"
    return file
