"""A worker's loop: outages are waited out, faults are tried again, and what is newer than the program ends it."""

import threading
from collections.abc import Callable

import pytest

from domain.errors import Unavailable, UnknownEvent
from gateways.cli import working


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PAUSE", 0.001)


def steps(*outcomes: Exception | None) -> tuple[Callable[[float], None], threading.Event, list[Exception | None]]:
    """A step with these outcomes, after which the process is told to stop; what was done is noted."""
    stop, done, left = threading.Event(), [], list(outcomes)

    def step(timeout: float) -> None:
        done.append(left.pop(0))
        if not left:
            stop.set()
        if done[-1] is not None:
            raise done[-1]

    return step, stop, done


def test_outages_and_faults_are_tried_again():
    step, stop, done = steps(Unavailable("away"), ValueError("a fault"), None)
    working.work(step, stop)
    assert len(done) == 3


def test_what_a_newer_program_wrote_ends_the_process_and_says_so(caplog: pytest.LogCaptureFixture):
    step, stop, done = steps(None, UnknownEvent("x version 9 is newer; upgrade"), None)
    working.work(step, stop)
    assert len(done) == 2 and stop.is_set()
    assert "x version 9 is newer; upgrade" in caplog.text
