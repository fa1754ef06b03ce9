"""WhatsApp Cloud and 360Dialog: what comes in is understood, what goes out is as WhatsApp shows it."""

from typing import Any

import pytest

from gateways.channels.contract import (
    HttpRequest,
    Ignored,
    QuickReply,
    Received,
    Refused,
    SendOptions,
    Template,
    TemplateComponent,
    TemplateVariable,
)
from gateways.channels.types.meta.cloud import WHATSAPP_CLOUD
from gateways.channels.types.meta.dialog360 import DIALOG360
from tests.gateways.channels.types.meta_scene import SHARED, answer, channel, get, outgoing, receive, send, signed

CLOUD = channel(WHATSAPP_CLOUD)
DIALOG = channel(DIALOG360, auth_token="key-1", base_url="https://waba.example/")
TAKEN = answer({"messages": [{"id": "wamid.1"}]})


def hook(*messages: Any, number: str = "700100", **value: Any) -> HttpRequest:
    """A signed request with messages (and statuses) for a number."""
    whole = {"metadata": {"phone_number_id": number}, "messages": list(messages), **value}
    return signed({"object": "whatsapp_business_account", "entry": [{"changes": [{"value": whole}]}]})


def text_message(text: str = "Muraho", **more: Any) -> dict[str, Any]:
    return {
        "from": "250788000111",
        "id": "wamid.A",
        "timestamp": "1760000000",
        "type": "text",
        "text": {"body": text},
    } | more


def test_a_text_is_received_with_its_sender_and_name() -> None:
    contacts = [{"wa_id": "250788000111", "profile": {"name": "Aline"}}]

    got = receive(WHATSAPP_CLOUD, CLOUD, hook(text_message(), contacts=contacts))

    assert isinstance(got, Received)
    message = got.messages[0]
    assert (message.urn, message.text, message.external_id) == ("whatsapp:250788000111", "Muraho", "wamid.A")
    assert message.name == "Aline"
    assert message.received_on is not None and message.received_on.isoformat() == "2025-10-09T08:53:20+00:00"


def test_who_hides_the_number_is_known_by_the_scoped_id_and_both_make_one_contact() -> None:
    hidden = receive(WHATSAPP_CLOUD, CLOUD, hook(text_message() | {"from": None, "from_user_id": "RW.77ab"}))
    both = receive(WHATSAPP_CLOUD, CLOUD, hook(text_message(from_user_id="RW.77ab")))

    assert isinstance(hidden, Received) and hidden.messages[0].urn == "whatsapp:RW.77ab"
    assert isinstance(both, Received) and both.messages[0].also_known_as == "whatsapp:RW.77ab"


@pytest.mark.parametrize(
    ("raw", "text", "attachments"),
    [
        ({"type": "image", "image": {"id": "m1", "caption": "Look"}}, "Look", ("media:m1",)),
        ({"type": "voice", "voice": {"id": "m2"}}, "", ("media:m2",)),
        ({"type": "location", "location": {"latitude": -1.95, "longitude": 30}}, "", ("geo:-1.950000,30.000000",)),
        ({"type": "button", "button": {"text": "Yego"}}, "Yego", ()),
        ({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"title": "Two"}}}, "Two", ()),
    ],
)
def test_each_kind_of_message_is_understood(raw: dict[str, Any], text: str, attachments: tuple[str, ...]) -> None:
    got = receive(WHATSAPP_CLOUD, CLOUD, hook(text_message() | raw))

    assert isinstance(got, Received)
    assert (got.messages[0].text, got.messages[0].attachments) == (text, attachments)


def test_a_forms_answers_come_beside_the_text() -> None:
    reply = {"type": "nfm_reply", "nfm_reply": {"body": "Done", "response_json": '{"age": "41"}'}}

    got = receive(WHATSAPP_CLOUD, CLOUD, hook(text_message(type="interactive", interactive=reply)))

    assert isinstance(got, Received)
    assert (got.messages[0].text, got.messages[0].payload) == ("Done", {"age": "41"})


def test_the_same_message_twice_in_a_request_is_one_and_a_bad_one_spoils_no_other() -> None:
    bad = text_message(id="wamid.B", timestamp="soon")

    got = receive(WHATSAPP_CLOUD, CLOUD, hook(text_message(), text_message(), bad))

    assert isinstance(got, Received)
    assert [each.external_id for each in got.messages] == ["wamid.A"]
    assert "invalid timestamp" in got.log[0].text


