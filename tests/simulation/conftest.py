"""The seeds run beside the other tests, at the lowest priority: a second core has little to do while most tests wait for something."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SEEDS = 1_000
NEEDING = "test_whatever_happens_nothing_is_lost_doubled_or_reordered"
RUN = pytest.StashKey[subprocess.Popen[str]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly or all(item.name != NEEDING for item in session.items):
        return
    session.config.stash[RUN] = subprocess.Popen(
        [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: os.nice(19),
        start_new_session=True,
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash.get(RUN, None)
    if run is not None and run.poll() is None:
        os.killpg(run.pid, 9)


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    """The run of all seeds; it began when this session's tests were known."""
    yield request.config.stash[RUN]
