"""Everything together: messages from the aggregator's post to our reply in its hands, flow starts, and a quiet organization in a flood."""

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.benchmarks.http_load import form_post, run_load
from tests.benchmarks.lean_aggregator import LeanAggregator
from tests.system.api_client import ApiClient
from tests.system.installation import RunningInstallation, await_, post
from tests.system.test_peers_faults import lag
from tests.system.workspace import SystemWorkspace

CONTACTS = 1_000
LINES = ("survey", "Anne", "ninety", "4")
FLOOD = 20_000
QUIET_EVERY = 0.25
STARTS = 5_000


def run() -> list[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        aggregator = LeanAggregator().start()
        installation = RunningInstallation(Path(folder)).start()
        with installation.submitting() as submit:
            busy = SystemWorkspace(installation, submit, aggregator, name="Busy", kind="KN")
            quiet = SystemWorkspace(installation, submit, aggregator, name="Quiet", kind="KN")
            flow = busy.add_survey()
            quiet.add_survey()
        try:
            found = _end_to_end(busy, aggregator)
            found += _starts(busy, aggregator, flow)
            found += _quiet_in_a_flood(busy, quiet, aggregator)
        finally:
            installation.stop()
            aggregator.stop()
        return found


def _end_to_end(workspace: SystemWorkspace, aggregator: LeanAggregator) -> list[tuple[str, float, str]]:
    aggregator.taken.clear()
    began, before = time.perf_counter(), cpu_of(workspace.installation)
    for line, text in enumerate(LINES):
        run_load(workspace.installation.port, _says(workspace, text, str(line)))
    expected = CONTACTS * len(LINES)
    await_("all replies", lambda: len(aggregator.taken) >= expected, seconds=180)
    seconds = time.perf_counter() - began
    await_("all is projected", lambda: lag(workspace.installation) == 0, seconds=60)
    after = cpu_of(workspace.installation)
    found = [("end to end: messages answered", expected / seconds, "per s")]
    return found + [
        (f"  CPU of {name}", (after[name] - before[name]) / expected * 1e6, "µs per message") for name in after
    ]


def cpu_of(installation: RunningInstallation) -> dict[str, float]:
    """Seconds of CPU by process, children included (Postgres' backends; those that ended count with their parent)."""
    found = {}
    for name, pid in installation.processes().items():
        process = psutil.Process(pid)
        children = process.children(recursive=True) if name != "supervisor" else []
        of_children = sum(map(_seconds_of, children))
        found[name] = of_children + sum(process.cpu_times()[:4])
    return found


def _seconds_of(child: psutil.Process) -> float:
    """What one that has just ended took, its parent knows."""
    try:
        return sum(child.cpu_times()[:2])
    except psutil.NoSuchProcess:
        return 0.0


def _says(workspace: SystemWorkspace, text: str, line: str) -> Iterator[bytes]:
    path = urlsplit(workspace.receive_url).path
    for contact in range(CONTACTS):
        yield form_post(path, workspace.kannel_message(f"+25078{contact:07}", text, f"{line}-{contact}"))


def _starts(workspace: SystemWorkspace, aggregator: LeanAggregator, flow: str) -> list[tuple[str, float, str]]:
    api = ApiClient(workspace.installation.base_url, workspace.token)
    group = api.post("groups", {"name": "Everybody"}).body["uuid"]
    for contact in range(STARTS):
        urn = f"tel:+25079{contact:07}"
        workspace.must_later("change_contact", urn=urn, new_uuid=_uuid(contact), changes={"groups": [group]})
    await_("contacts are made", lambda: api.get("groups", uuid=group).results[0]["count"] == STARTS, seconds=240)
    began = time.perf_counter()
    start = api.post("flow_starts", {"flow": flow, "groups": [group]}).body["uuid"]
    await_(
        "all are started",
        lambda: api.get("flow_starts", uuid=start).results[0]["progress"]["started"] == STARTS,
        seconds=180,
    )
    return [("flow starts: decided and in the read models", STARTS / (time.perf_counter() - began), "per s")]


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _quiet_in_a_flood(
    busy: SystemWorkspace, quiet: SystemWorkspace, aggregator: LeanAggregator
) -> list[tuple[str, float, str]]:
    path = urlsplit(busy.receive_url).path
    flood = (form_post(path, busy.kannel_message(f"+25077{n:07}", "survey", f"flood-{n}")) for n in range(FLOOD))
    flooding = threading.Thread(target=lambda: run_load(busy.installation.port, flood))
    flooding.start()
    latencies: list[float] = []
    ends = time.monotonic() + 20
    number = 0
    while time.monotonic() < ends:
        number += 1
        sender = f"+25076{number:07}"
        began = time.perf_counter()
        post(quiet.receive_url, quiet.kannel_message(sender, "survey", f"quiet-{number}"))
        await_("the quiet one is answered", lambda sender=sender: aggregator.texts_to(sender), seconds=60)
        latencies.append(time.perf_counter() - began)
        time.sleep(QUIET_EVERY)
    flooding.join(120)
    ordered = sorted(latencies)
    return [
        ("quiet organization in a flood: p50", ordered[len(ordered) // 2] * 1000, "ms"),
        ("quiet organization in a flood: p99", ordered[int(len(ordered) * 0.99)] * 1000, "ms"),
        ("quiet organization in a flood: longest", ordered[-1] * 1000, "ms"),
    ]
