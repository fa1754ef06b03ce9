"""What the channel type SMP asks its link for."""

import orjson
import pytest

from gateways.channels.contract import Channel, HttpResponse, OutgoingMessage, SendOptions
from gateways.channels.types.smpp import SMPP

CONFIG = {"host": "smsc.example.com", "system_id": "us", "password": "secret"}


def _sent(text, answer=b'{"command_status":"ESME_ROK","message_id":"7"}', address="+12345", **config):
    channel = Channel("chan", "org", "SMP", address, config=CONFIG | config)
    plan = SMPP.plan_send(channel, OutgoingMessage(300, "m", "tel:+250788123123", text), SendOptions())
    requests = []
    try:
        request = next(plan)
        while True:
            requests.append(orjson.loads(request.body))
            request = plan.send(HttpResponse(200, body=answer))
    except StopIteration as end:
        return requests, end.value


def test_one_request_for_each_sms():
    requests, outcome = _sent("a" * 161)

    assert [each["part"] for each in requests] == [[1, 2], [2, 2]]
    assert [each["short_message"][:12] for each in requests] == ["0500032e0201", "0500032e0202"]
    assert {each["esm_class"] for each in requests} == {0x40}
    assert (outcome.status, outcome.external_ids) == ("wired", ("7", "7"))


def test_parts_by_parameter():
    requests, _ = _sent("a" * 161, long_messages="sar")

    assert requests[1]["parameters"] == {"020C": "002E", "020E": "02", "020F": "02"}
    assert requests[1]["esm_class"] == 0


@pytest.mark.parametrize(
    ("address", "source"), [("+12345", [1, 1, "12345"]), ("12345", [0, 1, "12345"]), ("Clinic", [5, 0, "Clinic"])]
)
def test_the_senders_number_says_what_it_is(address, source):
    requests, _ = _sent("hi", address=address)

    assert requests[0]["source"] == source
    assert requests[0]["destination"] == [1, 1, "250788123123"]


@pytest.mark.parametrize(("encoding", "coding"), [("smart", 0), ("auto", 8), ("ucs2", 8)])
def test_encodings(encoding, coding):
    requests, _ = _sent("“hi”", encoding=encoding)

    assert requests[0]["data_coding"] == coding


@pytest.mark.parametrize(
    ("status", "outcome"), [("ESME_RSYSERR", "errored"), ("ESME_RINVDSTADR", "failed"), ("0x00000400", "failed")]
)
def test_refusals(status, outcome):
    _, found = _sent("hi", orjson.dumps({"command_status": status, "message_id": ""}))

    assert (found.status, found.external_code) == (outcome, status)


def test_settings_are_checked_and_the_password_is_secret():
    assert SMPP.check_config({"host": "x", "bind": "both"}) == [
        "'system_id' is required", "'password' is required", "'bind' must be one of transceiver, transmitter, receiver",
    ]  # fmt: skip
    assert "secret" in SMPP.secrets(CONFIG)
    assert SMPP.describe()["receives"] is True
