"""Facebook and Instagram: what people say and do on a page, and what the page says back."""

from typing import Any

import pytest

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import HttpRequest, Ignored, QuickReply, Received, Refused
from gateways.channels.types.meta.legacy_facebook import LEGACY_FACEBOOK
from gateways.channels.types.meta.messenger import FACEBOOK, INSTAGRAM
from tests.gateways.channels.types.meta_scene import SECRET, answer, channel, get, outgoing, receive, send, signed

PAGE = channel(FACEBOOK, "8800", auth_token="page token")
ACCOUNT = channel(INSTAGRAM, "8800", auth_token="ig-token")
OLD = channel(LEGACY_FACEBOOK, "8800", auth_token="old-token", secret="own-secret")
TAKEN = answer({"message_id": "m_1", "recipient_id": "4400"})


def hook(*items: Any, kind: str = "page", secret: str = SECRET) -> HttpRequest:
    """A signed request with what happened on a page."""
    frame = {"recipient": {"id": "8800"}, "sender": {"id": "4400"}, "timestamp": 1760000000500}
    entries = [{"id": "8800", "messaging": [frame | each]} for each in items]
    return signed({"object": kind, "entry": entries}, secret)


def said(**message: Any) -> dict[str, Any]:
    return {"message": {"mid": "mid.7", **message}}


def test_a_text_is_received_from_a_page_and_from_an_account() -> None:
    page = receive(FACEBOOK, PAGE, hook(said(text="Muraho")))
    account = receive(INSTAGRAM, ACCOUNT, hook(said(text="Muraho"), kind="instagram"))

    assert isinstance(page, Received) and isinstance(account, Received)
    message = page.messages[0]
    assert (message.urn, message.text, message.external_id) == ("facebook:4400", "Muraho", "mid.7")
    assert message.received_on is not None and message.received_on.isoformat() == "2025-10-09T08:53:20.500000+00:00"
    assert account.messages[0].urn == "instagram:4400"


def attached(kind: str, **payload: Any) -> dict[str, Any]:
    return said(attachments=[{"type": kind, "payload": payload}])


@pytest.mark.parametrize(
    ("item", "text", "attachments"),
    [
        (attached("image", url="https://f.example/a.png"), "", ("https://f.example/a.png",)),
        (attached("image", url="https://f.example/a.png", sticker_id=369239263222822), "👍", ()),
        (attached("like_heart"), "❤️", ()),
        (attached("location", coordinates={"lat": 1, "long": 2.5}), "", ("geo:1.000000,2.500000",)),
    ],
)
def test_attachments_are_understood(item: dict[str, Any], text: str, attachments: tuple[str, ...]) -> None:
    got = receive(FACEBOOK, PAGE, hook(item))

    assert isinstance(got, Received)
    assert (got.messages[0].text, got.messages[0].attachments) == (text, attachments)


@pytest.mark.parametrize(
    "item",
    [
        said(text="mine", is_echo=True),
        attached("story_mention", url="https://f.example/s"),
        attached("fallback", url="https://f.example/s"),
        {"optin": {"type": "notification_messages"}},
        {"message": {"text": "Hi"}, "recipient": {"id": "another page"}},
        {"reaction": {"emoji": "x"}},
        said(text="Hi") | {"sender": {"id": "nobody"}},
    ],
)
def test_what_is_no_message_to_this_page_is_ignored(item: dict[str, Any]) -> None:
    assert isinstance(receive(FACEBOOK, PAGE, hook(item)), Ignored)


@pytest.mark.parametrize(
    ("item", "kind", "extra"),
    [
        ({"optin": {"ref": "r1"}}, "referral", {"referrer_id": "r1"}),
        ({"postback": {"title": "Start", "payload": "go"}}, "new_conversation", {"title": "Start", "payload": "go"}),
        (
            {"postback": {"title": "Start", "referral": {"ref": "r1", "ad_id": "5"}}},
            "referral",
            {"title": "Start", "referrer_id": "r1", "ad_id": "5"},
        ),
        ({"referral": {"source": "ADS", "type": "OPEN"}}, "referral", {"source": "ADS", "type": "OPEN"}),
        (said(is_deleted=True), "delete_message", {"external_id": "mid.7"}),
    ],
)
def test_what_people_do_becomes_an_event(item: dict[str, Any], kind: str, extra: dict[str, str]) -> None:
    got = receive(FACEBOOK, PAGE, hook(item))

    assert isinstance(got, Received)
    event = got.events[0]
    assert (event.type, event.urn, event.extra) == (kind, "facebook:4400", extra)


