"""The one stream of an app: connected while any of its handles is held here, connected again when it is lost, shared out to the handles.

**Heard until.** What was heard and is durable for every handle is noted (`x:heard` of the lease), so that whoever connects next knows how
long the gap is. X fills gaps of up to five minutes itself (`backfill_minutes`); after longer ones, each handle asks for what it missed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from math import ceil
from typing import Final, Protocol

import orjson

from domain.errors import EvenkeelError, Unavailable
from domain.ports.http_caller import Call
from domain.ports.http_stream import HttpStream, HttpStreams, StreamBroken
from gateways.channels.contract import JSON_TYPE
from gateways.channels.json_body import field_text
from gateways.channels.replies import parse_rfc3339
from gateways.channels.types.x.api import said_in
from gateways.connections.link import LinkLost, StateName
from gateways.connections.notes import Notes
from gateways.connections.x.api import XRefused, XThrottled
from gateways.connections.x.back_off import BackOff, Loss
from gateways.connections.x.lines import Delivered, Disconnected, Lines, read_line
from gateways.connections.x.subscriptions import Subscriptions

log = logging.getLogger(__name__)

PATH: Final = "/2/activity/stream"
CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS = 21.0  # X gives a sign of life every 20 seconds; one may be late on its way
MOST_BACKFILL: Final = timedelta(minutes=5)
OVERLAP: Final = timedelta(seconds=15)  # by which clocks may differ, and what was on its way
TOLD_AGAIN_WITHIN: Final = timedelta(seconds=30)  # X tells again what was missed; until then a gap counts as open
NOTE_EVERY: Final = timedelta(seconds=5)
KEEP_SECONDS: Final = 30 * 86_400.0
TIDY_AFTER: Final = timedelta(seconds=60)  # when all handles of the app have certainly joined
_MOST_ERROR_BYTES: Final = 64 << 10


class Handle(Protocol):
    """One of the app's channels."""

    def hear(self, delivered: Delivered) -> None:
        """An event of the handle."""

    def missed(self, since: datetime | None) -> None:
        """Something may have been missed that the stream doesn't bring any more; what came before `since` (None: not known) was not."""

    def stream_is(self, state: StateName, text: str) -> None:
        """How the stream is."""

    def unsettled_since(self) -> datetime | None:
        """Since when not all is durable that was said; None if all is."""


class _Lost(EvenkeelError):
    def __init__(self, sentence: str, loss: Loss) -> None:
        super().__init__(sentence)
        self.loss = loss


