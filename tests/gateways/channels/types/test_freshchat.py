"""Freshchat: events signed with an RSA key, conversations with texts and pictures."""

import base64
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateways.channels.contract import HttpRequest, HttpResponse, Ignored, Refused
from gateways.channels.types.freshchat import FRESHCHAT
from tests.gateways.channels.types.messenger_scene import only_message, post
from tests.gateways.channels.types.meta_scene import channel, outgoing, receive, send

KEY = generate_private_key(65537, 2048)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
BARE = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
ROOM, PERSON = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-9999-000000000000"
AGENT = channel(FRESHCHAT, username="agent-1", auth_token="fc-token", secret=PEM)


def event(*parts: Any, actor: str = "user", created: str = "2026-01-31T08:15:00.250Z") -> HttpRequest:
    message = {"actor_id": PERSON, "actor_type": actor, "channel_id": ROOM, "id": "m1", "created_time": created}
    return signed(orjson.dumps({"data": {"message": message | {"message_parts": parts}}}))


def signed(body: bytes) -> HttpRequest:
    return post(body, x_freshchat_signature=base64.b64encode(KEY.sign(body, PKCS1v15(), SHA256())).decode())


TEXT = {"text": {"content": "Hello"}}


def test_a_message_is_received() -> None:
    message = only_message(receive(FRESHCHAT, AGENT, event(TEXT, {"image": {"url": "https://x.example/a.png"}})))
    assert (message.urn, message.text, message.external_id) == (f"freshchat:{ROOM}/{PERSON}", "Hello", "m1")
    assert message.attachments == ("https://x.example/a.png",)
    assert message.received_on is not None and message.received_on.microsecond == 250_000


@pytest.mark.parametrize("key", [PEM.replace("\n", " "), BARE, PEM.replace("PUBLIC", "RSA PUBLIC")])
def test_keys_are_taken_however_they_were_pasted(key: str) -> None:
    pasted = channel(FRESHCHAT, username="agent-1", auth_token="t", secret=key)
    assert only_message(receive(FRESHCHAT, pasted, event(TEXT))).text == "Hello"


def test_what_agents_write_and_what_is_empty_is_ignored() -> None:
    assert isinstance(receive(FRESHCHAT, AGENT, event(TEXT, actor="agent")), Ignored)
    assert isinstance(receive(FRESHCHAT, AGENT, event()), Ignored)


def test_what_is_not_genuine_or_not_whole_is_refused() -> None:
    genuine = event(TEXT)
    changed = HttpRequest("POST", genuine.url, genuine.headers, body=genuine.body + b" ")
    keyless = channel(FRESHCHAT, secret="no key")
    assert isinstance(receive(FRESHCHAT, AGENT, changed), Refused)
    assert isinstance(receive(FRESHCHAT, AGENT, post({})), Refused)
    assert isinstance(receive(FRESHCHAT, keyless, genuine), Refused)
    assert isinstance(receive(FRESHCHAT, AGENT, signed(b"no json")), Refused)
    assert isinstance(receive(FRESHCHAT, AGENT, event(TEXT, created="yesterday")), Refused)


def test_a_conversation_holds_text_pictures_and_links() -> None:
    files = ("image/png:https://x.example/a.png", "application/pdf:https://x.example/b.pdf")
    message = outgoing(f"freshchat:{ROOM}/{PERSON}", "Hi", attachments=files)
    sent = send(FRESHCHAT, AGENT, message, [HttpResponse(200)])
    (body,) = sent.bodies
    assert (body["channel_id"], body["users"]) == (ROOM, [{"id": PERSON}])
    assert body["messages"][0]["message_parts"] == [
        {"text": {"content": "Hi\nhttps://x.example/b.pdf"}},
        {"image": {"url": "https://x.example/a.png"}},
    ]
    assert sent.requests[0].headers["Authorization"] == "Bearer fc-token" and sent.outcome.status == "wired"


def test_refusals_are_final_and_settings_are_needed() -> None:
    refused = send(FRESHCHAT, AGENT, outgoing(f"freshchat:{ROOM}/{PERSON}", "Hi"), [HttpResponse(403)])
    unset = send(FRESHCHAT, channel(FRESHCHAT), outgoing(f"freshchat:{ROOM}/{PERSON}", "Hi"), [])
    assert (refused.outcome.status, refused.outcome.error_code) == ("failed", "response_status")
    assert unset.outcome.error_code == "channel_config"
