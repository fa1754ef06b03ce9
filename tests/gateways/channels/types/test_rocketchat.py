"""Rocket.Chat: one secret both ways, files that only an administrator may fetch."""

from typing import Any

import pytest

from gateways.channels.contract import Answer, HttpResponse, Refused
from gateways.channels.types.rocketchat import ROCKETCHAT
from tests.gateways.channels.types.messenger_scene import found_file, only_message, post
from tests.gateways.channels.types.meta_scene import answer, channel, outgoing, receive, send

SETTINGS = {"base_url": "https://chat.example/api/app/", "secret": "rc-secret", "bot_username": "helper"}
ROOM = channel(ROCKETCHAT, **SETTINGS)
ADMIN = channel(ROCKETCHAT, **SETTINGS, admin_auth_token="admin", admin_user_id="u1")


def said(secret: str = "rc-secret", **body: Any) -> Answer:
    user = {"urn": "direct:aline", "username": "aline", "full_name": "Aline U"}
    return receive(ROCKETCHAT, ROOM, post({"user": user} | body, authorization=f"Token {secret}"))


def test_a_message_is_received() -> None:
    message = only_message(said(text="Hi", attachments=[{"type": "image/png", "url": "https://chat.example/f/1"}]))
    assert (message.urn, message.name, message.text) == ("rocketchat:direct:aline#aline", "Aline U", "Hi")
    assert message.attachments == ("image/png:https://chat.example/f/1",)


def test_what_is_not_genuine_or_empty_is_refused() -> None:
    forged, empty, nobody = said("guess", text="Hi"), said(), said(text="Hi", user={})
    assert isinstance(forged, Refused) and forged.response.status == 401
    assert isinstance(empty, Refused) and isinstance(nobody, Refused)


def test_files_of_the_server_are_fetched_as_its_administrator() -> None:
    own = found_file(ROCKETCHAT, ADMIN, "https://chat.example/f/1")
    other = found_file(ROCKETCHAT, ADMIN, "https://chat.example.evil.example/f/1")
    assert own is not None and own.headers == {"X-Auth-Token": "admin", "X-User-Id": "u1"}
    assert other is not None and not other.headers


def test_a_message_is_sent_with_its_files() -> None:
    message = outgoing("rocketchat:direct:aline#aline", "Hi", attachments=("image/png:https://x.example/a.png",))
    sent = send(ROCKETCHAT, ROOM, message, [answer({"id": "rc-9"})])
    assert sent.requests[0].url == "https://chat.example/api/app/message"
    assert sent.bodies == [
        {
            "user": "direct:aline",
            "bot": "helper",
            "text": "Hi",
            "attachments": [{"type": "image/png", "url": "https://x.example/a.png"}],
        }
    ]
    assert sent.outcome.external_ids == ("rc-9",)


@pytest.mark.parametrize(
    ("response", "code"),
    [(answer({}), "response_content"), (answer(b"x"), "response_unparseable"), (HttpResponse(401), "response_status")],
)
def test_refusals_are_told_apart(response: HttpResponse, code: str) -> None:
    outcome = send(ROCKETCHAT, ROOM, outgoing("rocketchat:direct:aline", "Hi"), [response]).outcome
    assert (outcome.status, outcome.error_code) == ("failed", code)


def test_without_its_settings_nothing_is_sent() -> None:
    sent = send(ROCKETCHAT, channel(ROCKETCHAT), outgoing("rocketchat:direct:aline", "Hi"), [answer({})])
    assert not sent.requests and sent.outcome.error_code == "channel_config"
