"""Files that contacts sent: shown under addresses of ours, fetched with the channel's key, for nobody who made up an address."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from domain.ports.http_caller import Call, Reply
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel, Installation
from gateways.channels.media_addresses import MediaAddresses
from gateways.web.media_door import MediaDoor
from tests.examples.doors import Answer, call

TELEGRAM = Channel("c1", "org", "TG", "bot", schemes=("telegram",), config={"auth_token": "key"})
EXTERNAL = Channel("c2", "org", "EX", "2020")
ROCKET = Channel(
    "c3",
    "org",
    "RC",
    "rocket",
    schemes=("rocketchat",),
    config={"base_url": "https://chat.example", "admin_auth_token": "key", "admin_user_id": "7"},
)
ADDRESSES = MediaAddresses("https://evenkeel.example/")


class Outside:
    """Telegram: a look-up of the file, then the file."""

    def __init__(self, file: Reply) -> None:
        self.file = file
        self.asked: list[str] = []
        self.calls: list[Call] = []

    async def call(self, asked: Call) -> Reply:
        self.asked.append(asked.url)
        self.calls.append(asked)
        if asked.url.endswith("/getFile"):
            return Reply(200, (), orjson.dumps({"ok": True, "result": {"file_path": "photos/1.jpg"}}))
        return self.file


def shown(channel: Channel = TELEGRAM, attachment: str = "media:f1") -> str:
    return ADDRESSES.shown(type_of(channel), channel, attachment)


def opened(url: str, file: Reply, method: str = "GET") -> tuple[Answer, Outside]:
    outside = Outside(file)
    channels = {each.uuid: each for each in (TELEGRAM, EXTERNAL, ROCKET)}
    now = datetime(2026, 11, 24, tzinfo=UTC)
    door = MediaDoor(channels.get, type_of, lambda: outside, lambda: now, Installation())
    path = url.removeprefix("https://evenkeel.example")
    return asyncio.run(call(door, method, path)), outside


JPEG = Reply(200, (("Content-Type", "image/jpeg"),), b"jpeg")


def test_a_file_is_fetched_with_the_channel_s_key() -> None:
    answer, outside = opened(shown(), JPEG)

    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"jpeg", "image/jpeg")
    assert "content-disposition" not in answer.headers
    assert outside.asked[-1].endswith("/file/botkey/photos/1.jpg")


def test_the_channel_s_key_stays_with_the_aggregator_when_it_sends_us_on() -> None:
    _, outside = opened(shown(ROCKET, "https://chat.example/file-upload/1.jpg"), JPEG)

    [fetched] = outside.calls
    assert dict(fetched.headers) == {"X-Auth-Token": "key", "X-User-Id": "7"}
    assert {"x-auth-token", "x-user-id"} <= fetched.stays_home


@pytest.mark.parametrize(
    "spoil", [lambda url: url[:-1] + "x", lambda url: url.replace("/c1/", "/c2/"), lambda url: url + "/x"]
)
def test_an_address_that_was_not_given_out_opens_nothing(spoil: Any) -> None:
    answer, outside = opened(spoil(shown()), JPEG)

    assert (answer.status, outside.asked) == (404, [])


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "Image/SVG+XML; charset=utf-8", "application/xhtml+xml", ""]
)
def test_a_page_is_never_shown_as_ours(content_type: str) -> None:
    answer, _ = opened(shown(), Reply(200, (("Content-Type", content_type),), b"<script>"))

    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (Reply(404), 404),
        (Reply(403), 502),
        (Reply(0, error="no answer"), 502),
        (Reply(200, (), b"", too_large=True), 413),
    ],
)
def test_a_file_that_can_not_be_had_says_so(file: Reply, status: int) -> None:
    assert opened(shown(), file)[0].status == status


def test_files_are_only_read() -> None:
    assert opened(shown(), JPEG, "POST")[0].status == 405


@pytest.mark.parametrize(
    ("channel", "attachment"),
    [
        (EXTERNAL, "https://files.example/1.jpg"),
        (TELEGRAM, "geo:1.000000,2.000000"),
        (EXTERNAL, "image/png:https://a.example/b"),
    ],
)
def test_what_is_open_to_everybody_stays_as_it_is(channel: Channel, attachment: str) -> None:
    assert shown(channel, attachment) == attachment
