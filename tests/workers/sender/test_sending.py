"""What becomes of messages: each answer an aggregator may give, in the log and in the queue."""

import asyncio
from datetime import timedelta

import pytest

from gateways.channels.contract import Channel
from tests.fakes.aggregator import Answer, FakeAggregator, Posted
from tests.workers.sender.desk import CHANNEL, ORG, PATIENCE, Desk, Wire, running
from workers.sender.sender import SenderLimits

pytestmark = pytest.mark.redis


def play(scene, redis_queue, behaviour=None) -> None:
    """Run a scene at a desk with a fake aggregator."""

    async def staged() -> None:
        async with FakeAggregator(behaviour) as aggregator:
            await asyncio.wait_for(scene(Desk(aggregator, *redis_queue)), 5 * PATIENCE)

    asyncio.run(staged())


def test_a_queued_message_reaches_its_aggregator_and_is_reported_wired(redis_queue):
    async def scene(desk: Desk) -> None:
        [message] = desk.queued("Your favourite colour?")

        async with running(desk.sender()):
            [report] = await desk.until_reported(1)
            await desk.until_empty()

        assert desk.aggregator.book[0].form == {
            "id": str(message["id"]), "text": "Your favourite colour?", "to": message["urn"].removeprefix("tel:")
        }  # fmt: skip
        assert (report["message"], report["id"], report["channel"]) == (message["uuid"], message["id"], CHANNEL)
        assert (report["status"], report["contact"], report["error_count"]) == ("wired", message["contact"]["uuid"], 0)
        assert report["sent_on"].endswith("Z")

    play(scene, redis_queue)


def test_messages_that_are_not_queued_are_not_sent(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("No", status="failed", failed_reason="looping")
        desk.queued("No", urn=None)
        desk.queued("No", channel=None)
        desk.queued("Yes")

        async with running(desk.sender()):
            await desk.until_reported(1)

        assert desk.aggregator.fields("text") == ["Yes"]

    play(scene, redis_queue)


def test_a_refusal_is_final_at_once(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("Hello")

        async with running(desk.sender()):
            [report] = await desk.until_reported(1)
            await desk.until_empty()

        assert (report["status"], report["failed_reason"]) == ("failed", "response_status")
        assert report["error"] == {"code": "response_status", "text": "The aggregator answered 400."}
        assert "next_attempt_on" not in report and "sent_on" not in report

    play(scene, redis_queue, lambda posted: Answer(400))


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(503), Answer(hang_up=True)], ids=["error", "unavailable", "hung up"]
)
def test_an_error_is_tried_again_after_five_and_ten_minutes_and_the_third_is_final(redis_queue, answer):
    async def scene(desk: Desk) -> None:
        desk.queued("Hello")

        async with running(desk.sender()):
            await desk.until_reported(1)
            desk.clock.ahead = timedelta(minutes=3)
            await asyncio.sleep(0.3)
            assert len(desk.aggregator.book) == 1
            desk.clock.ahead = timedelta(minutes=5, seconds=1)
            await desk.until_reported(2)
            desk.clock.ahead += timedelta(minutes=7)
            await asyncio.sleep(0.3)
            assert len(desk.aggregator.book) == 2
            desk.clock.ahead += timedelta(minutes=10)
            reports = await desk.until_reported(3)
            await desk.until_empty()

        assert [report["status"] for report in reports] == ["errored", "errored", "failed"]
        assert [report["error_count"] for report in reports] == [1, 2, 3]
        assert [("next_attempt_on" in report) for report in reports] == [True, True, False]
        assert reports[2]["failed_reason"] == "error_limit"

    play(scene, redis_queue, lambda posted: answer)


def test_an_error_that_passes_ends_well(redis_queue):
    answers = iter([Answer(500), Answer(200)])

    async def scene(desk: Desk) -> None:
        desk.queued("Hello")

        async with running(desk.sender()):
            await desk.until_reported(1)
            desk.clock.ahead = timedelta(minutes=5, seconds=1)
            reports = await desk.until_reported(2)
            await desk.until_empty()

        assert [(report["status"], report["error_count"]) for report in reports] == [("errored", 1), ("wired", 1)]

    play(scene, redis_queue, lambda posted: next(answers))