@pytest.mark.parametrize("message", [text_message(group_id="g1"), text_message(type="sticker"), text_message("")])
def test_groups_unknown_kinds_and_nothing_at_all_are_ignored(message: dict[str, Any]) -> None:
    assert isinstance(receive(WHATSAPP_CLOUD, CLOUD, hook(message)), Ignored)


def test_statuses_name_the_message_by_whatsapps_id() -> None:
    statuses = [{"id": "wamid.1", "status": "read"}, {"id": "wamid.2", "status": "failed", "errors": [{"code": 7}]}]

    got = receive(WHATSAPP_CLOUD, CLOUD, hook(statuses=statuses))

    assert isinstance(got, Received)
    assert [(each.external_id, each.status) for each in got.statuses] == [("wamid.1", "read"), ("wamid.2", "failed")]
    assert got.log[0].code == "7"


def test_a_wrong_signature_is_refused_and_answered_200() -> None:
    request = hook(text_message())
    forged = HttpRequest("POST", request.url, {"x-hub-signature-256": "sha256=00"}, body=request.body)

    got = receive(WHATSAPP_CLOUD, CLOUD, forged)

    assert isinstance(got, Refused) and got.response.status == 200
    assert "signature" in got.reason


def test_what_is_meant_for_another_number_does_not_reach_this_channel() -> None:
    assert isinstance(receive(WHATSAPP_CLOUD, CLOUD, hook(text_message(), number="999")), Ignored)
    assert WHATSAPP_CLOUD.channel_address(hook(text_message(), number="999")) == "999"
    assert WHATSAPP_CLOUD.channel_address(signed(b"[1]")) is None


def test_the_challenge_is_answered_to_who_knows_the_secret() -> None:
    query = "hub.mode=subscribe&hub.challenge=4711&hub.verify_token="

    right = receive(WHATSAPP_CLOUD, CLOUD, get(query + "hook-secret-7"))
    wrong = receive(WHATSAPP_CLOUD, CLOUD, get(query + "guess"))

    assert isinstance(right, Ignored) and right.response.body == b"4711"
    assert isinstance(wrong, Refused) and b"4711" not in wrong.response.body


def test_media_are_looked_up_and_downloaded_with_the_token() -> None:
    plan = WHATSAPP_CLOUD.plan_fetch(CLOUD, "media:m1", SendOptions(installation=SHARED))
    asked = next(plan)
    with pytest.raises(StopIteration) as end:
        plan.send(answer({"url": "https://media.example/m1"}))

    assert asked.url.endswith("/m1") and asked.headers["Authorization"] == "Bearer system-token-5"
    assert end.value.value == HttpRequest("GET", "https://media.example/m1", asked.headers)


def test_360dialog_hands_metas_media_on_and_a_lost_one_is_gone() -> None:
    found, lost = DIALOG360.plan_fetch(DIALOG, "media:m1"), DIALOG360.plan_fetch(DIALOG, "media:m2")
    assert (next(found).url, next(lost).url) == ("https://waba.example/m1", "https://waba.example/m2")
    with pytest.raises(StopIteration) as end:
        found.send(answer({"url": "https://lookaside.fbsbx.com/a/?mid=m1"}))
    with pytest.raises(StopIteration) as gone:
        lost.send(answer({}, 404))

    assert end.value.value.url == "https://waba.example/a/?mid=m1"
    assert gone.value.value is None


def test_360dialog_reads_the_same_frame_and_says_400_to_what_is_none() -> None:
    got = receive(DIALOG360, DIALOG, hook(text_message(), number="someone else's"))
    bad = receive(DIALOG360, DIALOG, HttpRequest("POST", "https://door.example", body=b"oops"))

    assert isinstance(got, Received) and got.messages[0].text == "Muraho"
    assert isinstance(bad, Refused) and bad.response.status == 400


def test_a_text_goes_out_with_the_token_of_the_installation() -> None:
    sent = send(WHATSAPP_CLOUD, CLOUD, outgoing("whatsapp:250788000111", "See https://a.example"), [TAKEN])

    assert sent.outcome.status == "wired" and sent.outcome.external_ids == ("wamid.1",)
    assert sent.requests[0].url == "https://graph.facebook.com/v25.0/700100/messages"
    assert sent.requests[0].headers["Authorization"] == "Bearer system-token-5"
    assert sent.bodies[0]["to"] == "250788000111"
    assert sent.bodies[0]["text"] == {"body": "See https://a.example", "preview_url": True}


