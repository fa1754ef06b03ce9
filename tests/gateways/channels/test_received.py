"""What types in descriptions make of single requests: answers in the aggregator's own words, remarks for the log, dates, files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
import pytest

from gateways.channels.catalogue import channel_type
from gateways.channels.contract import Answer, HttpRequest, IncomingMessage, LogLine, Received
from gateways.channels.description.examples import FORM, MESSAGE_UUID, example_channel
from gateways.channels.description.load import read_description
from gateways.channels.description.section import DescriptionError
from tests.gateways.channels.description.test_descriptions import WELL
from tests.gateways.channels.types.messenger_scene import found_file, only_message

URL = "https://evenkeel.example/c"


def form(code: str, action: str, fields: Mapping[str, str], method: str = "POST") -> Answer:
    kind, raw = channel_type(code), urlencode(fields).encode()
    query, body = (raw, b"") if method == "GET" else (b"", raw)
    request = HttpRequest(method, f"{URL}/{action}", {"content-type": FORM}, query, body)
    return kind.receive(action, example_channel(kind), request, new_id=lambda: MESSAGE_UUID)


def document(code: str, action: str, body: object) -> Answer:
    kind = channel_type(code)
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return kind.receive(action, example_channel(kind), HttpRequest("POST", f"{URL}/{action}", body=raw))


@pytest.mark.parametrize("code", ["DA", "H9"])
def test_dartmedia_is_answered_with_its_code_for_success(code: str) -> None:
    message = {"original": "+250788123123", "sendto": "2020", "message": "Hi", "messageid": "7"}
    for answer in (
        form(code, "receive", message, "GET"),
        form(code, "delivered", {"messageid": MESSAGE_UUID, "status": "10"}, "GET"),
    ):
        assert (answer.response.status, answer.response.body) == (200, b"000")


def test_m3tech_is_told_the_uuid_of_the_message() -> None:
    answer = form("M3", "receive", {"from": "+250788123123", "text": "Hi"})

    assert answer.response.body == f"SMS Accepted: {MESSAGE_UUID}".encode()


def test_the_log_says_in_words_why_vonage_did_not_deliver() -> None:
    report = {"messageId": "1", "status": "failed"}

    told = form("NX", "status", {**report, "err-code": "7"}, "GET")
    unknown = form("NX", "status", {**report, "err-code": "77"}, "GET")
    fine = form("NX", "status", {"messageId": "1", "status": "delivered", "err-code": "0"}, "GET")

    assert told.log == (LogLine("dlr:7", "Handset busy"),)
    assert unknown.log == (LogLine("dlr:77", ""),)
    assert fine.log == ()


def test_the_log_says_what_bandwidth_says_of_a_failure() -> None:
    report = {
        "type": "message-failed",
        "errorCode": 4432,
        "description": "forbidden to country",
        "message": {"id": "1"},
    }

    assert document("BW", "status", [report]).log == (LogLine("4432", "forbidden to country"),)


def test_the_log_has_the_states_of_kannel_that_nobody_knows() -> None:
    answer = form("KN", "status", {"uuid": MESSAGE_UUID, "status": "66"}, "GET")

    assert (answer.response.status, [line.code for line in answer.log]) == (200, ["dlr:66"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("Application/X-WWW-Form-URLEncoded; charset=UTF-8", b"from=%2B250788123123&text=Hi"),
        (
            "Multipart/Form-Data; boundary=AbC",
            b'--AbC\r\nContent-Disposition: form-data; name="from"\r\n\r\n+250788123123\r\n'
            b'--AbC\r\nContent-Disposition: form-data; name="text"\r\n\r\nHi\r\n--AbC--\r\n',
        ),
    ],
)
def test_types_of_forms_are_known_however_they_are_written(content_type: str, body: bytes) -> None:
    kind = channel_type("EX")
    request = HttpRequest("POST", URL, {"content-type": content_type}, body=body)

    message = only_message(kind.receive("receive", example_channel(kind), request))

    assert (message.urn, message.text) == ("tel:+250788123123", "Hi")


@pytest.mark.parametrize("code", ["AT", "TQ", "SW"])
def test_each_field_that_is_missing_is_told(code: str) -> None:
    told = orjson.loads(form(code, "receive", {}).response.body)

    assert told["message"] == "Error"
    assert len(told["data"]) > 1
    assert all(each["type"] == "error" and each["error"].endswith("required") for each in told["data"])


# dates -----------------------------------------------------------------------------------------------------------------


def bandwidth(time: str) -> IncomingMessage:
    message = {"id": "1", "from": "+250788123123", "text": "Hi", "time": time}
    return only_message(document("BW", "receive", [{"type": "message-received", "message": message}]))


@pytest.mark.parametrize(
    ("time", "microseconds"),
    [
        ("2026-11-24T09:00:00Z", 0),
        ("2026-11-24T09:00:00.250Z", 250_000),
        ("2026-11-24T09:00:00.250417Z", 250_417),
        ("2026-11-24T09:00:00.250417893Z", 250_417),
    ],
)
def test_seconds_may_have_a_fraction(time: str, microseconds: int) -> None:
    assert bandwidth(time).received_on == datetime(2026, 11, 24, 9, 0, 0, microseconds, UTC)


def test_seconds_may_lack_a_fraction_that_the_pattern_has() -> None:
    body = {"type": "mo_text", "id": "1", "from": "+250788123123", "to": "2020", "body": "Hi"}

    message = only_message(document("MB", "receive", body | {"received_at": "2026-11-24T09:00:00Z"}))

    assert message.received_on == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("fraction", "microseconds"), [("", 0), (".250", 250_000)])
def test_infobip_s_seconds_may_have_a_fraction_or_none(fraction: str, microseconds: int) -> None:
    result = {
        "from": "+250788123123",
        "messageId": "1",
        "text": "Hi",
        "receivedAt": f"2026-11-24T11:00:00{fraction}+0200",
    }

    message = only_message(document("IB", "receive", {"messageCount": 1, "results": [result]}))

    assert message.received_on == datetime(2026, 11, 24, 9, 0, 0, microseconds, UTC)


def test_a_message_of_start_mobile_without_a_time_is_one() -> None:
    body = b'<message><service request_id="7"/><from>+250788123123</from><to>2020</to><body>Hi</body></message>'

    assert only_message(document("ST", "receive", body)).received_on is None


# files -----------------------------------------------------------------------------------------------------------------


def test_an_mms_of_thinq_without_a_file_has_none() -> None:
    answer = form("TQ", "receive", {"from": "+12065551234", "to": "+12065551212", "type": "mms"})

    assert only_message(answer).attachments == ()


def test_files_at_bandwidth_are_opened_with_the_channels_password() -> None:
    kind = channel_type("BW")
    url = "https://messaging.bandwidth.com/api/v2/users/1/media/a.jpg"

    request = found_file(kind, example_channel(kind), url)

    assert request is not None
    assert (request.url, request.headers["Authorization"]) == (url, "Basic dXNlcm5hbWU6c2VjcmV0")


@pytest.mark.parametrize(
    "url", ["https://messaging.bandwidth.com.evil.example/a.jpg", "https://elsewhere.example/a.jpg"]
)
def test_files_elsewhere_are_not_shown_the_channels_password(url: str) -> None:
    kind = channel_type("BW")

    request = found_file(kind, example_channel(kind), url)

    assert request is not None
    assert (request.url, dict(request.headers)) == (url, {})


def test_what_is_no_address_is_not_fetched() -> None:
    kind = channel_type("BW")

    assert found_file(kind, example_channel(kind), "media:7") is None


def test_a_description_s_files_may_be_opened_by_a_header() -> None:
    fetch = '[fetch]\nfrom = "https://files.example/"\nheaders = { X-Key = "{config.key}" }\n[[receive]]'
    kind = read_description(WELL.replace("[[receive]]", fetch))

    request = found_file(kind, example_channel(kind), "https://files.example/1.jpg")

    assert request is not None
    assert request.headers == {"X-Key": "secret"}


@pytest.mark.parametrize("start", ["https://files.example", "http://files.example/", "files.example/"])
def test_where_the_key_of_files_may_go_is_said_up_to_the_end_of_the_host(start: str) -> None:
    with pytest.raises(DescriptionError, match="fetch.from"):
        read_description(WELL.replace("[[receive]]", f'[fetch]\nfrom = "{start}"\n[[receive]]'))


def test_each_content_of_zenvia_is_a_message_of_its_own() -> None:
    contents = [{"type": "text", "text": each} for each in ("one", "two", "three")]
    message = {"id": "z1", "from": "250788123123", "to": "2020", "direction": "IN", "contents": contents}

    answer = document("ZVW", "receive", {"type": "MESSAGE", "timestamp": "2026-11-24T09:00:00Z", "message": message})

    assert isinstance(answer, Received)
    assert [(each.external_id, each.text) for each in answer.messages] == [
        ("z1", "one"),
        ("z1.2", "two"),
        ("z1.3", "three"),
    ]


@pytest.mark.parametrize(("kind", "direction"), [("Message", "In"), ("message", "in"), ("MESSAGE", "IN")])
def test_zenvia_s_words_are_known_however_they_are_written(kind: str, direction: str) -> None:
    message = {"id": "z1", "from": "250788123123", "to": "2020", "direction": direction, "contents": [{"text": "Hi"}]}

    answer = document("ZVW", "receive", {"type": kind, "timestamp": "2026-11-24T09:00:00Z", "message": message})

    assert only_message(answer).text == "Hi"


def test_a_zenvia_request_of_another_kind_is_refused() -> None:
    assert document("ZVW", "receive", {"type": "MESSAGE_STATUS"}).response.status == 400
