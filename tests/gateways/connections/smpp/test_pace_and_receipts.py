"""How fast, and what receipts say."""

import pytest

from gateways.connections.smpp.names import Command, Tag
from gateways.connections.smpp.pace import Pace
from gateways.connections.smpp.pdu import Pdu, ShortMessage
from gateways.connections.smpp.receipts import Receipt, receipt_in


def _sent_in(pace: Pace, start: float, seconds: float) -> int:
    now, sent = start, 0
    while now < start + seconds:
        if not pace.wait(now):
            pace.went(now)
            sent += 1
        now += 0.001
    return sent


def test_the_agreed_rate_is_kept():
    assert 100 <= _sent_in(Pace(10), 1_000, 10) <= 103


def test_no_agreed_rate_is_no_limit():
    assert _sent_in(Pace(), 1_000, 1) >= 1_000


def test_throttling_halves_the_rate_after_a_pause_and_it_recovers():
    pace = Pace()
    _sent_in(pace, 1_000, 1)
    pace.throttled(1_001)
    pace.throttled(1_001.1)

    assert 499 <= pace.rate <= 502
    assert 1.0 <= pace.wait(1_001) <= 1.2  # those refused in the same moment count once
    assert _sent_in(pace, 1_001, 1) == 0
    assert 450 < _sent_in(pace, 1_002.1, 1) < 700
    pace.wait(1_020)
    assert pace.rate == 0


def test_an_agreed_rate_comes_back():
    pace = Pace(100)
    _sent_in(pace, 1_000, 1)
    pace.throttled(1_001)
    assert pace.rate == 50

    pace.wait(1_010)

    assert pace.rate == 100


@pytest.mark.parametrize(
    ("text", "receipt"),
    [
        ("id:7 sub:001 dlvrd:001 submit date:2611241200 done date:2611241201 stat:DELIVRD err:000 text:hi",
         Receipt("7", "delivered", "DELIVRD", "000")),
        ("ID: a-b-7 STAT: undeliverable", Receipt("a-b-7", "failed", "UNDELIVERABLE")),
        ("id:7 stat:ENROUTE", Receipt("7", "sent", "ENROUTE")),
        ("id:7 stat:UNKNOWN", Receipt("7", None, "UNKNOWN")),
        ("id:7 status:REJECTD err:12", Receipt("7", "failed", "REJECTD", "12")),
        ("", Receipt("", None, "")),
    ],
)  # fmt: skip
def test_receipts_in_text(text, receipt):
    body = ShortMessage(octets=text.encode(), esm_class=0x04)

    assert receipt_in(Pdu(Command.deliver_sm, 1, body), body) == receipt


def test_parameters_count_more_than_the_text():
    body = ShortMessage(octets=b"id:1 stat:DELIVRD", esm_class=0x04)
    tlvs = {Tag.receipted_message_id: b"2\0", Tag.message_state: b"\x08"}

    assert receipt_in(Pdu(Command.deliver_sm, 1, body, tlvs=tlvs), body) == Receipt("2", "failed", "REJECTD")


@pytest.mark.parametrize("text", ["id: 7", "my id:7 and stat:good", "hello"])
def test_what_people_write_is_no_receipt(text):
    body = ShortMessage(octets=text.encode())

    assert receipt_in(Pdu(Command.deliver_sm, 1, body), body) is None
