"""What is submitted: windows, throttling, cuts and restarts; nothing lost, nothing double but what was declared."""

import asyncio
from collections import Counter

import pytest

from gateways.connections.smpp.names import Status
from tests.fakes.smsc import Whims
from tests.gateways.connections.smpp.desk import desk, quick_reconnects, until


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    quick_reconnects(monkeypatch)


def story(tell):
    asyncio.run(asyncio.wait_for(tell(), 300))


def test_a_message_is_submitted_and_its_receipt_reported():
    async def tell():
        async with desk() as d:
            outcome = await d.send(1, "Hello €")
            await until(lambda: d.reports)

            assert (outcome.status, outcome.external_ids) == ("wired", ("1",))
            [sent] = d.smsc.accepted
            assert (sent.source.digits, sent.destination.digits, sent.octets) == (
                "12345",
                "250788123123",
                b"Hello \x1be",
            )
            [report] = d.reports
            assert (report["type"], report["external_id"], report["status"]) == ("delivery_reported", "1", "delivered")
            assert d.held.state == "connected" and d.held.text == "Bound to testing as transceiver."
            assert d.may_send == [True]

    story(tell)


def test_a_refusal_is_final_and_a_busy_centre_is_not():
    async def tell():
        async with desk(bind="receiver") as d:
            outcome = await d.send(1, "Hello")

            assert (outcome.status, outcome.external_code) == ("failed", "ESME_RINVBNDSTS")

    story(tell)


@pytest.mark.parametrize(("state", "status"), [("DELIVRD", "delivered"), ("UNDELIV", "failed")])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("long_messages", ["udh", "sar"])
def test_a_message_in_parts_has_one_status(when, state, status, long_messages):
    async def tell():
        text = "abcdefghij" * 40
        whims = Whims(receipts=when, state=lambda part: "DELIVRD" if part.octets[-1:] != b"j" else state)
        async with desk(whims, long_messages=long_messages) as d:
            outcome = await d.send(1, text)
            await until(lambda: len(d.smsc.delivered) == 3)

            assert outcome.external_ids == ("1", "2", "3")
            assert [(each["message"], each["status"]) for each in d.reports] == [("message-1", status)]

    story(tell)


def test_receipts_of_parts_find_their_message_after_another_took_over():
    async def tell():
        async with desk(Whims(receipts="none")) as d:
            await d.send(1, "a" * 200)
            await d.held.end()
            d.held = d.another_holder()
            await until(lambda: d.smsc.bound)
            from tests.fakes.smsc import receipt

            for id in ("2", "1"):
                d.smsc.deliver(receipt(id, "DELIVRD"))
            await until(lambda: len(d.smsc.delivered) == 2)

            assert [(each.get("message"), each["status"]) for each in d.reports] == [("message-1", "delivered")]

    story(tell)


def test_parts_that_are_done_are_not_sent_again():
    async def tell():
        async with desk() as d:
            outcome = await d.send(1, "a" * 200, parts_done=("77",))

            assert outcome.external_ids == ("77", "1")
            assert d.smsc.texts() == ["a" * 47]

    story(tell)


@pytest.mark.parametrize(
    ("form", "shown"),
    [("same", lambda n: f"00{n:X}A"), ("hex_to_decimal", lambda n: f"{n:08X}"), ("decimal_to_hex", str)],
)
def test_ids_are_known_in_any_of_their_forms(form, shown):
    async def tell():
        async with desk(Whims(shown_id=shown, receipts="none"), receipt_ids=form) as d:
            outcomes = await d.send_all(["x"] * 12)
            from tests.fakes.smsc import receipt

            known = outcomes[11].external_ids[0]
            d.smsc.deliver(receipt({"same": "ca", "hex_to_decimal": "0012", "decimal_to_hex": "00C"}[form], "DELIVRD"))
            await until(lambda: d.reports)

            assert d.reports[0]["external_id"] == known

    story(tell)


