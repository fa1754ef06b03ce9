"""What is delivered: answered when it is durable, known when it comes again, refused when it makes no sense."""

import asyncio
from datetime import timedelta

import pytest

from gateways.channels.short_messages import Part, header
from gateways.connections.smpp import session
from gateways.connections.smpp.names import Command, Status, Tag
from gateways.connections.smpp.pdu import Address, ShortMessage
from tests.fakes.smsc import Whims, inbound, receipt_parameters
from tests.gateways.connections.smpp.desk import desk, quick_reconnects, until
from tests.gateways.connections.smpp.test_sending import story


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    quick_reconnects(monkeypatch)


def test_a_text_is_answered_when_it_is_durable():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            d.append_delay = asyncio.Event()
            d.smsc.deliver(inbound("Hi"))
            await until(lambda: d.appending)
            await asyncio.sleep(0.05)
            assert d.smsc.delivered == []

            d.append_delay.set()
            await until(lambda: d.smsc.delivered == [Status.ESME_ROK])

            [fact] = d.facts
            assert fact | {"message": ""} == {
                "type": "message_received", "urn": "tel:+250788123123", "text": "Hi", "channel": "chan", "message": "",
                "received_on": "2026-11-24T12:00:00.000000Z", "attachments": [],
            }  # fmt: skip

    story(tell)


def test_a_text_that_cannot_be_kept_is_not_taken():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            d.log_is_away = True
            d.smsc.deliver(inbound("Hi"))
            await until(lambda: d.smsc.delivered == [Status.ESME_RX_T_APPN])
            d.log_is_away = False
            d.smsc.deliver(inbound("Hi"))
            await until(lambda: len(d.smsc.delivered) == 2)

            assert [each["text"] for each in d.facts] == ["Hi"]

    story(tell)


def test_texts_of_one_contact_keep_their_order():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            for number in range(300):
                d.smsc.deliver(inbound(f"{number}"))
            await until(lambda: len(d.smsc.delivered) == 300)

            assert [each["text"] for each in d.facts] == [str(number) for number in range(300)]

    story(tell)


@pytest.mark.parametrize("taken_over", [False, True])
def test_a_text_that_comes_again_over_another_connection_is_the_same(taken_over):
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            for text in ("ok", "ok", "yes"):
                d.smsc.deliver(inbound(text))
            await until(lambda: len(d.smsc.delivered) == 3)
            if taken_over:
                d.held.drop()
                d.held = d.another_holder()
            d.smsc.hang_up()
            await until(lambda: len(d.smsc.binds) >= 2 and d.smsc.bound)
            for text in ("yes", "yes"):
                d.smsc.deliver(inbound(text))
            await until(lambda: len(d.smsc.delivered) == 5)

            assert [each["text"] for each in d.facts] == ["ok", "ok", "yes", "yes"]

    story(tell)


def test_a_connection_that_breaks_while_a_text_is_recorded_makes_no_second_one():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            d.append_delay = asyncio.Event()
            d.smsc.deliver(inbound("Hi"))
            await until(lambda: d.appending)
            await asyncio.sleep(0.05)
            d.smsc.hang_up()
            await until(lambda: len(d.smsc.binds) == 2 and d.smsc.bound)
            d.smsc.deliver(inbound("Hi"))
            await asyncio.sleep(0.05)
            assert d.smsc.delivered == []

            d.append_delay.set()
            await until(lambda: d.smsc.delivered == [Status.ESME_ROK])

            assert [each["text"] for each in d.facts] == ["Hi"]

    story(tell)


def test_parts_are_facts_of_their_own():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            texts = ["first ", "second"]
            for number in (2, 1):
                octets = header(Part(7, number, 2)) + texts[number - 1].encode()
                d.smsc.deliver(ShortMessage(Address("250788123123", 1, 1), Address("12345"), octets, esm_class=0x40))
            sar = {Tag.sar_msg_ref_num: b"\x01\x02", Tag.sar_total_segments: b"\x02", Tag.sar_segment_seqnum: b"\x01"}
            d.smsc.deliver(inbound("sar"), sar)
            await until(lambda: len(d.smsc.delivered) == 3)

            assert [(e["type"], e["reference"], e["number"], e["count"], e["text"]) for e in d.facts] == [
                ("message_part_received", "12345/7", 2, 2, "second"),
                ("message_part_received", "12345/7", 1, 2, "first "),
                ("message_part_received", "12345/258", 1, 2, "sar"),
            ]

    story(tell)


