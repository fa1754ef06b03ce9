"""An answer that goes on for ever, piece by piece. A reader that is slower than the server stops it from sending more."""

import asyncio
from typing import Any, cast

import httptools

from domain.ports.http_caller import Headers
from domain.ports.http_stream import StreamBroken

MOST_WAITING = 1 << 20  # bytes that nobody has read yet: beyond, nothing more is taken from the connection


class StreamConnection(asyncio.Protocol):
    """A connection for one request. An HttpStream once `head` is done."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.head: asyncio.Future[None] = loop.create_future()
        self._named: list[tuple[str, str]] = []
        self._pieces = bytearray()
        self._came = asyncio.Event()
        self._end: StreamBroken | None = None
        self._is_paused = False
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None

    def ask(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    async def read(self, seconds: float) -> bytes:
        """See HttpStream."""
        if not self._pieces and self._end is None:
            self._came.clear()
            async with asyncio.timeout(seconds):
                await self._came.wait()
        if not self._pieces:
            raise self._end or StreamBroken("The connection was closed.")
        read = bytes(self._pieces)
        self._pieces.clear()
        if self._is_paused and self._transport is not None and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
        return read

    def close(self) -> None:
        self._finish(StreamBroken("The connection was closed."))

    def _finish(self, end: StreamBroken) -> None:
        self._end = self._end or end
        self._came.set()
        if not self.head.done():
            self.head.set_exception(self._end)
            self.head.exception()  # whoever waited may be gone
        if self._transport is not None:
            self._transport.abort()

    # ---- the transport's calls -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._finish(StreamBroken(f"The answer is no HTTP: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self._finish(StreamBroken(f"The connection broke: {error}" if error else "The server closed the connection."))

    # ---- the parser's calls ----------------------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self._named.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status, self.headers = self._parser.get_status_code(), tuple(self._named)
        if not self.head.done():
            self.head.set_result(None)

    def on_body(self, body: bytes) -> None:
        self._pieces += body
        self._came.set()
        if len(self._pieces) > MOST_WAITING and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        self._finish(StreamBroken("The server ended the answer."))