def test_a_throttled_centre_gets_everything_once_and_slower():
    async def tell():
        async with desk(Whims(throttles_after=60), window=20) as d:
            outcomes = await d.send_all([f"text {number}" for number in range(120)])

            assert {each.status for each in outcomes} == {"wired"}
            assert sorted(d.smsc.texts()) == sorted(f"text {number}" for number in range(120))
            assert 0 < d.smsc.throttled <= 20, "those that were under way when it began"
            assert d.held.link.counts["throttled"] == d.smsc.throttled

    story(tell)


def test_what_was_not_answered_when_the_connection_broke_is_submitted_once_more():
    async def tell():
        whims = Whims(hangs_up_after=50, unanswered_at_hang_up=4)
        async with desk(whims, window=4) as d:
            outcomes = await d.send_all([f"text {number}" for number in range(100)])

            assert {each.status for each in outcomes} == {"wired"}
            times = Counter(d.smsc.texts())
            assert len(times) == 100
            assert sum(times.values()) == 100 + 4
            assert max(times.values()) == 2

    story(tell)


def test_or_given_up_where_nothing_may_come_double():
    async def tell():
        whims = Whims(hangs_up_after=50, unanswered_at_hang_up=4)
        async with desk(whims, window=4, when_unanswered="fail") as d:
            outcomes = await d.send_all([f"text {number}" for number in range(100)])

            assert Counter(each.status for each in outcomes) == {"wired": 96, "errored": 4}
            assert len(d.smsc.texts()) == len(set(d.smsc.texts())) == 100

    story(tell)


def test_a_centre_that_is_restarted_again_and_again_loses_nothing():
    async def tell():
        async with desk(window=5) as d:
            sending = asyncio.create_task(d.send_all([f"text {number}" for number in range(400)]))
            for reached in (60, 150, 250):
                await until(lambda reached=reached: len(d.smsc.accepted) >= reached)
                await d.smsc.stop()
                await d.smsc.start()
            outcomes = await sending

            assert {each.status for each in outcomes} == {"wired"}
            times = Counter(d.smsc.texts())
            assert len(times) == 400
            assert sum(times.values()) <= 400 + 3 * 5
            assert len(d.smsc.binds) == 4

    story(tell)


def test_a_silent_centre_is_not_asked_twice():
    async def tell():
        async with desk(Whims(answers=False), response_seconds=1) as d:
            outcome = await d.send(1, "Hello")

            assert (outcome.status, outcome.error_code) == ("errored", "connection_failed")
            assert len(d.smsc.accepted) == 1

    story(tell)


def test_what_cannot_be_submitted_yet_goes_back_to_its_place():
    async def tell():
        async with desk(Whims(refuses_bind=Status.ESME_RBINDFAIL)) as d:
            d.seconds = 0.05
            outcome = await d.send(1, "Hello")

            assert (outcome.status, outcome.error_code) == ("errored", "connection_throttled")
            d.smsc.whims.refuses_bind = Status.ESME_ROK
            d.seconds = 120
            assert (await d.send(1, "Hello")).status == "wired"
            assert len(d.smsc.accepted) == 1

    story(tell)


def test_the_same_sms_asked_for_again_gets_the_same_answer():
    async def tell():
        async with desk() as d:
            first, again = await asyncio.gather(d.send(1, "Hello"), d.send(1, "Hello"))
            later = await d.send(1, "Hello")

            assert first.external_ids == again.external_ids == later.external_ids == ("1",)
            assert len(d.smsc.accepted) == 1

    story(tell)


def test_a_link_that_ends_submits_nothing_more():
    async def tell():
        async with desk(Whims(answers=False), window=1) as d:
            sending = asyncio.create_task(d.send_all(["one", "two", "three"]))
            await until(lambda: d.smsc.accepted)
            await d.held.end()
            outcomes = await sending

            assert [each.error_code for each in outcomes] == ["connection_failed"] + 2 * ["connection_throttled"]
            assert len(d.smsc.accepted) == 1

    story(tell)
