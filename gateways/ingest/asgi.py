"""Requests and responses between ASGI and channel types."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

import orjson

from gateways.channels.contract import HttpRequest, HttpResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 1 << 20


def request_of(scope: Scope, body: bytes) -> HttpRequest:
    """The request as channel types read it."""
    headers = {_name(name): value.decode("latin-1") for name, value in scope["headers"]}
    return HttpRequest(scope["method"], _url(scope), headers, scope["query_string"], body)


async def send_response(response: HttpResponse, send: Send) -> None:
    """Gives the response back, with its length."""
    headers = [*_headers(tuple(response.headers.items())), (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def body_of(receive: Receive) -> bytes | None:
    """The whole body; None if it is too large (the rest is not read)."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > MAX_BODY:
            return None
        message = await receive()
        body += message.get("body", b"")
    return body if len(body) <= MAX_BODY else None


@lru_cache(maxsize=256)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1")


@lru_cache(maxsize=256)
def _headers(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs)


def _url(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return f"{scope.get('scheme', 'http')}://{value.decode('latin-1')}{scope['path']}"
    return f"{scope.get('scheme', 'http')}://localhost{scope['path']}"


def error_response(status: int, sentence: str) -> HttpResponse:
    """A refusal in the envelope that aggregators get."""
    document: Mapping[str, Any] = {"message": "Error", "data": [{"type": "error", "error": sentence}]}
    return HttpResponse(status, {"content-type": "application/json"}, orjson.dumps(document))
