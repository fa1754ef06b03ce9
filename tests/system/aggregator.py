"""A fake aggregator: takes messages over real HTTP on loopback, keeps a book, and calls back when told to. One thread of its own."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvloop
from aiohttp import ClientError, ClientSession, TCPConnector, web

BACKLOG = 4096
"""A sender that comes back after a kill makes hundreds of connections at once; those that don't fit are only tried again seconds later."""


@dataclass
class Aggregator:
    """`callback(message) -> [url, …]` says what to call after a message was taken. `taken` is the book, in order."""

    callback: Callable[[dict[str, str]], list[str]] = lambda message: []
    taken: list[dict[str, str]] = field(default_factory=list)
    failing: bool = False
    port: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)
    _loop: Any = None
    _stop: Any = None

    def start(self) -> "Aggregator":
        threading.Thread(target=lambda: uvloop.run(self._serve()), daemon=True).start()
        assert self._ready.wait(120)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def forget(self) -> None:
        """The book, and what was to be called back."""
        self.callback = lambda message: []
        self.failing = False
        self.taken = []

    @property
    def send_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"

    def external_config(self) -> dict[str, str]:
        """Settings of an EX channel that sends here."""
        body = "id={{id}}&text={{text}}&to={{to}}&from={{from}}"
        return {"send_url": self.send_url, "method": "POST", "content_type": "urlencoded", "body": body}

    def kannel_config(self) -> dict[str, str]:
        """Settings of a KN channel that sends here."""
        return {"send_url": self.send_url, "username": "kannel", "password": "secret"}

    def texts_to(self, number: str) -> list[str]:
        return [message["text"] for message in self.taken if message["to"] == number]

    def times_taken(self) -> Counter[str]:
        """How often each message was taken, by our id."""
        return Counter(message["id"] for message in self.taken)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/send", self._take)
        application.router.add_route("*", "/survey", self._survey)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=BACKLOG)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        async with ClientSession(connector=TCPConnector(limit=32)) as self._client:
            self._ready.set()
            await self._stop.wait()
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        message = {name: str(value) for name, value in (await request.post()).items()} | dict(request.query)
        if self.failing:
            return web.Response(status=503)
        if "dlr-url" in message:  # Kannel learns our id only from where it shall report
            message["id"] = parse_qs(urlsplit(message["dlr-url"]).query)["uuid"][0]
        self.taken.append(message)
        for url in self.callback(message):
            asyncio.get_running_loop().create_task(self._call_back(url))
        return web.Response(text="0: Accepted for delivery", status=202)

    async def _survey(self, request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"answers": 1})

    async def _call_back(self, url: str) -> None:
        for _ in range(400):  # an aggregator repeats what was not answered
            try:
                async with self._client.get(url) as answer:
                    if answer.status == 200:
                        return
            except (OSError, ClientError):
                pass
            await asyncio.sleep(0.25)
