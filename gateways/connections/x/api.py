"""Calls of X's API by links, and what its answers mean."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from domain.errors import EvenkeelError
from domain.ports.http_caller import Call, HttpCaller, Reply
from gateways.channels.contract import JSON_TYPE, HttpResponse
from gateways.channels.types.x.api import said_in, wait_of
from gateways.connections.link import LinkLost

CALL_SECONDS = 15.0
MAX_ANSWER_BYTES = 8 << 20


class XRefused(EvenkeelError):
    """X answered with an error that trying again doesn't change. `status` is HTTP's."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class XThrottled(EvenkeelError):
    """Too many requests; the limit's window ends in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"X asks to wait {seconds:.0f} seconds.")
        self.seconds = seconds


class XApi:
    """`url` is where the API is; `now` the time in UTC; `room` limits how many calls are made at once."""

    def __init__(self, http: HttpCaller, url: str, now: Callable[[], datetime], room: asyncio.Semaphore) -> None:
        self._http = http
        self._url = url
        self._now = now
        self._room = room

    async def call(
        self, method: str, path: str, token: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """The answer's JSON. Raises XRefused, XThrottled, or LinkLost if X can't be reached or is out of order."""
        headers: tuple[tuple[str, str], ...] = (("Authorization", f"Bearer {token}"), ("Accept", JSON_TYPE))
        raw = b""
        if body is not None:
            headers, raw = (*headers, ("Content-Type", JSON_TYPE)), orjson.dumps(body)
        return await self.send(method, path, headers, raw, query)

    async def send(
        self,
        method: str,
        path: str,
        headers: tuple[tuple[str, str], ...],
        body: bytes = b"",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """As `call`, with headers and a body as they are given."""
        url = f"{self._url}{path}" + (f"?{urlencode(query)}" if query else "")
        async with self._room:
            reply = await self._http.call(Call(method, url, headers, body, CALL_SECONDS, MAX_ANSWER_BYTES))
        return self._result(reply)

    def _result(self, reply: Reply) -> Any:
        if not reply.status:
            raise LinkLost(f"X can't be reached: {reply.error}", final=reply.refused)
        if reply.status == 429:
            raise XThrottled(wait_of(HttpResponse(429, dict(reply.headers)), self._now()))
        if reply.status >= 500:
            raise LinkLost(f"X answered {reply.status}.")
        if reply.status // 100 != 2:
            raise XRefused(said_in(reply.body) or f"X answered {reply.status}.", reply.status)
        try:
            return orjson.loads(reply.body) if reply.body else None
        except orjson.JSONDecodeError:
            raise LinkLost("X's answer is not JSON.") from None
