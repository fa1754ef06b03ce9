"""Server-sent events: one publisher, any number of browsers, none of which can hold up the others."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.responses import StreamingResponse

HEARTBEAT = 15.0  # seconds without an event after which a comment keeps proxies from closing the stream
KEPT = 200  # events a slow browser may be behind; beyond, the oldest are lost to it
MOST_STREAMS = 200

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Stream:
    """What one browser has still to be sent. It belongs to the event loop it was opened in."""

    __slots__ = ("wanted", "_events", "_wake", "ended")

    def __init__(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        self.wanted = wanted
        self._events: deque[bytes] = deque(maxlen=KEPT)
        self._wake = asyncio.Event()
        self.ended = False

    def put(self, frame: bytes) -> None:
        self._events.append(frame)
        self._wake.set()

    def end(self) -> None:
        self.ended = True
        self._wake.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """Events as they come, comments in between; ends with the stream."""
        yield b"retry: 2000\n\n"
        while not self.ended:
            self._wake.clear()  # before looking: what comes while a frame is sent must wake it again
            while self._events:
                yield self._events.popleft()
            try:
                await asyncio.wait_for(self._wake.wait(), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"


class Streams:
    """Everybody who watches the same thing. All methods belong to one event loop."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._ended = False

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def full(self) -> bool:
        return len(self._streams) >= MOST_STREAMS

    def publish(self, event: dict[str, Any]) -> None:
        """Give an event to everybody who wants it."""
        frame: bytes | None = None
        for stream in self._streams:
            if stream.wanted(event):
                frame = frame or _frame(event)
                stream.put(frame)

    def respond(
        self,
        wanted: Callable[[dict[str, Any]], bool] = lambda _: True,
        first: Callable[[], dict[str, Any] | None] = lambda: None,
    ) -> StreamingResponse:
        """The answer to a browser that watches. `first` gives an event for it alone, at the moment from which on it gets what is published."""
        return StreamingResponse(self._watched(Stream(wanted), first), media_type="text/event-stream", headers=HEADERS)

    def end(self) -> None:
        """Let all browsers go, and whoever comes now, because the server stops; they come back by themselves."""
        self._ended = True
        for stream in self._streams:
            stream.end()

    async def _watched(self, stream: Stream, first: Callable[[], dict[str, Any] | None]) -> AsyncIterator[bytes]:
        if self._ended:
            stream.end()
        self._streams.add(stream)
        try:
            event = first()
            if event is not None:
                stream.put(_frame(event))
            async for frame in stream.frames():
                yield frame
        finally:
            self._streams.discard(stream)


def _frame(event: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(event) + b"\n\n"