class AppStream:
    """`name` is that of the lease. Used in one event loop; `pause` waits for so many seconds."""

    def __init__(
        self,
        name: str,
        url: str,
        bearer: str,
        streams: HttpStreams,
        subscriptions: Subscriptions,
        notes: Notes,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._name = name
        self._url = f"{url}{PATH}"
        self._bearer = bearer
        self._streams = streams
        self.subscriptions = subscriptions
        self._notes = notes
        self._now = now
        self._pause = pause
        self._handles: dict[str, list[Handle]] = {}
        self._task: asyncio.Task[None] | None = None
        self._state: tuple[StateName, str] = ("binding", "")
        self._heard: datetime | None = None
        self._left: dict[str, datetime] = {}
        self._noted = self._connected = now()
        self._is_tidy = False
        self._tidying: asyncio.Task[None] | None = None
        self.counts = {"connections": 0, "signs_of_life": 0, "unknown": 0}

    def join(self, id: str, handle: Handle) -> None:
        """The stream is opened for the first one; one that comes later has missed what was said before."""
        self._handles.setdefault(id, []).append(handle)
        handle.stream_is(*self._state)
        if self._task is None:
            self._heard = None  # others may have held it meanwhile
            self._left.clear()
            self._task = asyncio.create_task(self._run(), name=f"stream {self._name}")
        elif self._state[0] == "connected":
            handle.missed(self._left.pop(id, None))

    def leave(self, id: str, handle: Handle) -> None:
        """With the last one the connection is closed."""
        self._handles[id].remove(handle)
        self._left[id] = handle.unsettled_since() or self._now()
        if not self._handles[id]:
            del self._handles[id]
        if not self._handles and self._task is not None:
            self._task.cancel()
            self._task = None
            self._state = ("binding", "")

    # ---- the connection --------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        back_off = BackOff()
        while True:
            try:
                await self._connect_and_hear(back_off)
            except _Lost as lost:
                log.warning("X's stream was lost: %s", lost.sentence, extra={"action": "stream_lost"})
                self._tell("failed", lost.sentence)
                seconds = back_off.after(lost.loss)
            except Exception as fault:
                log.exception("X's stream failed", extra={"action": "stream_failed"})
                self._tell("failed", f"An error of ours: {fault!r}")
                seconds = back_off.after("http")
            await self._pause(seconds)

    async def _connect_and_hear(self, back_off: BackOff) -> None:
        since = self._heard or await self._noted_before()
        minutes, is_too_long = _backfill(since, self._now())
        stream = await self._open(minutes)
        try:
            if stream.status != 200:
                raise _refusal(stream.status, await _rest_of(stream))
            self._begin(since, is_too_long)
            lines = Lines()
            while True:
                piece = await self._read(stream)
                back_off.connected()
                for line in lines.feed(piece):
                    self._hear(line)
                await self._look_after()
        finally:
            stream.close()

    async def _open(self, minutes: int) -> HttpStream:
        headers = (("Authorization", f"Bearer {self._bearer}"), ("Accept", JSON_TYPE))
        try:
            return await self._streams.open(
                Call("GET", f"{self._url}?backfill_minutes={minutes}", headers, timeout=CONNECT_SECONDS)
            )
        except StreamBroken as broken:
            raise _Lost(f"X can't be reached: {broken.sentence}", "network") from None

    async def _read(self, stream: HttpStream) -> bytes:
        try:
            return await stream.read(SILENCE_SECONDS)
        except TimeoutError:
            raise _Lost(f"X gave no sign of life for {SILENCE_SECONDS:g} seconds.", "network") from None
        except StreamBroken as broken:
            raise _Lost(broken.sentence, "network") from None

    def _begin(self, since: datetime | None, is_too_long: bool) -> None:
        """Connected; before the first event is heard, the handles know whether they missed something."""
        self.counts["connections"] += 1
        self._connected, self._is_tidy = self._now(), False
        self._heard = since
        self.subscriptions.forget()
        if is_too_long:
            for handle in self._all():
                handle.missed(since)
        self._tell("connected", "Hears the app's stream.")

    def _hear(self, line: bytes) -> None:
        said = read_line(line)
        if isinstance(said, Disconnected):
            raise _Lost(said.sentence, "network")
        if said is None:
            self.counts["signs_of_life"] += 1
            return
        handles = self._handles.get(said.user_id, ())
        self.counts["unknown"] += not handles
        for handle in handles:
            handle.hear(said)

    def _tell(self, state: StateName, text: str) -> None:
        self._state = state, text
        for handle in self._all():
            handle.stream_is(state, text)

    def _all(self) -> list[Handle]:
        return [handle for handles in self._handles.values() for handle in handles]

    # ---- while connected -------------------------------------------------------------------------------------------------------

    async def _look_after(self) -> None:
        now = self._now()
        if now - self._connected >= TOLD_AGAIN_WITHIN:
            self._heard = now
        if now - self._noted >= NOTE_EVERY:
            self._noted = now
            await self._note()
        if not self._is_tidy and now - self._connected >= TIDY_AFTER:
            self._is_tidy = True
            self._tidying = asyncio.create_task(self._tidy())

    async def _note(self) -> None:
        if self._heard is None:
            return
        unsettled = [each for handle in self._all() if (each := handle.unsettled_since()) is not None]
        heard = min([self._heard, *unsettled]).isoformat()
        with suppress(Unavailable):
            await asyncio.to_thread(self._notes.write, self._name, "x:heard", heard, KEEP_SECONDS)

    async def _tidy(self) -> None:
        with suppress(XRefused, XThrottled, LinkLost):
            await self.subscriptions.end_those_of_others(self._handles)

    async def _noted_before(self) -> datetime | None:
        """Until when the last holder heard."""
        try:
            noted = await asyncio.to_thread(self._notes.read, self._name, "x:heard")
        except Unavailable:
            return None
        return None if noted is None else parse_rfc3339(noted)


def _backfill(since: datetime | None, now: datetime) -> tuple[int, bool]:
    """How many minutes X is asked to tell again, and whether that leaves a gap."""
    if since is None:
        return 5, True
    gap = now - since + OVERLAP
    return min(ceil(gap / timedelta(minutes=1)), 5), gap > MOST_BACKFILL


def _refusal(status: int, body: bytes) -> _Lost:
    said = said_in(body) or f"X answered {status}."
    try:
        issue = field_text(orjson.loads(body), "connection_issue")
    except orjson.JSONDecodeError:
        issue = ""
    if issue == "TooManyConnections":
        return _Lost(f"The app has a connection already: {said}", "occupied")
    if status in (401, 403):
        said = f"X does not accept the app's token: {said}"
    return _Lost(said, "throttled" if status == 429 else "http")


async def _rest_of(stream: HttpStream) -> bytes:
    """The body of a refusal."""
    body = b""
    with suppress(StreamBroken, TimeoutError):
        while len(body) < _MOST_ERROR_BYTES:
            body += await stream.read(5.0)
    return body
