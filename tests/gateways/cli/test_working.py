"""A worker's loop: outages are waited out, faults are tried again, and what is newer than the program ends it."""

import asyncio
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


def test_an_event_loop_hears_what_a_thread_is_told():
    told = threading.Event()

    async def scene() -> None:
        event = working.set_with(told)
        threading.Timer(0.05, told.set).start()
        async with asyncio.timeout(10):
            await event.wait()

    asyncio.run(scene())


def test_an_event_loop_that_ends_by_itself_is_told_nothing_any_more():
    told = threading.Event()

    async def scene() -> None:
        working.set_with(told)

    asyncio.run(scene())
    [waiting] = [thread for thread in threading.enumerate() if thread.name == "told"]
    told.set()
    waiting.join(10)

    assert not waiting.is_alive()
