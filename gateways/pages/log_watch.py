"""The log as it moves: figures and passing records, read only while somebody watches, once for all who do."""

import asyncio
import logging
from collections import deque
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateways.pages.passing_records import Records, summary
from gateways.pages.status import StatusBoard
from gateways.pages.streams import Streams

log_of_work = logging.getLogger(__name__)

KEPT = 40  # records that one who comes later sees at once
EVERY = 0.5  # seconds between looks
AT_ONCE = 60  # records of a look that are shown; a faster log is shown in part


class LogWatch:
    def __init__(self, board: StatusBoard, records: Records) -> None:
        self._board = board
        self._records = records
        self.streams = Streams()
        self._task: asyncio.Task[None] | None = None
        self._passed: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def routes(self) -> list[BaseRoute]:
        return [Route("/log/status", self._status), Route("/log/events", self._events)]

    async def _status(self, request: Request) -> Response:
        return JSONResponse(await self._board.looked(), headers={"cache-control": "no-store"})

    async def _events(self, request: Request) -> Response:
        if self.streams.full:
            return JSONResponse({"error": "Too many pages watch the log; close some."}, 503)
        return self.streams.respond(first=self._opened)

    def _opened(self) -> dict[str, Any] | None:
        """What one who comes later sees at once. It is watching by now: not before, or the look that ends with the last might have been the last."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
            self._passed.clear()
        return {"status": self._board.kept, "records": list(self._passed), "more": 0} if self._passed else None

    async def _watch(self) -> None:
        """Look again and again until nobody watches any more."""
        seen: dict[int, int] = {}
        while self.streams:
            await self._look(seen)
            await asyncio.sleep(EVERY)

    async def _look(self, seen: dict[int, int]) -> None:
        try:
            records = await run_in_threadpool(self._records, dict(seen), AT_ONCE)
        except Exception as error:  # the log is away: the status says so
            log_of_work.debug("No records to show: %s", error)
            records = []
        for stored in records:
            seen[stored.partition] = max(seen.get(stored.partition, -1), stored.offset)
        newest = sorted(records, key=lambda stored: stored.record.recorded_on)[-AT_ONCE:]
        shown = [summary(stored) for stored in newest]
        status = await self._board.looked()
        self._passed.extend(shown)
        self.streams.publish({"status": status, "records": shown, "more": len(records) - len(newest)})
