"""An aggregator on the loopback: speaks real HTTP, keeps a book of what it was sent, and can be slow, rude or gone."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httptools


@dataclass(slots=True)
class Posted:
    """One request that came in. `form` holds the body's fields if it is a form."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(slots=True)
class Answer:
    """What it says: `wait` seconds later; with `hang_up` it closes the connection instead."""

    status: int = 200
    body: bytes = b'{"ok":true}'
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    hang_up: bool = False


Behaviour = Callable[[Posted], Answer | Awaitable[Answer]]


class FakeAggregator:
    """`async with FakeAggregator() as aggregator`. `behaviour` decides each answer; `book` has every request that was read whole.

    `arrived` is told of each; what it awaits there (a callback to a door, say) happens after the answer.
    """

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or (lambda posted: Answer())
        self.book: list[Posted] = []
        self.afterwards: Callable[[Posted], Awaitable[Any]] | None = None
        self.at_once = self.most_at_once = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> "FakeAggregator":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def fields(self, name: str) -> list[str]:
        """One form field of everything in the book, in the order in which it came."""
        return [posted.form[name] for posted in self.book]

    def counted(self, name: str) -> Counter[str]:
        return Counter(self.fields(name))

    async def until(self, count: int, seconds: float = 120.0) -> None:
        """Wait for so many requests."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.book) >= count)

    def take(self, connection: "_Connection", posted: Posted) -> None:
        task = asyncio.ensure_future(self._answer(connection, posted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, connection: "_Connection", posted: Posted) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.book.append(posted)
            async with self._arrived:
                self._arrived.notify_all()
            answer = self.behaviour(posted)
            if not isinstance(answer, Answer):
                answer = await answer
            if answer.wait:
                await asyncio.sleep(answer.wait)
        finally:
            self.at_once -= 1
        connection.answer(answer)
        if self.afterwards is not None:
            await self.afterwards(posted)


class _Connection(asyncio.Protocol):
    def __init__(self, aggregator: FakeAggregator) -> None:
        self._aggregator = aggregator
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._url, self._headers, self._body = b"", {}, bytearray()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._aggregator.connections += 1

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        self._aggregator.take(self, Posted(method, self._url.decode(), self._headers, bytes(self._body)))

    def answer(self, answer: Answer) -> None:
        if answer.hang_up or self._transport.is_closing():
            self._transport.abort()
            return
        head = f"HTTP/1.1 {answer.status} Whatever\r\nContent-Length: {len(answer.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        self._transport.write(head.encode() + b"\r\n" + answer.body)


def calling_back(receive_url: str, *statuses: str) -> Callable[[Posted], Awaitable[None]]:
    """For `afterwards`: tells the channel's door (`…/c/ex/<uuid>/receive`) these statuses of each message, one after the other."""
    from domain.ports.http_caller import Call
    from infra.http.caller import PooledCaller

    caller = PooledCaller(frozenset({"127.0.0.0/8", "localhost"}))

    async def tell(posted: Posted) -> None:
        for status in statuses:
            body = f"id={posted.form['id']}".encode()
            headers = (("Content-Type", "application/x-www-form-urlencoded"),)
            await caller.call(Call("POST", receive_url.rpartition("/")[0] + f"/{status}", headers, body))

    return tell


class AggregatorThread:
    """A FakeAggregator in a thread of its own, for tests that aren't asynchronous: `with AggregatorThread() as aggregator`.

    Its `book`, `url` and `behaviour` are those of the FakeAggregator (`fake`); `behaviour` runs in the thread.
    """

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.fake = FakeAggregator(behaviour)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-aggregator", daemon=True)

    def __enter__(self) -> "AggregatorThread":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.fake.__aenter__(), self._loop).result(120)
        return self

    def __exit__(self, *exception: object) -> None:
        asyncio.run_coroutine_threadsafe(self.fake.__aexit__(), self._loop).result(120)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(120)
        self._loop.close()

    @property
    def url(self) -> str:
        return self.fake.url

    @property
    def book(self) -> list[Posted]:
        return list(self.fake.book)

    def until(self, count: int, seconds: float = 120.0) -> None:
        """Wait for so many requests."""
        asyncio.run_coroutine_threadsafe(self.fake.until(count, seconds), self._loop).result(seconds + 60)
