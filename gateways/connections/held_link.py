"""One link in the process that holds it: run, run again after a pause when it is lost, ended or dropped; and its state."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zlib import crc32

from domain.errors import Unavailable
from gateways.channels.contract import Channel
from gateways.channels.log.recorder import Heard
from gateways.connections.link import STOP_SECONDS, Link, LinkLost, StateName

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
FINAL_PAUSE = 3_600.0
STEADY_SECONDS = 60.0  # a link that was connected so long begins again with the first pause


class HeldLink:
    """`show` is what the link calls; `as_state` is what operators see; `heard` is told of losses.
    `now` gives the time in UTC, `clock` counts seconds."""

    def __init__(
        self,
        channel: Channel,
        fence: int,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        heard: Callable[[Heard], None] = lambda heard: None,
    ) -> None:
        self.channel = channel
        self.fence = fence
        self.state: StateName = "binding"
        self.text = ""
        self.since = now()
        self.link: Link | None = None
        self._now = now
        self._clock = clock
        self._heard = heard
        self._connected_at = 0.0
        self._losses = 0
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, link: Link) -> None:
        self.link = link
        self._task = asyncio.create_task(self._run(link), name=f"link {self.channel.uuid}")

    async def end(self) -> None:
        """Let it take its leave; cancelled if that takes too long."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS)
            self.drop()

    def drop(self) -> None:
        """At once, without leave."""
        if self._task is not None:
            self._task.cancel()

    def show(self, state: StateName, text: str) -> None:
        if state != self.state:
            self.state, self.since = state, self._now()
            if state == "connected":
                self._connected_at = self._clock()
        self.text = text

    def as_state(self) -> dict[str, Any]:
        counts = getattr(self.link, "counts", None)
        return {
            "channel": self.channel.uuid,
            "organization": self.channel.org_uuid,
            "type": self.channel.type,
            "state": self.state,
            "since": self.since.isoformat(),
            "text": self.text,
            "fence": self.fence,
            "counts": dict(counts) if counts else {},
        }

    async def _run(self, link: Link) -> None:
        while not self._stop.is_set():
            pause = FIRST_PAUSE
            try:
                self.show("binding", "")
                await link.run(self._stop)
            except LinkLost as lost:
                pause = self._lost(lost.sentence, final=lost.final)
            except Unavailable as outage:
                pause = self._lost(outage.sentence)
            except Exception as fault:
                log.exception("A link failed", extra={"action": "link_failed", "channel": self.channel.uuid})
                pause = self._lost(f"An error of ours: {fault!r}")
            if not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)

    def _lost(self, sentence: str, *, final: bool = False) -> float:
        """Show it; the seconds until the next try."""
        steady = self.state == "connected" and self._clock() - self._connected_at >= STEADY_SECONDS
        self._losses = 1 if steady else self._losses + 1
        self.show("failed", sentence)
        self._heard(Heard("The link was lost.", "unknown", figure="errored", error=sentence))
        log.warning(
            "A link was lost: %s", sentence, extra={"action": "link_lost", "channel": self.channel.uuid, "final": final}
        )
        if final:
            return FINAL_PAUSE
        longest: float = min(FIRST_PAUSE * 2 ** min(self._losses - 1, 10), LONGEST_PAUSE)
        return longest * (1.0 - self._spread() / 2)

    def _spread(self) -> float:
        """From 0 to 1, another for each link and try: links that were lost together don't come back together."""
        return crc32(f"{self.channel.uuid} {self._losses}".encode()) / 2**32