def test_who_came_by_a_checkbox_is_known_by_its_reference() -> None:
    got = receive(FACEBOOK, PAGE, hook({"optin": {"ref": "r1", "user_ref": "box-9"}}))

    assert isinstance(got, Received) and got.events[0].urn == "facebook:ref:box-9"


def test_who_has_no_id_yet_is_known_by_the_reference_of_the_checkbox() -> None:
    got = receive(FACEBOOK, PAGE, hook(said(text="Hi") | {"sender": {"user_ref": "box-9"}}))

    assert isinstance(got, Received)
    assert got.messages[0].urn == "facebook:ref:box-9"


def test_one_request_may_hold_messages_events_and_deliveries_each_once() -> None:
    got = receive(FACEBOOK, PAGE, hook(said(text="Hi"), said(text="Hi"), {"delivery": {"mids": ["m_1", "m_2"]}}))

    assert isinstance(got, Received)
    assert len(got.messages) == 1
    assert [(each.external_id, each.status) for each in got.statuses] == [("m_1", "delivered"), ("m_2", "delivered")]


def test_forged_and_foreign_requests_are_refused_with_200() -> None:
    for request in (hook(said(text="Hi"), secret="guess"), hook(said(text="Hi"), kind="user")):
        got = receive(FACEBOOK, PAGE, request)
        assert isinstance(got, Refused) and got.response.status == 200


def test_the_channel_is_named_by_the_first_entry() -> None:
    assert FACEBOOK.channel_address(hook(said(text="Hi"))) == "8800"
    assert FACEBOOK.channel_address(signed({"object": "page"})) is None


def test_a_request_names_each_of_its_pages_once() -> None:
    request = signed({"object": "page", "entry": [{"id": "8800"}, {"id": "9900"}, {}, {"id": "8800"}]})

    assert FACEBOOK.channel_addresses(request) == ("8800", "9900")


@pytest.mark.parametrize(
    ("more", "frame"),
    [
        ({}, {"messaging_type": "UPDATE", "recipient": {"id": "4400"}}),
        ({"response_to_external_id": "mid.7"}, {"messaging_type": "RESPONSE", "recipient": {"id": "4400"}}),
        ({"origin": "chat"}, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "recipient": {"id": "4400"}}),
        ({"urn_auth": "tok"}, {"messaging_type": "UPDATE", "recipient": {"notification_messages_token": "tok"}}),
    ],
)
def test_meta_is_told_why_a_message_may_pass(more: dict[str, Any], frame: dict[str, Any]) -> None:
    sent = send(FACEBOOK, PAGE, outgoing("facebook:4400", "Hi", **more), [TAKEN])

    assert sent.bodies == [frame | {"message": {"text": "Hi"}}]
    assert sent.requests[0].url == "https://graph.facebook.com/v25.0/me/messages?access_token=page+token"
    assert sent.outcome.external_ids == ("m_1",)


def test_attachments_go_first_and_quick_replies_last() -> None:
    message = outgoing(
        "instagram:4400",
        "word " * 300,
        attachments=("application/pdf:https://f.example/a.pdf", "geo:1,2"),
        quick_replies=(QuickReply(text="Yes"), QuickReply("location")),
    )

    sent = send(INSTAGRAM, ACCOUNT, message, [TAKEN])

    first, *texts = (each["message"] for each in sent.bodies)
    assert first["attachment"]["type"] == "file"
    assert ["quick_replies" in each for each in texts] == [False, True]
    assert texts[-1]["quick_replies"] == [{"title": "Yes", "payload": "Yes", "content_type": "text"}]
    assert {each.code for each in sent.outcome.log} == {"attachment_dropped", "quick_reply_dropped"}


