"""Requests of messengers, and their look-ups against prepared answers."""

from collections.abc import Generator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import (
    Answer,
    Channel,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    Received,
    SendOptions,
)

URL = "https://door.example/c/x/channel/receive"


def post(body: Any, **headers: str) -> HttpRequest:
    """A request with JSON, or with bytes as they are."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpRequest("POST", URL, {name.replace("_", "-"): value for name, value in headers.items()}, body=raw)


def post_form(**fields: str) -> HttpRequest:
    form = {"content-type": "application/x-www-form-urlencoded"}
    return HttpRequest("POST", URL, form, body=urlencode(fields).encode())


def only_message(answer: Answer) -> IncomingMessage:
    assert isinstance(answer, Received), answer
    (message,) = answer.messages
    return message


def form_of(request: HttpRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}


def query_of(request: HttpRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query, keep_blank_values=True).items()}


def found_file(
    kind: BuiltType, by: Channel, attachment: str, answers: Sequence[HttpResponse] = (), **options: Any
) -> HttpRequest | None:
    """The download of an attachment, the look-ups before it given these answers."""
    found: HttpRequest | None = _played(kind.plan_fetch(by, attachment, SendOptions(**options)), answers)
    return found


def found_name(
    kind: BuiltType, by: Channel, urn: str, answers: Sequence[HttpResponse] = (), **options: Any
) -> str | None:
    found: str | None = _played(kind.plan_name(by, urn, SendOptions(**options)), answers)
    return found


def _played(plan: Generator[HttpRequest, HttpResponse, Any], answers: Sequence[HttpResponse]) -> Any:
    left = iter(answers)
    try:
        next(plan)
        while True:
            plan.send(next(left))
    except StopIteration as end:
        return end.value
