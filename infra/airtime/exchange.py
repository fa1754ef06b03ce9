"""Calls to an airtime provider's API, each noted as flows show them: without the credentials."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from domain.flow.engine.http_trace import parse_url, request_trace, response_head, shown, shown_body
from domain.ports.airtime import AirtimeAccount
from domain.ports.http_caller import Call, HttpCaller, Reply

MAX_BYTES = 4 << 20
"""A page of a hundred products is about 200 kB."""
MAX_KEPT_CHARS = 2_048
"""Of each request and answer: lists of products would make events of megabytes."""
BUSY = 429
PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait before trying again when there were too many requests."""
HIDDEN = "********"

Sleep = Callable[[float], Awaitable[None]]


class Exchange:
    """The calls of one transfer. `logs` are {url, status_code?, request, response?, elapsed_ms, retries, sizes, status, created_on}."""

    def __init__(self, http: HttpCaller, account: AirtimeAccount, sleep: Sleep = asyncio.sleep) -> None:
        self._http = http
        self._base = account.url.rstrip("/")
        self._authorization = "Basic " + base64.b64encode(f"{account.key}:{account.secret}".encode()).decode()
        self._sleep = sleep
        self.logs: list[dict[str, Any]] = []

    async def call(self, method: str, path: str, document: Any = None, *, seconds: float) -> tuple[Reply, Any]:
        """Calls, again after a pause where the provider is busy; the reply and the JSON in it, None if there is none."""
        body = b"" if document is None else orjson.dumps(document)
        headers = [("Authorization", self._authorization), ("Accept", "application/json")]
        if body:
            headers.append(("Content-Type", "application/json"))
        call = Call(method, self._base + path, tuple(headers), body, timeout=seconds, max_bytes=MAX_BYTES)
        began, retries = datetime.now(UTC), 0
        reply = await self._http.call(call)
        while reply.status == BUSY and retries < len(PAUSES):
            await self._sleep(PAUSES[retries])
            began, retries = datetime.now(UTC), retries + 1
            reply = await self._http.call(call)
        self.logs.append(_log(call, reply, began, retries))
        return reply, _json(reply)


def _json(reply: Reply) -> Any:
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None


def _log(call: Call, reply: Reply, began: datetime, retries: int) -> dict[str, Any]:
    named = {name: HIDDEN if name == "Authorization" else value for name, value in call.headers}
    parsed = parse_url(call.url)
    trace = request_trace(call.method, parsed, named, call.body.decode()) if parsed is not None else call.url
    log: dict[str, Any] = {"url": call.url}
    answer = ""
    if reply.status:
        log["status_code"] = reply.status
        answer = response_head("HTTP/1.1", reply.status, reply.reason, reply.size or len(reply.body), reply.headers)
        answer += shown_body(reply.body)
    log["request"] = shown(trace)[:MAX_KEPT_CHARS]
    if answer:
        log["response"] = shown(answer)[:MAX_KEPT_CHARS]
    log["elapsed_ms"] = reply.elapsed_ms
    log["retries"] = retries
    log["sizes"] = {"request": len(trace.encode()), "response": len(answer.encode())}
    log["status"] = _status(reply)
    log["created_on"] = began.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return log


def _status(reply: Reply) -> str:
    if not reply.status:
        return "connection_error"
    return "success" if reply.status // 100 == 2 else "response_error"
