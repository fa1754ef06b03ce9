"""Whatever is asked of the pages and of the media door: never a 500, nothing of ours that a stranger wrote into a page."""

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given

from domain.ports.http_caller import Reply
from gateways.channels.catalogue import channel_types, type_of
from gateways.channels.contract import Channel
from gateways.web.media_door import MediaDoor
from tests.examples.doors import Answer
from tests.gateways.fuzz.doors import NOW, SHARED, called, channel
from tests.gateways.fuzz.hostile import (
    BODIES,
    FORM,
    HEADERS,
    JSON,
    Hostile,
    as_form,
    as_json,
    as_text,
    by_chance,
    examples,
    spoiled,
    value,
)
from tests.gateways.fuzz.test_answers import answers
from tests.gateways.pages.installation import CHANNEL, PHONE, Pages

PATHS = (
    "/", "/simulator", "/log", "/channels/log/", "/channels/log/x", "/pages/pages.css", "/pages/log.js", "/log/status", "/simulator/workspaces",
    "/simulator/messages", f"/simulator/deliver/{CHANNEL}", "/healthz", "/readyz", "/metrics",
)  # fmt: skip
DELIVERED = {
    "id": 7,
    "text": "Hi",
    "to": PHONE,
    "from": "2020",
    "quick_replies": ["Yes", {"type": "text", "text": "No"}],
    "attachments": [],
}
ASKED = {"phone": PHONE, "channel": CHANNEL, "limit": "5"}
EVIL = "<script>evil()</script>"


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


def test_pages_bear_whatever_is_asked(loop: asyncio.AbstractEventLoop) -> None:
    pages = Pages()
    pages.name = EVIL

    @examples(400)
    @given(request=by_chance(asked))
    def ask(request: tuple[str, Hostile]) -> None:
        path, hostile = request
        answer = loop.run_until_complete(called(pages.app, path, hostile))
        assert answer.status < 500, (answer.status, answer.body)
        assert "html" not in answer.headers.get("content-type", "") or EVIL.encode() not in answer.body
        assert answer.headers["x-content-type-options"] == "nosniff"

    ask()


def asked(chance: Random) -> tuple[str, Hostile]:
    path = chance.choice(PATHS)
    if chance.random() < 0.3:
        ending = chance.choice(("/", "%00", "/../..", "x" * 3_000, "\ud7ff"))
        path = chance.choice((path + ending, "/" + as_text(value(chance)).replace("?", "")))
    bodies = (as_json(spoiled(DELIVERED, chance)), as_form(spoiled(DELIVERED, chance)), chance.choice(BODIES))
    headers = [("content-type", chance.choice((JSON, FORM))), *chance.choices(HEADERS, k=chance.randint(0, 2))]
    return path.encode("utf-8", "replace").decode(), Hostile(
        chance.choice(("GET", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS")),
        as_form(spoiled(ASKED, chance)),
        tuple((name.encode(), each.encode("latin-1")) for name, each in headers),
        chance.choice(bodies),
    )


class _Outside:
    def __init__(self, replies: list[Reply]) -> None:
        self._replies = replies

    async def call(self, call: Any) -> Reply:
        return self._replies.pop() if self._replies else Reply(0, error="No answer.")


@pytest.mark.usefixtures("signed")
def test_the_media_door_bears_whatever_is_asked_and_answered(loop: asyncio.AbstractEventLoop) -> None:
    import base64

    channels = {}
    for kind in channel_types().values():
        raw = channel(kind, 0)
        channels[raw["uuid"]] = Channel(
            raw["uuid"], "org", kind.code, raw["address"], "", "RW", kind.schemes, raw["config"]
        )
    outside: list[Reply] = []
    door = MediaDoor(channels.get, type_of, lambda: _Outside(outside), lambda: NOW, SHARED)

    def asked(chance: Random) -> tuple[str, list[Reply]]:
        attachment = chance.choice(
            (f"media:{as_text(value(chance))}", as_text(value(chance)), "https://x.example/a", "media:m1", "https://[")
        )
        reference = base64.urlsafe_b64encode(attachment.encode("utf-8", "replace")).decode().rstrip("=")
        if chance.random() < 0.2:
            reference = as_text(value(chance)).encode("utf-8", "replace").decode()
        return f"/media/{chance.choice(list(channels))}/x/{reference}", answers(chance)

    @examples(300)
    @given(request=by_chance(asked))
    def ask(request: tuple[str, list[Reply]]) -> None:
        path, outside[:] = request
        answer: Answer = loop.run_until_complete(called(door, path, Hostile("GET", b"", (), b"")))
        assert answer.status in (200, 404, 405, 413, 502), answer.body

    ask()