def test_who_came_by_a_checkbox_gets_an_id_with_the_first_message() -> None:
    sent = send(FACEBOOK, PAGE, outgoing("facebook:ref:box-9", "Hi"), [TAKEN])

    assert sent.bodies[0]["recipient"] == {"user_ref": "box-9"}
    assert sent.outcome.also_known_as == "facebook:4400"


@pytest.mark.parametrize(
    ("status", "body", "outcome", "error"),
    [
        (400, {"error": {"code": 551, "message": "not available"}}, "failed", "rejected_with_reason"),
        (400, {"error": {"code": 613, "message": "too many"}}, "errored", "connection_throttled"),
        (200, {"recipient_id": "4400"}, "failed", "response_unexpected"),
        (403, {}, "failed", "response_status"),
        (502, {}, "errored", "connection_failed"),
    ],
)
def test_metas_errors_are_told_apart(status: int, body: Any, outcome: str, error: str) -> None:
    sent = send(FACEBOOK, PAGE, outgoing("facebook:4400", "Hi"), [answer(body, status)])

    assert (sent.outcome.status, sent.outcome.error_code) == (outcome, error)


def test_nothing_to_send_is_a_failure() -> None:
    sent = send(FACEBOOK, PAGE, outgoing("facebook:4400"), [])

    assert (sent.outcome.status, sent.outcome.error_code) == ("failed", "message_invalid")


@pytest.mark.parametrize(
    ("kind", "profile", "name"),
    [
        (FACEBOOK, {"first_name": "Aline", "last_name": "Uwase"}, "Aline Uwase"),
        (INSTAGRAM, {"name": "aline.u"}, "aline.u"),
        (FACEBOOK, {"error": {"code": 100}}, None),
    ],
)
def test_names_are_looked_up(kind: BuiltType, profile: dict[str, Any], name: str | None) -> None:
    plan = kind.plan_name(PAGE, "facebook:4400")
    asked = next(plan)
    with pytest.raises(StopIteration) as end:
        plan.send(answer(profile))

    assert asked.url.startswith("https://graph.facebook.com/v25.0/4400?fields=")
    assert end.value.value == name


def test_typing_is_shown_to_the_sender() -> None:
    request = FACEBOOK.plan_typing(PAGE, "facebook:4400")

    assert request is not None and request.body == b'{"recipient":{"id":"4400"},"sender_action":"typing_on"}'


def test_the_old_type_has_a_secret_for_each_channel_and_no_signatures() -> None:
    body = hook(said(text="Muraho")).body
    query = "hub.mode=subscribe&hub.challenge=4711&hub.verify_token="

    message = receive(LEGACY_FACEBOOK, OLD, HttpRequest("POST", "https://door.example", body=body))
    right = receive(LEGACY_FACEBOOK, OLD, get(query + "own-secret"))
    wrong = receive(LEGACY_FACEBOOK, OLD, get(query + "hook-secret-7"))

    assert isinstance(message, Received) and message.messages[0].text == "Muraho"
    assert isinstance(right, Ignored) and right.response.body == b"4711"
    assert isinstance(wrong, Refused) and wrong.response.status == 400


def test_the_old_type_refuses_a_request_with_an_impossible_sender() -> None:
    body = hook(said(text="Hi") | {"sender": {"id": "nobody"}}).body

    got = receive(LEGACY_FACEBOOK, OLD, HttpRequest("POST", "https://door.example", body=body))

    assert isinstance(got, Refused) and got.response.status == 400


def test_the_old_type_sends_by_the_old_api() -> None:
    sent = send(LEGACY_FACEBOOK, OLD, outgoing("facebook:4400", "Hi"), [TAKEN])

    assert sent.requests[0].url == "https://graph.facebook.com/v3.3/me/messages?access_token=old-token"
    assert sent.bodies[0]["messaging_type"] == "NON_PROMOTIONAL_SUBSCRIPTION"