def test_a_long_text_may_come_in_a_parameter_or_as_data_sm():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            long = "жу" * 200
            payload = {Tag.message_payload: long.encode("utf-16-be")}
            d.smsc.deliver(ShortMessage(Address("250788123123", 1), Address("12345"), data_coding=8), payload)
            d.smsc.deliver(
                ShortMessage(Address("250788123124", 1), Address("12345"), data_coding=8), payload, Command.data_sm
            )
            await until(lambda: len(d.smsc.delivered) == 2)

            assert [each["text"] for each in d.facts] == [long, long]

    story(tell)


def test_receipts_come_in_parameters_too_and_unreadable_ones_are_no_texts():
    async def tell():
        async with desk(Whims(receipts="none")) as d:
            await until(lambda: d.smsc.bound)
            d.smsc.deliver(inbound("", esm_class=0x04), receipt_parameters("00AB", 5))
            d.smsc.deliver(inbound("what is this", esm_class=0x04))
            d.smsc.deliver(inbound("id:9 stat:UNKNOWN err:000", esm_class=0x04))
            d.smsc.deliver(inbound("id:8 sub:1 stat:FAILED err:1"))
            await until(lambda: len(d.smsc.delivered) == 4)

            assert sorted((each["external_id"], each["status"]) for each in d.reports) == [
                ("8", "failed"),
                ("ab", "failed"),
            ]
            assert d.facts == []

    story(tell)


def test_what_is_not_understood_is_refused():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            d.smsc.write(bytes.fromhex("00000010 00000077 00000000 00000009"))
            d.smsc.write(bytes.fromhex("00000012 00000005 00000000 0000000A 4142"))
            d.smsc.write(bytes.fromhex("00000010 00000015 00000000 0000000B"))
            d.smsc.deliver(inbound("Hi", sender=""))
            await until(lambda: len(d.smsc.nacks) == 2 and d.smsc.delivered)

            assert [(each.sequence, each.status) for each in d.smsc.nacks] == [
                (9, Status.ESME_RINVCMDID), (10, Status.ESME_RINVCMDLEN),
            ]  # fmt: skip
            assert d.smsc.delivered == [Status.ESME_RX_P_APPN]
            assert d.held.state == "connected"

    story(tell)


def test_a_stream_that_cannot_be_followed_is_left():
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            d.smsc.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await until(lambda: len(d.smsc.binds) == 2)

    story(tell)


def test_a_wrong_password_is_not_tried_again():
    async def tell():
        async with desk(Whims(refuses_bind=Status.ESME_RINVPASWD)) as d:
            await until(lambda: d.held.state == "failed")
            await asyncio.sleep(0.1)

            assert d.held.text == "The bind was refused: ESME_RINVPASWD."
            assert len(d.smsc.binds) == 1

    story(tell)


def test_a_centre_without_signs_of_life_is_left(monkeypatch):
    monkeypatch.setattr(session, "LIFE_SIGN_SECONDS", 0.05)

    async def tell():
        async with desk(Whims(signs_of_life=False), enquire_link_seconds=1) as d:
            await until(lambda: d.held.state == "failed")

            assert d.held.text == "The message centre gives no sign of life."

    story(tell)


@pytest.mark.parametrize("taken_over", [False, True])
def test_the_same_text_long_after_its_answer_is_another_one_whatever_the_connection(taken_over):
    async def tell():
        async with desk() as d:
            await until(lambda: d.smsc.bound)
            d.smsc.deliver(inbound("1"))
            await until(lambda: len(d.smsc.delivered) == 1)

            d.time += timedelta(seconds=90)  # the answer got through: the connection lived on
            if taken_over:
                d.held.drop()
                await until(lambda: not d.smsc.bound)
                d.held = d.another_holder()
            else:
                d.smsc.hang_up()
            await until(lambda: len(d.smsc.binds) == 2 and d.smsc.bound)
            d.smsc.deliver(inbound("1"))
            await until(lambda: len(d.smsc.delivered) == 2)

            assert [each["text"] for each in d.facts] == ["1", "1"]
            assert [each.figure for each in d.heard if each.kind == "message_receive"] == ["received", "received"]

    story(tell)
