"""The sender's small parts: slots, masks, what is remembered, what a message looks like on its way."""

import asyncio

import pytest

from domain.ports.http_caller import Call
from gateways.channels.contract import Channel, QuickReply, Remembered
from infra.http.caller import PooledCaller
from tests.fakes.aggregator import AggregatorThread, Answer, FakeAggregator, calling_back
from workers.sender.attempt import Memories
from workers.sender.outgoing import Outgoing, parts_of
from workers.sender.slots import SLOW_SECONDS, Slots
from workers.sender.terms import TermsBook


def channel(uuid: str = "ch-1", **config) -> Channel:
    return Channel(uuid, "org", "EX", "2020", config=config)


# ---- slots ----------------------------------------------------------------------------------------------------------------------


def taken(slots: Slots, of: Channel) -> int:
    count = 0
    while slots.take(of):
        count += 1
    return count


def test_a_channel_gets_its_share_and_others_theirs():
    slots = Slots(100, 10, TermsBook())

    assert taken(slots, channel("one")) == 10
    assert taken(slots, channel("other")) == 10
    assert slots.free == 80

    slots.give_back(channel("one"), 0.1)
    assert slots.take(channel("one")) and not slots.take(channel("one"))


def test_a_slow_channel_gets_less_until_it_is_quick_again():
    slots = Slots(100, 32, TermsBook())
    slow = channel()
    assert slots.take(slow)
    slots.give_back(slow, SLOW_SECONDS + 1)

    assert taken(slots, slow) == 2

    slots.give_back(slow, 0.1)
    assert taken(slots, slow) == 31


def test_a_channel_that_says_how_many_gets_so_many():
    assert taken(Slots(100, 10, TermsBook()), channel(max_concurrent=3)) == 3
    assert taken(Slots(100, 10, TermsBook()), channel(max_concurrent="25")) == 25


# ---- memories ---------------------------------------------------------------------------------------------------------------------


def test_what_a_channel_type_remembers_is_kept_until_it_expires_or_is_dropped():
    now = [100.0]
    memories = Memories(lambda: now[0])
    memories.take_in("ch-1", (Remembered("token", "abc", 60), Remembered("file", "7", 10)), ())

    assert memories.of("ch-1") == {"token": "abc", "file": "7"}
    assert memories.of("ch-2") == {}
    now[0] = 111.0
    assert memories.of("ch-1") == {"token": "abc"}
    memories.take_in("ch-1", (), ("token",))
    assert memories.of("ch-1") == {}


# ---- messages ---------------------------------------------------------------------------------------------------------------------

MESSAGE = {
    "uuid": "0192fc2e-6d9c-7bd5-8f5c-000000000001", "id": 0, "contact": {"uuid": "c", "id": 3, "name": "Bob"},
    "urn": "tel:+1", "channel": {"uuid": "ch-1", "name": "x"}, "text": "Hi", "attachments": ["image/png:http://a/b"],
    "quick_replies": [{"type": "location", "text": "Where?"}, "Yes"], "locale": "eng-US", "status": "queued",
    "origin": "broadcast", "priority": "high", "flow": {"uuid": "f", "name": "Survey"}, "reply_to": "ext-9",
    "urn_auth": "device-token",
    "created_on": "2026-11-24T04:00:00.000001Z",
    "templating": {"template": {"name": "greet"}, "components": [{"type": "body", "name": "body", "variables": {"1": 0}}],
                   "variables": [{"type": "text", "value": "Bob"}], "locale": "en_US"},
}  # fmt: skip


def test_a_message_comes_out_of_the_queue_as_it_went_in():
    outgoing = Outgoing.created("org", MESSAGE)
    assert outgoing is not None

    again = Outgoing.read("org", outgoing.after_attempt(("a", ""), 2).payload())

    assert (again.parts_done, again.errors, again.key, again.contact) == (("a", ""), 2, outgoing.key, "c")
    sent = again.to_send()
    assert (sent.id, sent.text, sent.attachments, sent.locale) == (0, "Hi", ("image/png:http://a/b",), "eng-US")
    assert sent.quick_replies == (QuickReply("location", "Where?"), QuickReply("text", "Yes"))
    assert (sent.high_priority, sent.origin, sent.flow_name) == (True, "broadcast", "Survey")
    assert (sent.response_to_external_id, sent.urn_auth) == ("ext-9", "device-token")
    assert sent.template is not None
    assert (sent.template.name, sent.template.variables[0].value, sent.template.components[0].variables) == (
        "greet", "Bob", {"1": 0}
    )  # fmt: skip


def test_a_message_lies_in_the_queue_by_its_priority_and_age():
    outgoing = Outgoing.created("org", MESSAGE)
    assert outgoing is not None

    queued = outgoing.queued(7)

    assert (queued.urgent, queued.channel, queued.urn, queued.not_before) == (True, "ch-1", "tel:+1", 7)
    assert queued.queued_on == 1_795_492_800_000_001


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"urn": "tel:+1", "text": "Hi"}, 1),
        ({"urn": "tel:+1", "text": "x" * 400}, 3),
        ({"urn": "tel:+1", "text": "Look", "attachments": ["image/png:http://a/b"]}, 2),
        ({"urn": "tel:+1", "attachments": ["image/png:http://a/b", "image/png:http://a/c"]}, 2),
        ({"urn": "tel:+1"}, 1),
        ({"urn": "telegram:1", "text": "x" * 400}, 1),
    ],
)
def test_a_message_counts_as_its_segments_and_attachments_where_operators_count_them(message, parts):
    assert parts_of(message) == parts


# ---- the fake aggregator -----------------------------------------------------------------------------------------------------------


def test_the_fake_aggregator_works_in_a_thread_too_and_calls_back():
    async def post(url: str) -> None:
        caller = PooledCaller(frozenset({"127.0.0.1"}))
        await caller.call(Call("POST", url + "/send", body=b"id=17"))
        await caller.close()

    async def scene() -> list[tuple[str, str]]:
        async with FakeAggregator() as door, FakeAggregator() as aggregator:
            aggregator.afterwards = calling_back(door.url + "/c/ex/ch-1/receive", "sent", "delivered")
            await post(aggregator.url)
            await door.until(2)
            return [(posted.path, posted.form["id"]) for posted in door.book]

    assert asyncio.run(scene()) == [("/c/ex/ch-1/sent", "17"), ("/c/ex/ch-1/delivered", "17")]
    with AggregatorThread(lambda posted: Answer(500)) as aggregator:
        asyncio.run(post(aggregator.url))
        aggregator.until(1)
        assert [posted.form for posted in aggregator.book] == [{"id": "17"}]