def test_a_throttled_channel_rests_as_long_as_it_is_told_and_no_error_is_counted(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued(*(f"Message {number}" for number in range(5)))
        desk.aggregator.behaviour = lambda posted: Answer(429, headers={"Retry-After": "600"})

        async with running(desk.sender()):
            await desk.aggregator.until(1)
            await asyncio.sleep(0.3)
            refused = len(desk.aggregator.book)
            assert refused <= 5
            desk.aggregator.behaviour = lambda posted: Answer()
            desk.clock.ahead = timedelta(seconds=300)
            await asyncio.sleep(0.3)
            assert len(desk.aggregator.book) == refused
            desk.clock.ahead = timedelta(seconds=601)
            reports = await desk.until_reported(5)
            await desk.until_empty()

        assert {(report["status"], report["error_count"]) for report in reports} == {("wired", 0)}
        assert len(desk.aggregator.book) == refused + 5

    play(scene, redis_queue)


def test_a_retry_goes_on_behind_the_parts_that_got_through(redis_queue):
    def second_part_fails_once(posted: Posted) -> Answer:
        texts.append(posted.form["text"])
        return Answer(500 if len(texts) == 2 else 200)

    texts: list[str] = []

    async def scene(desk: Desk) -> None:
        desk.add_channel(max_length=10)
        desk.queued("one two 3 four five 6")

        async with running(desk.sender()):
            await desk.until_reported(1)
            desk.clock.ahead = timedelta(minutes=5, seconds=1)
            reports = await desk.until_reported(2)

        assert [report["status"] for report in reports] == ["errored", "wired"]
        assert texts[1] == texts[2] and texts.count(texts[0]) == 1
        assert " ".join([texts[0], *texts[2:]]) == "one two 3 four five 6"

    play(scene, redis_queue, second_part_fails_once)


def test_a_message_that_waited_for_a_week_is_not_sent_any_more(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("Good morning")
        desk.clock.ahead = timedelta(days=8)

        async with running(desk.sender()):
            [report] = await desk.until_reported(1)
            await desk.until_empty()

        assert (report["status"], report["failed_reason"]) == ("failed", "too_old")
        assert [each.error.partition(":")[0] for each in desk.exchanges()] == ["too_old"]
        assert not desk.aggregator.book

    play(scene, redis_queue)


def test_a_message_of_a_removed_channel_fails_but_one_that_is_only_not_known_yet_waits(redis_queue):
    async def scene(desk: Desk) -> None:
        late = desk.known.pop(CHANNEL)
        desk.queued("For a channel that comes")
        desk.queued("For a channel that went", channel={"uuid": "0192fc2e-1111-7000-8000-000000000009"})

        async with running(desk.sender()):
            await asyncio.sleep(0.5)
            desk.known[CHANNEL] = late
            while len(reports := desk.events("message_sent")) < 2:
                desk.clock.ahead += timedelta(seconds=1)
                await asyncio.sleep(0.02)
            await desk.until_empty()

        found = {
            event["data"]["id"]: (event["data"]["status"], event["data"].get("failed_reason")) for event in reports
        }
        assert found == {1: ("wired", None), 2: ("failed", "channel_removed")}

    play(scene, redis_queue)


def test_private_addresses_are_not_called_unless_the_operator_allows_them(redis_queue):
    async def scene(desk: Desk) -> None:
        from infra.http.caller import PooledCaller

        desk.queued("To the inside")

        async with running(desk.sender(http=PooledCaller())):
            [report] = await desk.until_reported(1)

        assert (report["status"], report["failed_reason"]) == ("failed", "channel_config")
        assert "not a public address" in report["error"]["text"]
        assert not desk.aggregator.connections

    play(scene, redis_queue)


def test_the_exchange_is_logged_without_secrets_and_bounded(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(send_authorization="Token s3cr3t-t0ken", body="text={{text}}&key=s3cr3t-t0ken")
        [message] = desk.queued("Hello")
        desk.aggregator.behaviour = lambda posted: Answer(200, b"you said s3cr3t-t0ken " + b"x" * 50_000)

        async with running(desk.sender()):
            await desk.until_reported(1)

        [logged] = desk.exchanges()
        assert (logged.channel, logged.direction, logged.kind, logged.error) == (CHANNEL, "out", "message_send", "")
        assert "POST /send HTTP/1.1" in logged.request and "text=Hello" in logged.request
        assert logged.response.startswith("HTTP/1.1 200") and logged.status == 200
        assert len(logged.response) <= 4_000
        assert "Authorization: **********" in logged.request
        assert "s3cr3t" not in logged.request + logged.response
        assert logged.messages == (message["uuid"], "id:1") and logged.urns == (message["urn"],)
        assert not desk.events("exchange_logged")  # the event log keeps for ever, and holds none

    play(scene, redis_queue)


@pytest.mark.parametrize(
    ("answer", "figure", "says"),
    [
        (Answer(400), "failed", "response_status: The aggregator answered 400."),
        (Answer(503), "errored", "connection_failed: The aggregator answered 503."),
        (Answer(hang_up=True), "errored", "connection_failed"),
        (Answer(429, headers={"Retry-After": "60"}), "throttled", "connection_throttled"),
    ],
    ids=["refused", "away", "hung up", "throttled"],
)
def test_an_exchange_that_went_wrong_says_why(redis_queue, answer, figure, says):
    async def scene(desk: Desk) -> None:
        desk.queued("Hello")

        async with running(desk.sender()):
            await desk.aggregator.until(1)
            async with asyncio.timeout(PATIENCE):
                while not desk.exchanges():
                    await asyncio.sleep(0.01)

        [logged] = desk.exchanges()
        assert logged.error.startswith(says)
        assert "text=Hello" in logged.request
        assert desk.recorder.figures.as_json()[CHANNEL]["counts"] == {figure: 1}

    play(scene, redis_queue, lambda posted: answer)


def test_a_contact_that_the_aggregator_calls_stopped_is_told_to_the_decider(redis_queue):
    from gateways.channels.contract import SendOutcome

    class Stopping:
        def secrets(self, config):
            return ()

        def plan_send(self, channel: Channel, message, options):
            yield from ()
            return SendOutcome("failed", error_code="contact_stopped", error_text="Opted out.", contact_stopped=True)

    async def scene(desk: Desk) -> None:
        sender = desk.sender()
        sender._attempts._type_of = lambda channel: Stopping()
        [message] = desk.queued("Hello")

        async with running(sender):
            [report] = await desk.until_reported(1)

        [stop] = desk.events("channel_event_occurred")
        assert stop["data"] | {"occurred_on": ""} == {
            "channel": CHANNEL, "type": "stop_contact", "urn": message["urn"], "extra": {}, "occurred_on": ""
        }  # fmt: skip
        assert report["failed_reason"] == "contact_stopped"

    play(scene, redis_queue)


def test_a_urn_that_the_aggregator_tells_is_told_to_the_decider_once(redis_queue):
    from gateways.channels.contract import SendOutcome

    class Telling:
        def secrets(self, config):
            return ()

        def plan_send(self, channel: Channel, message, options):
            yield from ()
            return SendOutcome("wired", ("x",), also_known_as="whatsapp:RW.1234")

    async def scene(desk: Desk) -> None:
        sender = desk.sender()
        sender._attempts._type_of = lambda channel: Telling()
        desk.queued("Hello", "Hello again", urn="whatsapp:250788123123")

        async with running(sender):
            await desk.until_reported(2)

        [learned] = desk.events("channel_event_occurred")
        assert (learned["data"]["type"], learned["data"]["urn"]) == ("urn_learned", "whatsapp:250788123123")
        assert learned["data"]["also_known_as"] == "whatsapp:RW.1234"

    play(scene, redis_queue)


def test_a_channel_type_that_breaks_is_an_error_of_its_message_only(redis_queue):
    class Broken:
        def secrets(self, config):
            return ()

        def plan_send(self, channel, message, options):
            raise ZeroDivisionError

    async def scene(desk: Desk) -> None:
        from gateways.channels.catalogue import type_of

        sender = desk.sender()
        sender._attempts._type_of = lambda channel: Broken() if channel.type == "XX" else type_of(channel)
        broken = "0192fc2e-1111-7000-8000-000000000007"
        desk.known[broken] = Channel(broken, ORG, "XX", "1")
        desk.queued("Breaks", channel={"uuid": broken})
        desk.queued("Goes")

        async with running(sender):
            await desk.until_reported(2)

        assert desk.statuses() == {1: ["errored"], 2: ["wired"]}

    play(scene, redis_queue)


def test_an_outage_of_the_log_keeps_outcomes_and_repeats_nothing(redis_queue):
    async def scene(desk: Desk) -> None:
        wire = Wire(desk.log)
        wire.cut_before("append")
        desk.queued(*(f"Message {number}" for number in range(20)))

        async with running(desk.sender(log=wire)):
            await desk.aggregator.until(20)
            await asyncio.sleep(1.5)  # longer than a lease
            assert not desk.events()
            wire.mend()
            await desk.until_reported(20)
            await desk.until_empty()

        assert set(desk.aggregator.counted("id").values()) == {1}
        assert all(statuses == ["wired"] for statuses in desk.statuses().values())

    play(scene, redis_queue)


def test_an_outage_of_the_queue_repeats_nothing(redis_queue):
    async def scene(desk: Desk) -> None:
        wire = Wire(desk.queue)
        wire.fail("note_outcomes", "extend")
        desk.queued(*(f"Message {number}" for number in range(30)))

        async with running(desk.sender(queue=wire, limits=SenderLimits(in_flight=10, lease_seconds=0.3))):
            await desk.aggregator.until(10)
            await asyncio.sleep(1.0)  # longer than a lease: what is under way comes back meanwhile
            wire.mend()
            await desk.until_reported(30)
            await desk.until_empty()

        assert set(desk.aggregator.counted("id").values()) == {1}

    play(scene, redis_queue)
