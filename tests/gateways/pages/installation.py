"""Pages of a made-up installation, served by a real server on the loopback interface."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import uvicorn

from domain.errors import Unavailable
from domain.events.record import Record
from gateways.pages.app import create_pages
from gateways.pages.passing_records import PassingRecords
from infra.event_log.memory import MemoryEventLog

ORG = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1"
CHANNEL = "e4bb1578-29da-4fa5-a214-9da19dd24230"
KANNEL = "0a1b2c3d-29da-4fa5-a214-9da19dd24231"
PHONE = "+250788123123"
EVIL = "<script>alert('x')</script>\"&"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Pages:
    """What the pages are given can be changed at any time."""

    def __init__(self) -> None:
        self.log = MemoryEventLog(2)
        self.name = "Water Ministry"
        self.status: Any = {
            "processes": [{"name": "web-1", "role": "web", "pid": 7, "state": "running"}],
            "log": {
                "heads": {"0": 12, "1": -1},
                "readers": {"decider": {"cursors": {"0": 10, "1": -1}, "lag": {"0": 2, "1": 0}}},
                "parked": [{"organization": ORG, "partition": 0, "offset": 3}],
            },
            "queues": {"send": {ORG: {CHANNEL: 4}}},
            "spool": {"segments": 1, "bytes": 99},
        }
        self.figures: dict[str, Any] = {}
        self.kept: list[dict[str, Any]] = []
        self.database_is_away = False
        self.asked: list[tuple[str, str, str, int]] = []
        self.app = create_pages(
            workspaces=self._workspaces,
            status=self._status,
            records=PassingRecords(self.log),
            messages=self._messages,
            figures=lambda: self.figures,
            now=lambda: NOW,
        )

    @property
    def served(self) -> Any:
        """The application that the server gets."""
        return self.app

    def _workspaces(self) -> list[dict[str, Any]]:
        channels = [
            {
                "uuid": uuid,
                "type": kind,
                "address": "2020",
                "receive_url": f"http://host:1/c/{kind.lower()}/{uuid}/receive",
            }
            for uuid, kind in ((CHANNEL, "EX"), (KANNEL, "KN"))
        ]
        return [{"uuid": ORG, "name": self.name, "api_token": "very-secret-token", "channels": channels, "flows": []}]

    def _status(self) -> Any:
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    def _messages(self, organization: str, channel: str, urn: str, limit: int) -> list[dict[str, Any]]:
        self.asked.append((organization, channel, urn, limit))
        if self.database_is_away:
            raise Unavailable("The database is away.")
        return self.kept

    def append(self, *names: str, org: str = ORG, text: str = "secret words") -> None:
        events = tuple({"type": name, "version": 1, "id": "1", "data": {"text": text}} for name in names)
        self.log.append([Record(org, "fact", events, 1_000_000, "door:EX")])


class Site:
    """A served installation and a client of it."""

    def __init__(self, pages: Pages, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.pages = pages
        self.url = url
        self.loop = loop
        self.http = httpx.Client(base_url=url, timeout=60)

    def deliver(self, text: str, *, to: str = PHONE, channel: str = CHANNEL, **more: Any) -> httpx.Response:
        document = {"id": 7, "text": text, "to": to, "from": "2020", "quick_replies": [], **more}
        return self.http.post(f"/simulator/deliver/{channel}", json=document)

    def messages(self, phone: str = PHONE, channel: str = CHANNEL) -> list[dict[str, Any]]:
        answer = self.http.get("/simulator/messages", params={"phone": phone, "channel": channel})
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    @contextmanager
    def watching(self, path: str, **params: Any) -> Iterator[Iterator[dict[str, Any]]]:
        """Server-sent events as they come."""
        with self.http.stream("GET", path, params=params) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            next(lines)  # the stream is open
            yield (orjson.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


@contextmanager
def served(pages: Pages) -> Iterator[Site]:
    config = uvicorn.Config(
        pages.served, host="127.0.0.1", port=0, interface="asgi3", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    site = Site(pages, f"http://127.0.0.1:{port}", loop)
    try:
        yield site
    finally:
        site.http.close()
        loop.call_soon_threadsafe(pages.app.state.end_streams)
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive(), "the server waits for somebody"
