"""Channels of Meta's types, requests to them, and an aggregator that gives prepared answers."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import (
    Answer,
    Channel,
    HttpRequest,
    HttpResponse,
    Installation,
    OutgoingMessage,
    SendOptions,
    SendOutcome,
)

SECRET = "app-secret-9"
SHARED = Installation("door.example", SECRET, "hook-secret-7", "system-token-5")
CHANNEL_UUID = "0b9ec3f0-6f1c-4f0e-8e68-2f5a3c1b7d11"
MESSAGE_UUID = "0199f3aa-1111-7abc-8def-0123456789ab"


def channel(kind: BuiltType, address: str = "700100", **config: Any) -> Channel:
    return Channel(CHANNEL_UUID, "org", kind.code, address, schemes=kind.schemes, config=config)


def signed(body: Any, secret: str = SECRET) -> HttpRequest:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    mark = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return HttpRequest("POST", "https://door.example/c/x/receive", {"x-hub-signature-256": mark}, body=raw)


def get(query: str) -> HttpRequest:
    return HttpRequest("GET", "https://door.example/c/x/receive", query=query.encode())


def receive(kind: BuiltType, to: Channel, request: HttpRequest, action: str = "receive") -> Answer:
    return kind.receive(action, to, request, installation=SHARED, new_id=lambda: MESSAGE_UUID)


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body if isinstance(body, bytes) else orjson.dumps(body))


def outgoing(urn: str, text: str = "", **more: Any) -> OutgoingMessage:
    return OutgoingMessage(17, MESSAGE_UUID, urn, text, **more)


@dataclass
class Sent:
    """What was sent and what came of it."""

    outcome: SendOutcome
    requests: list[HttpRequest] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        return [orjson.loads(each.body) for each in self.requests if each.body[:1] == b"{"]


def send(
    kind: BuiltType, by: Channel, message: OutgoingMessage, answers: Sequence[HttpResponse], **options: Any
) -> Sent:
    """Plays a plan against these answers; one answer is given again and again."""
    plan = kind.plan_send(by, message, SendOptions(installation=SHARED, **options))
    requests: list[HttpRequest] = []
    try:
        request = next(plan)
        while True:
            requests.append(request)
            request = plan.send(answers[min(len(requests), len(answers)) - 1])
    except StopIteration as end:
        return Sent(end.value, requests)