def test_360dialog_takes_its_own_key_and_scoped_ids() -> None:
    sent = send(DIALOG360, DIALOG, outgoing("whatsapp:RW.77ab", "Hi"), [TAKEN])

    assert sent.requests[0].url == "https://waba.example/messages"
    assert sent.requests[0].headers["D360-API-KEY"] == "key-1"
    assert (sent.bodies[0]["recipient"], "to" in sent.bodies[0]) == ("RW.77ab", False)


def test_the_scoped_id_in_the_answer_is_learnt_once() -> None:
    told = answer({"messages": [{"id": "w"}], "contacts": [{"user_id": "RW.77ab"}]})
    urn = "whatsapp:250788000111"

    new = send(WHATSAPP_CLOUD, CLOUD, outgoing(urn, "Hi"), [told])
    known = send(WHATSAPP_CLOUD, CLOUD, outgoing(urn, "Hi", contact_urns=("whatsapp:RW.77ab",)), [told])

    assert (new.outcome.also_known_as, known.outcome.also_known_as) == ("whatsapp:RW.77ab", None)


def whatsapp(text: str = "Pick", **more: Any) -> list[Any]:
    """The bodies that a message becomes."""
    return send(WHATSAPP_CLOUD, CLOUD, outgoing("whatsapp:250788000111", text, **more), [TAKEN]).bodies


def test_one_picture_carries_the_text_and_sound_does_not() -> None:
    picture = whatsapp(attachments=("image/png:https://f.example/a.png",))
    sound = whatsapp(attachments=("audio/mp3:https://f.example/a.mp3",))

    assert [each["type"] for each in picture] == ["image"]
    assert picture[0]["image"] == {"link": "https://f.example/a.png", "caption": "Pick"}
    assert [each["type"] for each in sound] == ["audio", "text"]


def test_a_long_text_below_attachments_is_cut_to_what_a_caption_holds() -> None:
    bodies = whatsapp("word " * 300, attachments=("application/pdf:https://f.example/a.pdf",))

    assert [each["type"] for each in bodies] == ["document", "text", "text"]
    assert bodies[0]["document"] == {"link": "https://f.example/a.pdf", "filename": "a.pdf"}
    assert all(len(each["text"]["body"]) <= 1024 for each in bodies[1:])


def test_up_to_three_answers_are_buttons_below_the_picture() -> None:
    replies = tuple(QuickReply(text=each) for each in ("Red", "Green"))

    (body,) = whatsapp(quick_replies=replies, attachments=("image/png:https://f.example/a.png",))

    assert body["interactive"]["type"] == "button"
    assert body["interactive"]["header"] == {"type": "image", "image": {"link": "https://f.example/a.png"}}
    titles = [each["reply"] for each in body["interactive"]["action"]["buttons"]]
    assert titles == [{"id": "0", "title": "Red"}, {"id": "1", "title": "Green"}]


def test_more_answers_are_a_list_of_ten_with_the_button_in_the_contacts_language() -> None:
    replies = tuple(QuickReply(text=f"Choice {n}") for n in range(12))

    (body,) = whatsapp(quick_replies=replies, locale="spa-MX")

    assert body["interactive"]["action"]["button"] == "Menú"
    assert len(body["interactive"]["action"]["sections"][0]["rows"]) == 10


def test_a_long_answer_is_cut_and_noted() -> None:
    replies = (QuickReply(text="A button of many, many words"),)

    sent = send(WHATSAPP_CLOUD, CLOUD, outgoing("whatsapp:1", "Pick", quick_replies=replies), [TAKEN])

    assert sent.bodies[0]["interactive"]["action"]["buttons"][0]["reply"]["title"] == "A button of many,..."
    assert sent.outcome.log[0].code == "quick_reply_cut"


