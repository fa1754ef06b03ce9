"""What an aggregator's answer means, over all channel types: a rest that it asks for is kept, an opt-out stops the contact, an error is
tried again, a refusal is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest

from gateways.channels.catalogue import channel_type, channel_types
from gateways.channels.contract import (
    COLLECTED_TYPES,
    HttpRequest,
    HttpResponse,
    Installation,
    OutgoingMessage,
    SendOutcome,
)
from gateways.channels.description.examples import ADDRESSES, MESSAGE_UUID, OPTIONS, example_channel

CODES = sorted(code for code in channel_types() if code not in COLLECTED_TYPES)
NOW = OPTIONS.now
INSTALLATION = Installation("evenkeel.example", "app-secret", "hook-secret", "system-token")
NEEDED = {
    "IB": {"api_key": "key"},
    "SW": {"base_url": "https://twiml.example"},
    "TW": {"base_url": "https://twiml.example"},
}


def sent(code: str, answer: Callable[[HttpRequest], HttpResponse]) -> SendOutcome:
    """What comes of a message when every request gets this answer."""
    kind = channel_type(code)
    channel = example_channel(kind)
    channel = replace(channel, config={**channel.config, **NEEDED.get(code, {})})
    scheme = kind.schemes[0]
    message = OutgoingMessage(1, MESSAGE_UUID, f"{scheme}:{ADDRESSES.get(scheme, '10001')}", "Are you well?")
    plan = kind.plan_send(channel, message, replace(OPTIONS, installation=INSTALLATION))
    try:
        request = next(plan)
        for _ in range(20):
            request = plan.send(answer(request))
    except StopIteration as end:
        return end.value
    raise AssertionError("it goes on and on")


def always(status: int, body: Any = b"", **headers: str) -> Callable[[HttpRequest], HttpResponse]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return lambda request: HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


# Firebase can't even begin: the stand-in for its credentials has no key that signs.
NO_REQUEST = {"FCM"}
OTHER_HEADER = {"TWT"}  # X says it with x-rate-limit-reset


@pytest.mark.parametrize("code", [code for code in CODES if code not in NO_REQUEST | OTHER_HEADER])
@pytest.mark.parametrize("written", ["seconds", "a date"])
def test_every_type_keeps_the_rest_that_a_429_asks_for(code: str, written: str) -> None:
    until = "17" if written == "seconds" else format_datetime(NOW + timedelta(seconds=17), usegmt=True)

    outcome = sent(code, always(429, Retry_After=until))

    assert (outcome.status, outcome.error_code) == ("errored", "connection_throttled")
    assert outcome.retry_after == pytest.approx(17, abs=1)


@pytest.mark.parametrize("code", [code for code in CODES if code not in NO_REQUEST])
@pytest.mark.parametrize("status", [0, 500, 503])
def test_every_type_tries_again_when_the_aggregator_is_away(code: str, status: int) -> None:
    outcome = sent(code, always(status))

    assert (outcome.status, outcome.error_code) == ("errored", "connection_failed")


STOPS = [
    *((code, always(400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"})) for code in ("T", "TMS", "TWA", "TW", "SW")),
    *(
        ("TG", always(403, {"ok": False, "error_code": 403, "description": f"Forbidden: {why}"}))
        for why in ("bot was blocked by the user", "user is deactivated")
    ),
    ("YO", always(200, b"ybs_autocreate_status=ERROR&ybs_autocreate_message=256794224665%3ABLACKLISTED")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "answer"), STOPS, ids=[code for code, _ in STOPS])
def test_an_opt_out_stops_the_contact_for_good(code: str, answer: Callable[[HttpRequest], HttpResponse]) -> None:
    outcome = sent(code, answer)

    assert (outcome.status, outcome.error_code, outcome.contact_stopped) == ("failed", "contact_stopped", True)


THROTTLES = [
    ("NX", always(200, {"messages": [{"status": "1", "error-text": "Throughput Rate Exceeded - please wait"}]})),
    ("NX", always(200, {"messages": [{"status": "1", "error-text": "Throttled"}]})),
    ("VP", always(200, {"status": 12, "status_message": "tooManyRequests"})),
    *(
        (code, always(200, {"error": {"code": number, "message": "Slower"}}))
        for code in ("WAC", "D3C", "TRN")
        for number in (4, 429, 80007, 130429, 131048, 131056, 133016)
    ),
]


@pytest.mark.parametrize(("code", "answer"), THROTTLES)
def test_being_too_fast_is_no_refusal(code: str, answer: Callable[[HttpRequest], HttpResponse]) -> None:
    outcome = sent(code, answer)

    assert (outcome.status, outcome.error_code) == ("errored", "connection_throttled")


REFUSALS = [
    ("T", always(400, {"code": 21211, "message": "Invalid 'To' number"})),
    ("TG", always(400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"})),
    ("YO", always(200, b"ybs_autocreate_status=ERROR&ybs_autocreate_message=NO")),
    ("NX", always(200, {"messages": [{"status": "10"}]})),
    ("VP", always(200, {"status": 99, "status_message": "General error"})),
    ("WAC", always(400, {"error": {"code": 131026, "message": "Undeliverable"}})),
]


@pytest.mark.parametrize(("code", "answer"), REFUSALS, ids=[code for code, _ in REFUSALS])
def test_a_refusal_is_final_and_stops_nobody(code: str, answer: Callable[[HttpRequest], HttpResponse]) -> None:
    outcome = sent(code, answer)

    assert (outcome.status, outcome.contact_stopped) == ("failed", False)
