"""External: bodies as the user wrote them down, with values written as the content type asks."""

import pytest

from gateways.channels.contract import Channel, OutgoingMessage, QuickReply
from gateways.channels.types.external import EXTERNAL
from tests.gateways.channels.types.meta_scene import answer, send

UUID = "019f0000-0000-7000-8000-000000000001"
MESSAGE = OutgoingMessage(
    1, UUID, "tel:+250788123123", 'R&D says "{{to}}"', quick_replies=(QuickReply("text", "A & B", ""),)
)


def channel(content_type: str, body: str = "<{{text}}|{{quick_replies}}>") -> Channel:
    config = {"send_url": "https://own.example/send", "body": body, "content_type": content_type}
    return Channel("019f0000-0000-7000-8000-0000000000c1", "org", "EX", "2020", schemes=("tel",), config=config)


FORM = "<R%26D+says+%22%7B%7Bto%7D%7D%22|&quick_reply=A+%26+B>"
JSON = '<"R&D says \\"{{to}}\\""|["A & B"]>'
XML = "<R&amp;D says &#34;{{to}}&#34;|<item>A &amp; B</item>>"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("urlencoded", FORM),
        ("application/x-www-form-urlencoded; charset=utf-8", FORM),
        ("json", JSON),
        ("application/json;charset=UTF-8", JSON),
        ("xml", XML),
        ("application/soap+xml; charset=utf-8", XML),
        ("text/plain", '<R&D says "{{to}}"|A & B>'),
    ],
)
def test_a_text_stays_one_value_whatever_the_content_type(content_type: str, body: str) -> None:
    sent = send(EXTERNAL, channel(content_type), MESSAGE, [answer({})])

    assert [request.body.decode() for request in sent.requests] == [body]
    assert sent.outcome.status == "wired"


def test_a_content_type_of_the_users_own_is_sent_as_it_is() -> None:
    sent = send(EXTERNAL, channel("application/soap+xml; charset=utf-8"), MESSAGE, [answer({})])

    assert sent.requests[0].headers["Content-Type"] == "application/soap+xml; charset=utf-8"
