"""The ingest doors under load: durable messages and callbacks per second with 64 connections, everything on this machine."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks.http_load import Load, form_post, run_load
from tests.system.aggregator import Aggregator
from tests.system.installation import RunningInstallation
from tests.system.workspace import SystemWorkspace

MESSAGES = 30_000
CALLBACKS = 40_000


def run() -> list[tuple[str, float, str]]:
    """With the deciders stopped, so that what is measured is the door: requests/s, p99, CPU of the door per request."""
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        aggregator = Aggregator().start()
        installation = RunningInstallation(Path(folder)).start()
        with installation.submitting() as submit:
            channel = SystemWorkspace(installation, submit, aggregator).channel
        installation.stop()
        doors_only = RunningInstallation(Path(folder), EVENKEEL_PROCESSES="decider=0,projector=0,light=0")
        doors_only.start()
        found = _measure(doors_only, "ingest, EX receive", messages(channel, MESSAGES))
        found += _measure(doors_only, "ingest, EX delivered", callbacks(channel, CALLBACKS))
        doors_only.stop()
        aggregator.stop()
        return found


def messages(channel: str, count: int) -> Iterator[bytes]:
    path = f"/c/ex/{channel}/receive"
    return (form_post(path, {"from": f"+25078{n:07}", "text": f"message number {n}"}) for n in range(count))


def callbacks(channel: str, count: int) -> Iterator[bytes]:
    return (form_post(f"/c/ex/{channel}/delivered?id={n}", {}) for n in range(1, count + 1))


def _measure(installation: RunningInstallation, name: str, requests: Iterator[bytes]) -> list[tuple[str, float, str]]:
    door = psutil.Process(installation.processes()["web"])
    before = sum(door.cpu_times()[:2])
    load: Load = run_load(installation.port, requests)
    cpu = sum(door.cpu_times()[:2]) - before
    assert set(load.statuses) == {200}, load.statuses
    return [
        (f"{name}: requests", load.rate, "per s"),
        (f"{name}: p99", load.percentile(0.99) * 1000, "ms"),
        (f"{name}: door's CPU", cpu / len(load.latencies) * 1e6, "µs each"),
    ]
