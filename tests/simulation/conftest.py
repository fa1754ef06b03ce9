"""The seeds run beside the other tests, at the lowest priority: a core has time while tests wait for something.

Where the tests run in several processes, the first of them starts the seeds, and whichever has the test reads what they said.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

SEEDS = 1_000
PATIENCE = 1_200.0  # seconds; alone on two cores they take one minute
NEEDING = "test_whatever_happens_nothing_is_lost_doubled_or_reordered"

RUN = pytest.StashKey[subprocess.Popen[bytes]]()
_FIRST = ("gw0", "")


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly or os.environ.get("PYTEST_XDIST_WORKER", "") not in _FIRST:
        return
    if any(item.name == NEEDING for item in session.items):
        session.config.stash[RUN] = _start()


def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash.get(RUN, None)
    if run is not None and run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)


def _start() -> "subprocess.Popen[bytes]":
    said, ended = _places()
    run = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS)]
    return subprocess.Popen(
        ["sh", "-c", '"$@" > "$SAID" 2>&1; echo $? > "$ENDED.new"; mv "$ENDED.new" "$ENDED"', "seeds", *run],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SAID": str(said), "ENDED": str(ended)},
        preexec_fn=lambda: os.nice(19),
        start_new_session=True,
    )


def _places() -> tuple[Path, Path]:
    """What the run says, and its exit status once it has ended."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    place = Path(tempfile.gettempdir(), f"evenkeel-seeds-{run}")
    return place.with_suffix(".said"), place.with_suffix(".ended")


@pytest.fixture
def seeds() -> Iterator[Callable[[], tuple[int, str]]]:
    """Waits for the run of all seeds; gives its exit status and what it said."""
    said, ended = _places()

    def wait() -> tuple[int, str]:
        until = monotonic() + PATIENCE
        while not ended.exists():
            assert monotonic() < until, f"the seeds did not end within {PATIENCE:g} seconds: {said.read_text()}"
            sleep(0.1)
        return int(ended.read_text()), said.read_text()

    yield wait
    said.unlink(missing_ok=True)
    ended.unlink(missing_ok=True)
