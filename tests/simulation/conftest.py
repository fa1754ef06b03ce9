"""The seeds run beside the other tests, at the lowest priority: a core has time while tests wait for something.

Where the tests run in several processes, the first of them starts the seeds, and whichever has the test reads what they said. They end with
the whole run, not with the process that started them: it may have done all its tests while another still waits.
"""

import os
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

_FIRST = ("gw0", "")
_UNTIL_DONE = """
"$@" > "$SAID" 2>&1 & run=$!
while kill -0 $run 2> /dev/null; do
  kill -0 "$OWNER" 2> /dev/null || kill -KILL 0
  sleep 0.2
done
wait $run; echo $? > "$ENDED.new"; mv "$ENDED.new" "$ENDED"
"""


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly or os.environ.get("PYTEST_XDIST_WORKER", "") not in _FIRST:
        return
    if any(item.name == NEEDING for item in session.items):
        _start()


def _start() -> None:
    said, ended = _places()
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    run = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS)]
    subprocess.Popen(
        ["sh", "-c", _UNTIL_DONE, "seeds", *run],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SAID": str(said), "ENDED": str(ended), "OWNER": str(owner)},
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
