"""An event loop whose time is virtual: nothing waits, and the same program with the same seed runs the same way."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Any


class Stalled(RuntimeError):
    """Everybody waits for somebody, and no timer is set."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Seconds since the loop began. `run_for` may be called from a plain callback (not from a task): so a worker that is not
    asynchronous can be held up in the midst of a call while everybody else goes on.

    What asynchronous code gives to threads is run on the loop too: by the executor's `soon`, after a delay of its choice.
    """

    def __init__(self) -> None:
        super().__init__()
        self._time = 0.0
        self.failures: list[BaseException] = []
        self.set_exception_handler(self._take_failure)

    def time(self) -> float:
        return self._time

    def run_in_executor(self, executor: Any, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self.create_future()
        executor.soon(future, function, arguments)
        return future

    def run_for(self, seconds: float) -> None:
        """Everybody else goes on for so long."""
        ended = False

        def end() -> None:
            nonlocal ended
            ended = True

        self.call_later(seconds, end)
        while not ended:
            self._run_once()

    # ---- what BaseEventLoop asks of an event loop -------------------------------------------------------------------------------

    def _run_once(self) -> None:
        scheduled, ready = self._scheduled, self._ready  # type: ignore[attr-defined]
        if not ready:
            while scheduled and scheduled[0]._cancelled:
                heapq.heappop(scheduled)._scheduled = False
            if not scheduled:
                raise Stalled("nothing is left to happen")
            self._time = max(self._time, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._time:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        for _ in range(len(ready)):
            if not ready:
                break  # who was held up let others go on in between
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
                if self.failures:
                    raise self.failures[0]

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass

    def _process_events(self, event_list: Any) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def _take_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failure = context.get("exception")
        if isinstance(failure, BaseException):
            self.failures.append(failure)