@pytest.mark.parametrize(
    ("extra", "parameters"),
    [
        ("88", {}),
        ("88/START?name=Ann+B&token=t1", {"screen": "START", "data": {"name": "Ann B"}, "token": "t1"}),
        ("dx:88?token=t1", {"exchange": True, "token": "t1"}),
        ("88?name=Ann", {}),
        ("dx:88/START", {}),
        ("88/START?a=%zz", {}),
    ],
)
def test_a_form_opens_as_its_extra_says_and_plainly_when_that_cannot_be_read(
    extra: str, parameters: dict[str, Any]
) -> None:
    (body,) = whatsapp(quick_replies=(QuickReply("form", "", extra), QuickReply(text="No")))

    found = body["interactive"]["action"]["parameters"]
    assert (found["flow_id"], found["flow_cta"], found.get("flow_token")) == (
        "88",
        "Open Form",
        parameters.get("token"),
    )
    screen = {key: parameters[key] for key in ("screen", "data") if key in parameters}
    assert found.get("flow_action_payload", {}) == screen
    assert found.get("flow_action") == ("data_exchange" if "exchange" in parameters else "navigate" if screen else None)


def test_a_template_is_filled_in_the_order_of_its_placeholders() -> None:
    template = Template(
        "visit",
        "",
        variables=(
            TemplateVariable("image", "image/png:https://f.example/a.png"),
            TemplateVariable("text", "Ann"),
            TemplateVariable("text", "noon"),
            TemplateVariable("text", "ref-3"),
        ),
        components=(
            TemplateComponent("header/media", "header", {"1": 0}),
            TemplateComponent("body/text", "body", {"10": 2, "2": 1}),
            TemplateComponent("button/url", "button.1", {"1": 3}),
            TemplateComponent("button/quick_reply", "button.0", {"1": 3}),
        ),
    )

    (body,) = whatsapp("ignored", template=template, locale="dan", quick_replies=(QuickReply(text="Yes"),))

    assert body["template"]["language"]["code"] == "da"
    header, text, link, reply = body["template"]["components"]
    assert header["parameters"] == [{"type": "image", "image": {"link": "https://f.example/a.png"}}]
    assert [each["text"] for each in text["parameters"]] == ["Ann", "noon"]
    assert (link["sub_type"], link["index"], link["parameters"]) == ("url", "1", [{"type": "text", "text": "ref-3"}])
    assert reply["parameters"] == [{"type": "payload", "payload": "ref-3"}]


def test_a_template_without_the_variable_it_needs_fails() -> None:
    template = Template("visit", "en", components=(TemplateComponent("body", "body", {"1": 0}),))

    sent = send(WHATSAPP_CLOUD, CLOUD, outgoing("whatsapp:1", template=template), [TAKEN])

    assert (sent.outcome.status, sent.outcome.error_code, sent.requests) == ("failed", "message_invalid", [])


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        (131056, "errored", "connection_throttled"),
        (131053, "errored", "rejected_with_reason"),
        (131026, "failed", "rejected_with_reason"),
    ],
)
def test_whatsapps_errors_are_told_apart(code: int, status: str, error: str) -> None:
    refusal = answer({"error": {"code": code, "message": "no"}}, 400)

    sent = send(WHATSAPP_CLOUD, CLOUD, outgoing("whatsapp:1", "Hi"), [refusal])

    assert (sent.outcome.status, sent.outcome.error_code) == (status, error)
    assert sent.outcome.external_code == str(code)


def test_what_got_through_is_not_sent_again_and_nothing_to_send_is_a_failure() -> None:
    message = outgoing("whatsapp:1", "Hi", attachments=("audio/mp3:https://f.example/a.mp3",))

    again = send(WHATSAPP_CLOUD, CLOUD, message, [TAKEN], parts_done=("wamid.0",))
    nothing = send(WHATSAPP_CLOUD, CLOUD, outgoing("whatsapp:1", attachments=("chemical/x:https://f.example/a",)), [])

    assert [each["type"] for each in again.bodies] == ["text"]
    assert again.outcome.external_ids == ("wamid.0", "wamid.1")
    assert (nothing.outcome.status, nothing.outcome.error_code) == ("failed", "message_invalid")


def test_typing_shows_below_the_message_it_answers() -> None:
    request = DIALOG360.plan_typing(DIALOG, "whatsapp:1", "wamid.A")

    assert request is not None and b'"message_id":"wamid.A"' in request.body
    assert WHATSAPP_CLOUD.plan_typing(CLOUD, "whatsapp:1") is None
