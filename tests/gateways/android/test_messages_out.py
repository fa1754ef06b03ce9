"""Messages that a phone is to send: in order, once, and what became of them."""

from datetime import timedelta

import pytest

from gateways.android.door import MOST_AT_ONCE


def test_waiting_messages_are_offered_in_order_and_equal_neighbours_together(scene, channel):
    for number, (text, phone) in enumerate([("Hi", "+1"), ("Hi", "+2"), ("Bye", "+3"), ("Hi", "+4")], 9001):
        scene.queue(channel, number, text, phone)

    scene.phone.sync()

    assert scene.phone.sends_all() == [("+1", "Hi"), ("+2", "Hi"), ("+3", "Bye"), ("+4", "Hi")]


def test_a_paused_channel_offers_its_phone_nothing_until_it_is_resumed(scene, channel):
    scene.queue(channel, 9001, "Hi", "+1")
    org, raw = scene.directory._raw[channel]
    scene.directory.load([(org, {**raw, "paused_on": "2026-11-28T03:00:00Z"})])
    scene.phone.sync()
    assert scene.phone.sends_all() == []

    scene.directory.load([(org, raw)])
    scene.phone.sync()

    assert scene.phone.sends_all() == [("+1", "Hi")]


def test_what_the_phone_has_is_not_offered_again_until_it_forgets_it(scene, channel):
    scene.queue(channel, 9001)
    scene.phone.sync()
    offered = scene.relayers.waiting(channel, scene.phone.pending, 10)

    assert offered == []
    assert len(scene.relayers.waiting(channel, [], 10)) == 1


def test_a_message_is_sent_once_although_the_report_is_lost_and_repeated(scene, channel):
    scene.queue(channel, 9001)
    scene.phone.sync()
    sent = scene.phone.sends_all()

    scene.phone.loses_answers = True
    scene.phone.sync()
    scene.phone.loses_answers = False
    scene.phone.sync()

    assert sent == [("+250788123123", "Muraho")] and scene.phone.sends_all() == []
    assert {(each["message_id"], each["status"]) for each in scene.events("delivery_reported")} == {(9001, "sent")}
    assert scene.phone.queued == []


def test_handing_a_message_over_again_after_it_was_sent_is_no_second_text(scene, channel):
    scene.queue(channel, 9001)
    scene.phone.sync()
    scene.phone.sends_all()
    scene.phone.sync()

    scene.queue(channel, 9001)
    scene.phone.sync()
    scene.phone.sync()

    assert scene.phone.sends_all() == []
    assert scene.relayers.waiting(channel, [], 10) == []


@pytest.mark.parametrize(
    ("said", "status"), [("mt_sent", "sent"), ("mt_dlvd", "delivered"), ("mt_fail", "failed"), ("mt_error", "errored")]
)
def test_what_became_of_a_message_is_reported_by_its_number(scene, channel, said, status):
    scene.phone.says(said, 9001 - (1 << 32))  # as a 32-bit app says it

    scene.phone.sync()

    assert [(each["message_id"], each["status"]) for each in scene.events("delivery_reported")] == [(9001, status)]
    assert scene.phone.queued == []


def test_a_report_that_comes_late_says_when_the_message_was_sent(scene, channel):
    scene.phone.says("mt_sent", 9001)
    scene.now += timedelta(hours=2)
    scene.phone.queued += [
        {"cmd": "mt_dlvd", "msg_id": 9002},
        {"cmd": "mt_dlvd", "msg_id": 9003, "ts": "never"},
        {"cmd": "mt_dlvd", "msg_id": 9004, "ts": 9_000_000_000_000},
    ]

    scene.phone.sync()

    told = {each["message_id"]: each["reported_on"] for each in scene.events("delivery_reported")}
    now = "2026-11-24T11:00:00.000000Z"
    assert told == {9001: "2026-11-24T09:00:00.000000Z", 9002: now, 9003: now, 9004: now}


def test_an_answer_is_bounded_and_the_rest_follows(scene, channel):
    for number in range(MOST_AT_ONCE + 20):
        scene.queue(channel, 9001 + number, f"Text {number}")

    scene.phone.sync()
    first = len(scene.phone.sends_all())
    scene.phone.sync()
    second = len(scene.phone.sends_all())

    assert (first, second) == (MOST_AT_ONCE, 20)
