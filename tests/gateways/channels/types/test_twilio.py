"""The Twilio family: signatures, both ways of WhatsApp, reports by uuid, refusals with Twilio's own codes."""

from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
import pytest

from gateways.channels.catalogue import channel_type
from gateways.channels.contract import (
    Answer,
    Channel,
    HttpRequest,
    HttpResponse,
    Installation,
    OutgoingMessage,
    Received,
    SendOptions,
    SendOutcome,
    Template,
    TemplateComponent,
    TemplateVariable,
)
from gateways.channels.types.twilio.receiving import decoded_body, signatures

UUID = "019f0000-0000-7000-8000-000000000001"
CONFIG = {"account_sid": "AC1", "auth_token": "secret"}
INCOMING = {"MessageSid": "SM1", "AccountSid": "AC1", "From": "+250788123123", "To": "+250788000000", "Body": "Muraho"}
OPTIONS = SendOptions(installation=Installation(domain="evenkeel.example"))


def channel(code: str = "T", **config: Any) -> Channel:
    return Channel(UUID, "org", code, "+250788000000", "", "RW", channel_type(code).schemes, {**CONFIG, **config})


def received(
    fields: dict[str, str],
    code: str = "T",
    action: str = "receive",
    query: bytes = b"",
    signed: bool = True,
    **config: Any,
) -> Answer:
    body = urlencode(fields).encode()
    headers = {"host": "evenkeel.example", "content-type": "application/x-www-form-urlencoded"}
    request = HttpRequest("POST", f"https://evenkeel.example/c/t/{UUID}/{action}", headers, query, body)
    if signed:
        headers["x-twilio-signature"] = signatures("secret", request)[0]
    return channel_type(code).receive(action, channel(code, **config), request, new_id=lambda: UUID)


def played(message: OutgoingMessage, kind: Channel, *answers: HttpResponse) -> tuple[list[HttpRequest], SendOutcome]:
    plan = channel_type(kind.type).plan_send(kind, message, OPTIONS)
    requests, left = [], iter(answers or (HttpResponse(200, {}, b'{"sid": "SM9"}'),))
    try:
        request = next(plan)
        while True:
            requests.append(request)
            request = plan.send(next(left))
    except StopIteration as end:
        return requests, end.value


def form(request: HttpRequest) -> dict[str, list[str]]:
    return parse_qs(request.body.decode())


def test_a_signed_message_is_taken_and_answered_with_xml() -> None:
    answer = received({**INCOMING, "NumMedia": "1", "MediaUrl0": "https://media.example/1"})

    assert isinstance(answer, Received)
    message = answer.messages[0]
    assert (message.urn, message.text, message.external_id) == ("tel:+250788123123", "Muraho", "SM1")
    assert message.attachments == ("https://media.example/1",)
    assert answer.response.headers["content-type"] == "text/xml"


@pytest.mark.parametrize("code", ["T", "TMS", "TWA", "TW"])
def test_an_unsigned_message_is_refused(code: str) -> None:
    assert received(INCOMING, code, signed=False).response.status == 400


def test_signalwire_does_not_sign() -> None:
    assert isinstance(received(INCOMING, "SW", signed=False), Received)


def test_on_whatsapp_a_button_speaks_and_a_second_identity_comes_along() -> None:
    fields = {**INCOMING, "From": "whatsapp:+250788123123", "ButtonText": "Yes", "ExternalUserId": "RW.4711"}
    answer = received(fields, "TWA")

    assert isinstance(answer, Received)
    message = answer.messages[0]
    assert (message.urn, message.text, message.also_known_as) == ("whatsapp:250788123123", "Yes", "whatsapp:RW.4711")


