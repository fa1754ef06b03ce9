"""Requests over kept-alive connections, cheap enough to make hundreds of thousands of them beside what they test."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

RETRY_SECONDS = 0.2


@dataclass(slots=True)
class Request:
    """`done(attempts)` is called when it was answered with a 2xx; `attempts` counts those that got no such answer too."""

    wire: bytes
    done: Callable[[int], None]
    attempts: int = 0


class HttpClient:
    """Repeats every request until it is answered with a 2xx, as aggregators do. `refused` counts other answers, `broken` lost ones."""

    def __init__(self, port: int, connections: int = 48) -> None:
        self._port = port
        self._size = connections
        self._waiting: deque[Request] = deque()
        self._idle: list[_Connection] = []
        self._open = 0
        self.under_way = self.refused = self.broken = 0

    def send(self, wire: bytes, done: Callable[[int], None]) -> None:
        self.under_way += 1
        self.put(Request(wire, done))

    def put(self, request: Request) -> None:
        if self._idle:
            self._idle.pop().ask(request)
        else:
            self._waiting.append(request)
            if self._open < self._size:
                self._open += 1
                asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._port)
                return
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)

    def free(self, connection: "_Connection") -> None:
        if self._waiting:
            connection.ask(self._waiting.popleft())
        else:
            self._idle.append(connection)

    def lost(self, connection: "_Connection", request: Request | None) -> None:
        self._open -= 1
        if connection in self._idle:
            self._idle.remove(connection)
        if request is not None:
            self.broken += 1
            self.again(request)
        if self._waiting and self._open < self._size:
            self._open += 1
            asyncio.get_running_loop().create_task(self._connect())

    def again(self, request: Request) -> None:
        asyncio.get_running_loop().call_later(RETRY_SECONDS, self.put, request)

    def answered(self, request: Request, status: int) -> None:
        if 200 <= status < 300:
            self.under_way -= 1
            request.done(request.attempts)
        else:
            self.refused += 1
            self.again(request)


class _Connection(asyncio.Protocol):
    """One request at a time; reads answers with a content length, as ours have."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._request: Request | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._client.free(self)

    def ask(self, request: Request) -> None:
        assert self._transport is not None
        self._request = request
        request.attempts += 1
        self._transport.write(request.wire)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or self._request is None:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        request, self._request, self._buffer = self._request, None, b""
        self._client.answered(request, int(head[9:12]))
        self._client.free(self)

    def connection_lost(self, _: Exception | None) -> None:
        request, self._request = self._request, None
        self._client.lost(self, request)


def get(path: str, query: dict[str, str]) -> bytes:
    return f"GET {path}?{urlencode(query)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, form: dict[str, str]) -> bytes:
    body = urlencode(form).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
