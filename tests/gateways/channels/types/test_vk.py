"""VK: callbacks with a secret, pictures that are uploaded, keyboards."""

from typing import Any

import orjson
import pytest

from gateways.channels.contract import Answer, HttpResponse, Ignored, QuickReply, Refused
from gateways.channels.types.vk import VK
from tests.gateways.channels.types.messenger_scene import found_name, only_message, post, query_of
from tests.gateways.channels.types.meta_scene import MESSAGE_UUID, answer, channel, outgoing, receive, send

GROUP = channel(VK, auth_token="vk-token", secret="vk-secret", callback_verification_string="c0ffee")
TAKEN = answer({"response": 12})
SERVER = answer({"response": {"upload_url": "https://up.example/1"}})
STORED = answer({"server": 3, "photo": "[]", "hash": "h"})
SAVED = answer({"response": [{"id": 8, "owner_id": -4}]})
PICTURE = HttpResponse(200, {}, b"\x89PNG")


def callback(kind: str = "message_new", secret: str = "vk-secret", **message: Any) -> Answer:
    whole = {"id": 5, "date": 1760000000, "from_id": 4400} | message
    return receive(VK, GROUP, post({"type": kind, "secret": secret, "object": {"message": whole}}))


def test_a_text_is_received() -> None:
    found = callback(text="Privet")
    message = only_message(found)
    assert (message.urn, message.text, message.external_id) == ("vk:4400", "Privet", "5")
    assert found.response.body == b"ok"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        (
            {
                "type": "photo",
                "photo": {"sizes": [{"type": "s", "url": "s"}, {"type": "x", "url": "x"}, {"type": "z", "url": "z"}]},
            },
            "x",
        ),
        ({"type": "photo", "photo": {"sizes": [{"type": "s", "url": "s"}, {"type": "m", "url": "m"}]}}, "m"),
        ({"type": "sticker", "sticker": {"images": [{"width": 64, "url": "a"}, {"width": 128, "url": "b"}]}}, "b"),
        ({"type": "doc", "doc": {"url": "d"}}, "d"),
        ({"type": "audio_message", "audio_message": {"link_mp3": "m"}}, "m"),
    ],
)
def test_the_first_attachment_is_taken(item: Any, url: str) -> None:
    assert only_message(callback(attachments=[item, {"type": "doc", "doc": {"url": "second"}}])).attachments == (url,)


def test_a_place_is_read() -> None:
    geo = {"coordinates": {"latitude": 55.75, "longitude": 37.62}}
    assert only_message(callback(geo=geo)).attachments == ("geo:55.750000,37.620000",)


def test_the_address_is_confirmed_and_other_callbacks_are_ignored() -> None:
    confirmed = callback("confirmation")
    assert isinstance(confirmed, Ignored) and confirmed.response.body == b"c0ffee"
    other = callback("wall_post_new")
    assert isinstance(other, Ignored) and other.response.body == b"ok"


def test_what_is_not_genuine_or_empty_is_refused() -> None:
    assert isinstance(callback(secret="guess", text="x"), Refused)
    assert isinstance(callback(), Refused)
    assert isinstance(receive(VK, channel(VK), post({"type": "message_new", "secret": ""})), Refused)


def test_a_message_is_sent_with_its_keyboard() -> None:
    replies = (QuickReply("text", "Da"), QuickReply("location"), QuickReply("url", "Site", "https://x.example"))
    sent = send(VK, GROUP, outgoing("vk:4400", "Nu?", quick_replies=replies), [TAKEN])
    fields = query_of(sent.requests[0])
    assert (fields["user_id"], fields["random_id"], fields["message"]) == ("4400", MESSAGE_UUID, "Nu?")
    assert sent.outcome.external_ids == ("12",)
    keyboard = orjson.loads(fields["keyboard"])
    assert [[each["action"]["type"] for each in row] for row in keyboard["buttons"]] == [
        ["text", "open_link"],
        ["location"],
    ]


def test_a_picture_is_uploaded_and_the_place_for_it_remembered() -> None:
    files = (
        "image/png:https://x.example/a.png",
        "image/png:https://x.example/b.png",
        "audio/mp3:https://x.example/c.mp3",
    )
    answers = [SERVER, PICTURE, STORED, SAVED, PICTURE, STORED, SAVED, TAKEN]
    sent = send(VK, GROUP, outgoing("vk:4400", "See", attachments=files), answers)
    fields = query_of(sent.requests[-1])
    assert fields["attachment"] == "photo-4_8,photo-4_8" and fields["message"] == "See\n\nhttps://x.example/c.mp3"
    assert b"\x89PNG" in sent.requests[2].body and sent.requests[2].url == "https://up.example/1"
    (kept,) = sent.outcome.remember
    assert kept.value == "https://up.example/1"
    again = outgoing("vk:4400", attachments=files[:1])
    later = send(VK, GROUP, again, [PICTURE, STORED, SAVED, TAKEN], remembered={kept.key: kept.value})
    assert len(later.requests) == 4 and later.outcome.status == "wired"


def test_a_place_that_no_longer_takes_pictures_is_forgotten() -> None:
    message = outgoing("vk:4400", attachments=("image/png:https://x.example/a.png",))
    remembered = {"photo_upload_url": "https://up.example/old"}
    outcome = send(VK, GROUP, message, [PICTURE, HttpResponse(404)], remembered=remembered).outcome
    assert (outcome.status, outcome.forget) == ("failed", ("photo_upload_url",))


@pytest.mark.parametrize(
    ("response", "status", "code", "external"),
    [
        (answer({"error": {"error_code": 901, "error_msg": "No permission"}}), "failed", "rejected_with_reason", "901"),
        (answer({"error": {"error_code": 6, "error_msg": "Too many"}}), "errored", "connection_throttled", ""),
        (answer({"error": {"error_code": 10, "error_msg": "Internal"}}), "errored", "rejected_with_reason", "10"),
        (answer({}), "failed", "response_content", ""),
        (answer(b"<"), "failed", "response_unparseable", ""),
    ],
)
def test_refusals_are_told_apart(response: HttpResponse, status: str, code: str, external: str) -> None:
    outcome = send(VK, GROUP, outgoing("vk:4400", "x"), [response]).outcome
    assert (outcome.status, outcome.error_code, outcome.external_code) == (status, code, external)


def test_names_are_looked_up_and_typing_is_shown() -> None:
    users = answer({"response": [{"first_name": "Anna", "last_name": "K"}]})
    assert found_name(VK, GROUP, "vk:4400", [users]) == "Anna K"
    assert found_name(VK, GROUP, "vk:4400", [answer({"error": {}})]) is None
    typing = VK.plan_typing(GROUP, "vk:4400")
    assert typing is not None and query_of(typing)["type"] == "typing"


def test_what_got_through_is_not_sent_again() -> None:
    sent = send(VK, GROUP, outgoing("vk:4400", "x"), [TAKEN], parts_done=("12",))
    assert not sent.requests and sent.outcome.status == "wired"