@pytest.mark.parametrize(
    ("fields", "query", "report"),
    [
        ({"MessageStatus": "delivered"}, f"uuid={UUID}".encode(), (UUID, None, "delivered")),
        ({"MessageStatus": "sent"}, b"uuid=nonsense", (None, "SM1", "sent")),
        ({"MessageStatus": "failed", "ErrorCode": "63018"}, f"uuid={UUID}".encode(), (None, "SM1", "errored")),
    ],
)
def test_a_report_names_its_message(fields: dict[str, str], query: bytes, report: tuple[Any, ...]) -> None:
    answer = received({"MessageSid": "SM1", **fields}, action="status", query=query)

    assert isinstance(answer, Received)
    found = answer.statuses[0]
    assert (found.message_uuid, found.external_id, found.status) == report


def test_who_opted_out_is_stopped() -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "21610", "To": "+250788123123"}
    answer = received(fields, action="status")

    assert isinstance(answer, Received)
    assert [(event.type, event.urn) for event in answer.events] == [("stop_contact", "tel:+250788123123")]


def test_a_report_counts_though_nobody_can_have_the_number_in_it() -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "21610", "To": "!!!"}
    answer = received(fields, action="status")

    assert isinstance(answer, Received)
    assert [each.status for each in answer.statuses] == ["failed"] and answer.events == ()


def test_reports_may_be_ignored_but_for_failures() -> None:
    sent, failed = (
        received({"MessageSid": "SM1", "MessageStatus": status}, action="status", ignore_dlrs=True)
        for status in ("delivered", "failed")
    )
    assert (isinstance(sent, Received), isinstance(failed, Received)) == (False, True)


def test_media_go_with_the_first_part() -> None:
    message = OutgoingMessage(1, UUID, "tel:+250788123123", "word " * 400, ("image/jpeg:https://media.example/1.jpg",))

    requests, outcome = played(message, channel(), *[HttpResponse(200, {}, b'{"sid": "SM9"}')] * 2)

    assert ["MediaUrl" in form(request) for request in requests] == [True, False]
    assert outcome.external_ids == ("SM9", "SM9")


def test_a_template_replaces_the_text() -> None:
    body = TemplateComponent("body", "body", {"1": 0})
    template = Template("hello", "en", "HX1", variables=(TemplateVariable("text", "Anne"),), components=(body,))
    message = OutgoingMessage(1, UUID, "whatsapp:250788123123", "Hello Anne", template=template)

    requests, _ = played(message, channel("TWA"))

    sent = form(requests[0])
    assert (sent["ContentSid"], orjson.loads(sent["ContentVariables"][0]), "Body" in sent) == (
        ["HX1"],
        {"1": "Anne"},
        False,
    )
    assert (sent["To"], sent["From"]) == (["whatsapp:+250788123123"], ["whatsapp:+250788000000"])


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (HttpResponse(400, {}, b'{"code": 21610}'), "failed", "contact_stopped"),
        (HttpResponse(400, {}, b'{"code": 30007, "message": "Filtered"}'), "failed", "rejected_with_reason"),
        (HttpResponse(401, {}, b"{}"), "failed", "response_status"),
        (HttpResponse(429, {}, b"{}"), "errored", "connection_throttled"),
        (HttpResponse(0), "errored", "connection_failed"),
    ],
)
def test_a_refusal_says_why(answer: HttpResponse, status: str, code: str) -> None:
    _, outcome = played(OutgoingMessage(1, UUID, "tel:+250788123123", "Hello"), channel(), answer)

    assert (outcome.status, outcome.error_code) == (status, code)


def test_other_twiml_apis_have_an_address_of_their_own() -> None:
    requests, _ = played(
        OutgoingMessage(1, UUID, "tel:+250788123123", "Hello"), channel("SW", base_url="https://own.example")
    )
    assert requests[0].url == "https://own.example/2010-04-01/Accounts/AC1/Messages.json"


@pytest.mark.parametrize("text", ["Short", "a" * 61, "é" * 64])
def test_what_only_looks_like_base64_stays(text: str) -> None:
    assert decoded_body(text) == text
