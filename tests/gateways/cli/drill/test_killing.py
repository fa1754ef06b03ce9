"""The drill's killer takes whatever runs but the supervisor, and notes whom it killed and when."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways.cli.drill.killing import killing
from gateways.cli.drill.measuring import Costs

Child = subprocess.Popen[bytes]


def start() -> Child:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])


@pytest.fixture
def children() -> Iterator[dict[str, Child]]:
    """Processes that stand for an installation's."""
    made = {name: start() for name in ("supervisor", "light", "postgres")}
    yield made
    for child in made.values():
        child.kill()
        child.wait()


def publish(folder: Path, children: dict[str, Child]) -> None:
    (folder / "run").mkdir(exist_ok=True)
    rows = [{"name": name, "pid": child.pid, "state": "ready"} for name, child in children.items()]
    new = folder / "run" / "processes.new"
    new.write_text(json.dumps(rows))
    new.replace(folder / "run" / "processes.json")  # whole, as the supervisor does it: the killer may be reading


def test_everything_but_the_supervisor_may_be_killed(tmp_path: Path, children: dict[str, Child]) -> None:
    publish(tmp_path, children)
    begun = time.time()

    deaths, deadline = 0, time.monotonic() + 1200
    with killing(tmp_path, 1, every=0.01) as killer:
        while len(killer.counts) < 2 and time.monotonic() < deadline:
            for name in [name for name, child in children.items() if child.poll() is not None]:
                deaths += 1
                assert len(killer.kills) <= deaths  # the next kill waits until this one is back
                children[name] = start()
                publish(tmp_path, children)
            time.sleep(0.01)

    assert set(killer.counts) == {"light", "postgres"}
    assert children["supervisor"].poll() is None
    assert all(begun <= kill.at <= time.time() for kill in killer.kills)


def test_nobody_is_killed_when_it_is_enough_or_was_not_asked_for(tmp_path: Path, children: dict[str, Child]) -> None:
    publish(tmp_path, children)

    with killing(tmp_path, 1, every=60) as killer:
        killer.enough.set()
    with killing(tmp_path, 1, every=0.0, kill=False) as idle:
        pass

    assert killer.kills == idle.kills == []


def test_cpu_is_counted_from_the_start_and_by_whom_it_was_used_for(tmp_path: Path, children: dict[str, Child]) -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    publish(tmp_path, {"postgres": busy})
    costs = Costs(tmp_path, served=lambda: {busy.pid: "decider"})
    try:
        costs.start()
        deadline = time.monotonic() + 120
        while not costs.found["postgres"].cpu and time.monotonic() < deadline:
            time.sleep(0.05)
            costs.look()
    finally:
        busy.kill()
        busy.wait()

    assert costs.found["postgres"].cpu > 0
    assert costs.found["postgres"].shares == {"decider": costs.found["postgres"].cpu}
    assert costs.most_memory > 0
