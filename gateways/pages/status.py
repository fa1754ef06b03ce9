"""How the installation is, for machines: alive, ready, and in figures."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateways.pages.metrics import CONTENT_TYPE, Figures, metrics_of, prometheus_text

log_of_work = logging.getLogger(__name__)

Status = dict[str, Any]
"""As `evenkeel status --json` gives it: {processes: [{name, role, pid, state}], log: {heads, readers: {name: {cursors, lag}}, parked:
[{organization, partition, offset}]}, queues: {queue: {organization: {channel: size}}}, spool: {segments, bytes}}. A part that can't be
asked has {error}."""

FRESH_SECONDS = 1.0


class StatusBoard:
    """The status, asked for at most once a second however many look at it."""

    def __init__(
        self,
        read: Callable[[], Status],
        figures: Callable[[], Figures] = dict,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._read = read
        self._figures = figures
        self._clock = clock
        self.kept: Status = {}
        """As it was seen last."""
        self._read_at = -FRESH_SECONDS

    def look(self) -> Status:
        """Blocks while it asks. Whatever goes wrong is in the answer's `error`."""
        if self._clock() - self._read_at >= FRESH_SECONDS:
            try:
                self.kept = self._read()
            except Exception as error:
                log_of_work.exception("The status can't be read", extra={"action": "status_failed"})
                self.kept = {"error": f"The status can't be read: {error}"}
            self._read_at = self._clock()
        return self.kept

    async def looked(self) -> Status:
        return await run_in_threadpool(self.look)

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    async def _ready(self, request: Request) -> Response:
        missing = what_is_missing(await self.looked())
        document = {"ready": not missing, "missing": missing}
        return JSONResponse(document, 503 if missing else 200, headers={"cache-control": "no-store"})

    async def _metrics(self, request: Request) -> Response:
        status = await self.looked()
        figures = await run_in_threadpool(self._figures)
        text = prometheus_text(metrics_of(status, not what_is_missing(status), figures))
        return Response(text, media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})


def what_is_missing(status: Status) -> list[str]:
    """Sentences about what keeps the installation from doing its work; [] when it does."""
    missing = [status["error"]] if status.get("error") else []
    missing += [
        f"{process['name']} is {process['state']}."
        for process in status.get("processes") or ()
        if process.get("state") not in ("running", "ready")
    ]
    for part in ("log", "queues"):
        about = status.get(part) or {}
        if about.get("error"):
            missing.append(f"{part}: {about['error']}")
    return missing
