"""Messages that an aggregator took, and channels that can't be used to send: over all types."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateways.channels.catalogue import channel_type, channel_types
from gateways.channels.contract import COLLECTED_TYPES, HttpRequest, HttpResponse, OutgoingMessage, SendOutcome
from gateways.channels.description.examples import ADDRESSES, MESSAGE_UUID, OPTIONS, example_channel
from tests.gateways.channels.test_final_answers import INSTALLATION, NEEDED

LINKED = {"SMP"}  # its settings are its link's
NOT_FOR_SENDING = {
    ("FB", "secret"),
    ("FC", "secret"),
    ("LN", "secret"),
    ("MBD", "secret"),
    ("SL", "verification_token"),
    ("TMS", "messaging_service_sid"),
    ("TWT", "bearer_token"),
    ("TWT", "handle_id"),
    ("VK", "callback_verification_string"),
    ("VK", "secret"),
    ("WC", "secret"),
}
SETTINGS = [
    (code, setting.name)
    for code, kind in sorted(channel_types().items())
    for setting in kind.fields
    if setting.required and code not in COLLECTED_TYPES | LINKED and (code, setting.name) not in NOT_FOR_SENDING
]


def sent(
    code: str, body: bytes, without: str = "", status: int = 200, config: Mapping[str, Any] | None = None
) -> tuple[list[HttpRequest], SendOutcome]:
    """The requests that send a message, each answered with this body (tokens apart), and the outcome."""
    kind = channel_type(code)
    channel = example_channel(kind)
    filled = {**channel.config, **NEEDED.get(code, {}), **(config or {})}
    channel = replace(channel, config={name: value for name, value in filled.items() if name != without})
    scheme = kind.schemes[0]
    urn = f"{scheme}:{ADDRESSES.get(scheme, '10001')}"
    message = OutgoingMessage(1, MESSAGE_UUID, urn, "Are you well?", urn_auth="device")
    plan = kind.plan_send(channel, message, replace(OPTIONS, installation=INSTALLATION))
    requests: list[HttpRequest] = []
    try:
        request = next(plan)
        while True:
            requests.append(request)
            token = orjson.dumps({"access_token": "t"}) if "token" in request.url else body
            request = plan.send(HttpResponse(status, {}, token))
    except StopIteration as end:
        return requests, end.value


@pytest.mark.parametrize(("code", "name"), SETTINGS)
def test_without_a_setting_that_it_needs_nothing_is_asked_and_the_message_fails(code: str, name: str) -> None:
    requests, outcome = sent(code, b"", without=name)

    assert (requests, outcome.status, outcome.error_code) == ([], "failed", "channel_config")


@pytest.mark.parametrize("code", ["BW", "HM", "JCL", "MB", "MK", "MTN", "WV"])
def test_what_was_taken_without_an_id_was_sent_all_the_same(code: str) -> None:
    outcome = sent(code, b'{"status": "success"}')[1]

    assert (outcome.status, outcome.external_ids) == ("wired", ("",))


@pytest.mark.parametrize("code", ["HM", "MB", "MK", "MTN", "WV"])
def test_where_the_answer_says_nothing_that_is_needed_it_may_be_anything(code: str) -> None:
    assert sent(code, b"OK")[1].status == "wired"


def test_a_refusal_of_vonage_has_its_code_and_words() -> None:
    outcome = sent("NX", orjson.dumps({"messages": [{"status": "7", "error-text": "Number barred"}]}))[1]

    assert (outcome.error_code, outcome.external_code) == ("rejected_with_reason", "send:7")
    assert outcome.error_text == "Number barred"


@pytest.mark.parametrize(
    ("config", "application"),
    [
        ({"messaging_application_id": "new", "application_id": "old"}, "new"),
        ({"messaging_application_id": "", "application_id": "old"}, "old"),
    ],
)
def test_channels_of_bandwidth_may_name_their_application_as_they_did_before(
    config: dict[str, str], application: str
) -> None:
    requests, _ = sent("BW", b'{"id": "1"}', config=config)

    assert orjson.loads(requests[0].body)["applicationId"] == application


def test_a_channel_of_bandwidth_without_an_application_sends_nothing() -> None:
    requests, outcome = sent("BW", b"", config={"messaging_application_id": ""})

    assert (requests, outcome.error_code) == ([], "channel_config")
    assert channel_type("BW").check_config({"username": "u", "password": "p", "account_id": "1"}) == [
        "'messaging_application_id', or 'application_id' is required"
    ]


@pytest.mark.parametrize("status", [302, 400, 403, 418, 451])
def test_what_bandwidth_refuses_has_its_type_whatever_the_status(status: int) -> None:
    told = sent("BW", b'{"type": "forbidden", "description": "No"}', status=status)[1]
    silent = sent("BW", b"{}", status=status)[1]
    garbled = sent("BW", b"No", status=status)[1]

    assert (told.error_code, told.external_code, told.error_text) == ("rejected_with_reason", "forbidden", "No")
    assert silent.error_code == "rejected_with_reason"
    assert garbled.error_code == "response_unparseable"
