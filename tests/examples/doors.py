"""Calls ASGI applications as a server does, and a log that can go away: for tests of doors."""

import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from domain.errors import Unavailable
from domain.events.record import Position, Record
from infra.event_log.memory import MemoryEventLog


class Answer:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


async def call(
    app: Any, method: str, path: str, *, form: dict[str, str] | None = None, body: bytes = b"", headers: Any = ()
) -> Answer:
    """One request. `form` is sent urlencoded."""
    sent = [(name.lower().encode(), value.encode()) for name, value in dict(headers).items()]
    if form is not None:
        body = urlencode(form).encode()
        sent.append((b"content-type", b"application/x-www-form-urlencoded"))
    target, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": target, "query_string": query.encode(), "headers": sent}
    scope |= {"scheme": "http", "server": ("testserver", 80), "client": ("127.0.0.1", 5000), "root_path": ""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    answer = Answer()
    await app(scope, receive, answer.take)
    return answer


class LogThatGoesAway(MemoryEventLog):
    """`away` refuses appends; `lose_answer` writes the next append and then pretends that it failed; all wait until they `may_write`."""

    away = False
    lose_answer = False

    def __init__(self, partitions: int) -> None:
        super().__init__(partitions)
        self.may_write = threading.Event()
        self.may_write.set()

    def append(self, records: Sequence[Record]) -> list[Position]:
        if self.away:
            raise Unavailable("The log is away.")
        self.may_write.wait()
        positions = super().append(records)
        if self.lose_answer:
            self.lose_answer = False
            raise Unavailable("The connection was lost.")
        return positions

    def inputs(self) -> list[Record]:
        return [stored.record for number in range(self.partitions) for stored in self.read(number, -1, 100_000)]
