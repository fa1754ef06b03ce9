"""The fake aggregator of the system tests with a server that costs little: it shares the machine with what is measured."""

import asyncio
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httptools

from tests.system.aggregator import Aggregator

_TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n\r\n0: Accepted for delivery"
_ANSWERS = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"answers": 1}'


class LeanAggregator(Aggregator):
    """Takes what a Kannel or External channel sends (query or form) and calls nobody back."""

    def start(self) -> "LeanAggregator":
        self._texts: dict[str, list[str]] = defaultdict(list)
        super().start()
        return self

    def texts_to(self, number: str) -> list[str]:
        return self._texts[number]

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(lambda: _Requests(self), "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    def take(self, fields: str) -> None:
        message = {name: values[0] for name, values in parse_qs(fields).items()}
        if "dlr-url" in message:
            message["id"] = parse_qs(urlsplit(message["dlr-url"]).query)["uuid"][0]
        self.taken.append(message)
        self._texts[message["to"]].append(message["text"])


class _Requests(asyncio.Protocol):
    """One connection of a sender."""

    def __init__(self, aggregator: LeanAggregator) -> None:
        self._aggregator = aggregator

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url = self._body = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        parts = urlsplit(self._url.decode())
        if parts.path == "/survey":
            self._transport.write(_ANSWERS)
            return
        self._aggregator.take(parts.query or self._body.decode())
        self._transport.write(_TAKEN)
