"""One connection to a server, HTTP/1.1, one exchange at a time. Parsed by httptools (llhttp)."""

import asyncio
from typing import Any, cast

import httptools

_NO_REUSE = frozenset({"HEAD"})  # the parser can't be told that such an answer has no body


class Broken(ConnectionError):
    """The connection ended, or what came over it is no HTTP."""


class Answer:
    """What came back, as it comes."""

    __slots__ = ("body", "headers", "is_delimited", "keep_alive", "reason", "size", "status", "too_large")

    def __init__(self) -> None:
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.size = 0
        self.too_large = False
        self.is_delimited = False
        """Whether the server says where the body ends; else the end of the connection is it."""
        self.keep_alive = False


class Connection(asyncio.Protocol):
    """`is_open` until either side ends it. A connection that isn't reusable after an exchange closes itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._max_bytes = 0
        self._method = ""
        self.is_open = False
        self.idle_timer: asyncio.TimerHandle | None = None

    async def exchange(self, method: str, request: bytes, max_bytes: int, seconds: float) -> Answer:
        """Send the request, wait for the whole answer (cut at `max_bytes`). Raises Broken or TimeoutError."""
        transport = self._transport
        if transport is None or not self.is_open:
            raise Broken("The connection was closed.")
        self._method, self._max_bytes = method, max_bytes
        self._answer = Answer()
        waiter: asyncio.Future[Answer] = self._loop.create_future()
        self._waiter = waiter
        timer = self._loop.call_later(seconds, self._time_out)
        transport.write(request)
        try:
            return await waiter
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            timer.cancel()
            self._waiter = None

    def close(self) -> None:
        self.is_open = False
        if self.idle_timer is not None:
            self.idle_timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _time_out(self) -> None:
        self._fail(TimeoutError())

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.close()

    def _finish(self) -> None:
        answer = self._answer
        if answer is None:
            return
        self._answer = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(answer)
        if not answer.keep_alive or answer.too_large:
            self.close()

    # ---- the transport's calls --------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._answer is None:  # nobody asked: a server's farewell, or worse
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Broken(f"The answer is no HTTP: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        answer = self._answer
        if answer is not None and answer.status and answer.headers and not answer.is_delimited:
            answer.keep_alive = False
            self._finish()
        else:
            self._fail(Broken(f"The connection broke: {error}" if error else "The connection was closed."))

    # ---- the parser's calls ------------------------------------------------------------------------------------------------------

    def on_status(self, reason: bytes) -> None:
        if self._answer is not None:
            self._answer.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._answer is not None:
            self._answer.headers.append((name, value))

    def on_headers_complete(self) -> None:
        answer = self._answer
        if answer is None:
            return
        answer.status = self._parser.get_status_code()
        for name, _ in answer.headers:
            if len(name) in (14, 17) and name.lower() in (b"content-length", b"transfer-encoding"):
                answer.is_delimited = True
        if self._method in _NO_REUSE and answer.status >= 200:
            self._finish()

    def on_body(self, body: bytes) -> None:
        answer = self._answer
        if answer is None:
            return
        answer.size += len(body)
        answer.body = answer.body + body if answer.body else body
        if answer.size > self._max_bytes:
            answer.body, answer.too_large = answer.body[: self._max_bytes], True
            self._finish()

    def on_message_complete(self) -> None:
        answer = self._answer
        if answer is None:
            return
        if answer.status < 200:  # "continue": the answer is still to come
            self._answer = Answer()
            return
        answer.keep_alive = self._parser.should_keep_alive()
        self._finish()
