"""The loop of a worker that works step by step, and how an event loop is told to stop."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from domain.errors import Unavailable, UnknownEvent

log = logging.getLogger(__name__)

PAUSE = 0.5  # seconds a step may wait for work, and a worker pauses while something outside is away
SAID_EVERY = 10.0


def work(step: Callable[[float], Any], stop: threading.Event) -> None:
    """Step by step until told to stop; an outage of log or database is waited out, anything unexpected is logged and tried again.

    What a newer program wrote ends the process: nothing is skipped, and the supervisor starts it again, from the newer code when that is
    there.
    """
    said = -SAID_EVERY
    while not stop.is_set():
        try:
            step(PAUSE)
        except Unavailable as outage:
            if monotonic() - said > SAID_EVERY:
                log.warning("%s", outage.sentence, extra={"action": "waiting_for_outage"})
                said = monotonic()
            stop.wait(PAUSE)
        except UnknownEvent as newer:
            log.error("%s", newer.sentence, extra={"action": "too_old"})
            stop.set()
        except Exception:
            log.exception("A step failed; it is tried again", extra={"action": "step_failed"})
            stop.wait(PAUSE)


def set_with(told: threading.Event) -> asyncio.Event:
    """An event of this loop that is set when `told` is. A thread waits for it: looking again and again would cost more than idle work does."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def wait() -> None:
        told.wait()
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(event.set)

    threading.Thread(target=wait, name="told", daemon=True).start()
    return event
