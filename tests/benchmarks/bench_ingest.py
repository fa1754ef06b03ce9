"""The ingest doors under load: durable messages and callbacks per second with 64 connections, everything on this machine."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from infra.embedded.child_process import free_port
from tests.benchmarks.http_load import Load, form_post, run_load
from tests.system.aggregator import Aggregator
from tests.system.installation import ROOT, RunningInstallation
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
        with bare_door(doors_only) as (port, door):
            found += _measured("ceiling, a door that only appends", port, door, messages(channel, MESSAGES))
        doors_only.stop()
        aggregator.stop()
        return found


def messages(channel: str, count: int) -> Iterator[bytes]:
    path = f"/c/ex/{channel}/receive"
    return (form_post(path, {"from": f"+25078{n:07}", "text": f"message number {n}"}) for n in range(count))


def callbacks(channel: str, count: int) -> Iterator[bytes]:
    return (form_post(f"/c/ex/{channel}/delivered?id={n}", {}) for n in range(1, count + 1))


@contextmanager
def bare_door(installation: RunningInstallation) -> Iterator[tuple[int, psutil.Process]]:
    """The same server over the same log, and nothing but the append."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare_door", installation.settings.database_url, str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        yield port, psutil.Process(child.pid)
        child.kill()


def _measure(installation: RunningInstallation, name: str, requests: Iterator[bytes]) -> list[tuple[str, float, str]]:
    return _measured(name, installation.port, psutil.Process(installation.processes()["web"]), requests)


def _measured(name: str, port: int, door: psutil.Process, requests: Iterator[bytes]) -> list[tuple[str, float, str]]:
    before = sum(door.cpu_times()[:2])
    load: Load = run_load(port, requests)
    cpu = sum(door.cpu_times()[:2]) - before
    assert set(load.statuses) == {200}, load.statuses
    return [
        (f"{name}: requests", load.rate, "per s"),
        (f"{name}: p99", load.percentile(0.99) * 1000, "ms"),
        (f"{name}: door's CPU", cpu / len(load.latencies) * 1e6, "µs each"),
    ]
