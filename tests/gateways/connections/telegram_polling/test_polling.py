"""A bot whose updates are asked for: cuts, repetitions, gaps, conflicts; nothing is confirmed before it is durable."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from gateways.channels.contract import Channel
from gateways.channels.media_addresses import MediaAddresses
from gateways.connections.telegram_polling.link import telegram_links
from tests.fakes.telegram import TOKEN, Telegram
from tests.gateways.connections.processes import LEASE_SECONDS, Processes, quick_reconnects, until

BOT = "11111111-1111-4111-8111-111111111111"


class Scene:
    def __init__(self, telegram: Telegram, processes: Processes) -> None:
        self.telegram, self.processes = telegram, processes

    def say(self, *texts: str) -> None:
        for text in texts:
            self.telegram.say(text)

    async def heard(self, *texts: str) -> None:
        """All these, in this order, and nothing else; and Telegram knows it."""
        await until(lambda: len(self.processes.texts()) >= len(texts), self.processes.texts)
        assert self.processes.texts() == list(texts)
        await until(lambda: not self.telegram.waiting, lambda: self.telegram.waiting)


@contextlib.asynccontextmanager
async def scene(**settings: object) -> AsyncIterator[Scene]:
    telegram = Telegram()
    await telegram.start()
    config = {"auth_token": TOKEN, "receive_by": "polling", "api_url": telegram.url} | settings
    channel = Channel(BOT, "org", "TG", "bot", schemes=("telegram",), config=config)
    media = MediaAddresses("https://evenkeel.example")
    async with Processes([channel], lambda http: {"TG": telegram_links(http, media)}) as processes:
        processes.start("one")
        telegram.time = lambda: processes.now().timestamp()
        yield Scene(telegram, processes)
    await telegram.stop()


def tell(story, **settings: object) -> None:
    async def told() -> None:
        async with scene(**settings) as place:
            await story(place)

    asyncio.run(asyncio.wait_for(told(), 300))


def test_what_people_write_becomes_facts_as_at_the_webhook():
    async def story(place: Scene) -> None:
        await place.processes.shown(BOT, "connected", "Asks for updates.")
        place.telegram.say("Muraho")
        place.telegram.say("", photo=[{"file_id": "ph-1", "file_size": 900}])
        await place.heard("Muraho", "")

        text, photo = place.processes.data("message_received")
        assert text["urn"] == "telegram:5150#aline" and text["name"] == "Aline" and text["channel"] == BOT
        assert (text["external_id"], text["attachments"]) == ("1", [])
        assert text["sent_on"] == "2026-11-24T12:00:00.000000Z"
        assert photo["attachments"][0].startswith(f"https://evenkeel.example/media/{BOT}/")

    tell(story)


def test_the_secret_of_webhooks_is_no_hindrance_to_asking():
    async def story(place: Scene) -> None:
        place.say("Muraho")
        await place.heard("Muraho")

    tell(story, secret="s3cret")


def test_start_is_a_conversation_that_begins_and_what_is_no_message_is_passed_over():
    async def story(place: Scene) -> None:
        place.telegram.update(edited_message={"message_id": 1})
        place.telegram.say("/start")
        place.say("hello")
        await place.heard("hello")

        assert [each["type"] for each in place.processes.data("channel_event_occurred")] == ["new_conversation"]
        counted = {"messages": 1, "events": 1, "ignored": 1}
        await until(lambda: counted.items() <= place.processes.state(BOT)["counts"].items())

    tell(story)


def test_a_webhook_is_ended_and_what_waited_for_it_is_asked_for():
    async def story(place: Scene) -> None:
        place.telegram.webhook = "https://old.example"
        place.say("waited")
        await place.heard("waited")
        assert place.telegram.webhook == ""

    tell(story)


def test_a_channel_with_a_webhook_is_not_polled():
    async def story(place: Scene) -> None:
        place.say("for the webhook")
        await place.processes.leases.asked_again("one")
        assert place.telegram.asked == [] and place.processes.holders["one"].held == 0

    tell(story, receive_by="webhook")


def test_answers_that_are_lost_and_updates_that_come_again_are_taken_in_once(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        place.telegram.cuts = 2
        place.say("a", "b")
        await place.heard("a", "b")

        place.telegram.repeats = True
        place.say("c")
        await until(lambda: place.processes.state(BOT)["counts"]["repeated"] == 1)
        await place.heard("a", "b", "c")

    tell(story)


def test_nothing_is_confirmed_before_it_is_durable(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        place.processes.log_is_away = True
        place.say("keep me")
        await place.processes.has_shown(BOT, "failed", "Neither the log nor the spool.")
        assert len(place.telegram.waiting) == 1

        place.processes.log_is_away = False
        await place.heard("keep me")

    tell(story)


@pytest.mark.parametrize("gap", [1, 4 * 60, 20 * 60])
def test_after_a_gap_the_next_holder_takes_in_what_came_meanwhile_and_nothing_twice(gap: int):
    async def story(place: Scene) -> None:
        place.say("before")
        await place.heard("before")
        await place.processes.kill("one")
        texts = [f"meanwhile {number}" for number in range(250)]
        place.say(*texts)

        place.processes.seconds += gap
        place.processes.start("two")
        if gap < LEASE_SECONDS:
            await place.processes.leases.asked_again("two")
            assert place.processes.texts() == ["before"], "the dead one's lease lasts"
            place.processes.seconds += LEASE_SECONDS

        await place.heard("before", *texts)
        await until(lambda: place.processes.state(BOT)["holder"] == "two")

    tell(story)


def test_what_was_durable_and_not_confirmed_when_the_holder_died_is_not_taken_in_again():
    async def story(place: Scene) -> None:
        await until(lambda: place.telegram.holds_a_question)
        place.telegram.refusals = [(502, {"description": "Bad Gateway"})] * 50  # so nothing can be confirmed
        place.say("once")
        await until(lambda: place.processes.texts() == ["once"])
        await until(lambda: place.processes.notes.read(BOT, "offset:77"))
        await place.processes.kill("one")
        place.telegram.refusals = []
        assert len(place.telegram.waiting) == 1

        place.processes.seconds += LEASE_SECONDS
        place.processes.start("two")
        place.say("twice")

        await place.heard("once", "twice")

    tell(story)


def test_one_that_stops_confirms_what_it_took():
    async def story(place: Scene) -> None:
        await until(lambda: place.telegram.holds_a_question)
        place.telegram.refusals = [(429, {"description": "Too Many Requests", "parameters": {"retry_after": 30}})]
        place.say("taken")
        await until(lambda: place.processes.texts() == ["taken"] and not place.telegram.refusals)
        await place.processes.stop("one")
        assert place.telegram.waiting == []

    tell(story)


def test_an_offset_is_dropped_when_it_was_heard_since_telegram_may_go_on_with_lower_numbers():
    async def story(place: Scene) -> None:
        place.say("high")
        await place.heard("high")
        await until(lambda: place.telegram.asked[-1].get("offset") == "501")
        place.telegram.give_up_waiting()
        await until(lambda: "offset" not in place.telegram.asked[-1])

        place.telegram.next_update = 7
        place.say("low")
        await place.heard("high", "low")

    tell(story)


def test_too_many_requests_are_waited_out_as_long_as_telegram_says():
    async def story(place: Scene) -> None:
        await until(lambda: place.telegram.holds_a_question)
        place.telegram.refusals = [(429, {"description": "Too Many Requests", "parameters": {"retry_after": 1}})]
        place.say("a")
        await place.processes.has_shown(BOT, "connected", "Telegram asks to wait 1 seconds.")
        place.say("b")
        await place.heard("a", "b")
        assert [each.get("offset") for each in place.telegram.asked].count("501") == 2, "asked in vain, and again"

    tell(story)


def test_another_poller_is_shown_and_outlived(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        await until(lambda: place.telegram.holds_a_question)
        place.telegram.be_polled_by_another()
        await place.processes.has_shown(BOT, "failed", "Another program asks for the updates of this bot")
        place.say("still here")
        await place.heard("still here")

    tell(story)


def test_another_programs_webhook_is_shown(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        place.telegram.sets_webhook_again = True
        await place.processes.has_shown(BOT, "failed", "Another program sets a webhook for this bot")

    tell(story)


def test_a_wrong_token_is_final(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        await place.processes.shown(BOT, "failed", "Telegram doesn't know this bot")
        await asyncio.sleep(0.1)
        assert [state for _, state, _ in place.processes.showed] == ["binding", "failed"]

    tell(story, auth_token="78:wrong")


def test_an_update_that_cannot_be_read_holds_up_nobody_and_is_in_the_channels_log(monkeypatch):
    from gateways.channels.types.telegram import receiving

    def breaks(message):
        raise ZeroDivisionError

    async def story(place: Scene) -> None:
        monkeypatch.setattr(receiving, "_web_app", breaks)
        place.telegram.say("", web_app_data={"data": "{}"})
        place.say("next")
        await place.heard("next")
        bad, good = place.processes.told
        assert b"web_app_data" in bad.body and "ZeroDivisionError" in bad.error and bad.figure == "refused"
        assert b"next" in good.body and good.error == "" and "external:2" in list(good.messages)
        assert (good.kind, good.figure, good.urns) == ("message_receive", "received", ["telegram:5150#aline"])

    tell(story)
