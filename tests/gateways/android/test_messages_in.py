"""Messages and calls that a phone received: durable before they are acknowledged, and once although answers are lost."""

from datetime import timedelta
from typing import Any


def test_a_message_is_durable_acknowledged_and_numbered(scene, channel):
    scene.phone.sms_arrives("0788123123", "JOIN")

    scene.phone.sync()

    (received,) = scene.events("message_received")
    assert received["urn"] == "tel:+250788123123"
    assert received["text"] == "JOIN"
    assert received["channel"] == channel
    assert scene.phone.queued == []
    assert scene.phone.inbox_ids == {"JOIN": 77_000}


def test_a_week_of_messages_comes_in_order_and_once_although_answers_are_lost(scene, channel):
    for number in range(120):
        scene.phone.sms_arrives("+250788123123", f"SMS {number}", scene.now.timestamp() + number * 5000)
    scene.now += timedelta(days=7)

    scene.phone.loses_answers = True
    scene.phone.sync()
    scene.phone.loses_answers = False
    while scene.phone.queued:
        assert scene.phone.sync() == 200

    assert [each["text"] for each in scene.events("message_received")] == [f"SMS {number}" for number in range(120)]
    assert scene.figures.as_json()[channel]["counts"]["received"] == 120


def test_the_same_text_a_second_later_is_another_message(scene, channel):
    scene.phone.sms_arrives("+250788123123", "1", scene.now.timestamp())
    scene.phone.sms_arrives("+250788123123", "1", scene.now.timestamp() + 1)

    scene.phone.sync()

    assert len(scene.events("message_received")) == 2


def test_a_message_without_a_usable_number_is_acknowledged_and_dropped(scene, channel):
    scene.phone.sms_arrives("", "from nobody")
    scene.phone.sms_arrives("+250788123123", "")

    scene.phone.sync()

    assert scene.phone.queued == []
    assert scene.events("message_received") == []


def test_a_text_with_bytes_that_are_no_characters_is_taken_without_them(scene, channel):
    phone = scene.phone
    body = b'{"cmds":[{"cmd":"fcm","fcm_id":"x","uuid":"5f3c-device"},{"cmd":"mo_sms","phone":"+250788123123","msg":"a\xff\\ud83db","ts":1000}]}'
    ts = str(int(scene.now.timestamp()))

    status, _ = scene.carry(
        "POST", f"/relayers/relayer/sync/{phone.relayer_id}/?ts={ts}&signature={phone.sign(ts, body)}", body
    )

    assert status == 200
    assert [each["text"] for each in scene.events("message_received")] == ["ab"]


def test_while_log_and_spool_are_away_nothing_is_acknowledged(scene, channel, monkeypatch):
    scene.log.away = True
    monkeypatch.setattr(scene.commit._spool, "write", _full_disk)
    scene.phone.sms_arrives("+250788123123", "JOIN")

    assert scene.phone.sync() == 503
    assert len(scene.phone.queued) == 1
    scene.log.away = False
    assert scene.phone.sync() == 200

    assert len(scene.events("message_received")) == 1


def _full_disk(records: Any) -> None:
    raise OSError("No space left on device")


def test_a_missed_call_is_an_event_once_however_often_it_is_told(scene, channel):
    scene.phone.call_missed("0788555555")

    scene.phone.loses_answers = True
    scene.phone.sync()
    scene.phone.loses_answers = False
    scene.phone.sync()

    (call,) = scene.events("channel_event_occurred")
    assert (call["type"], call["urn"]) == ("mo_miss", "tel:+250788555555")
    assert scene.phone.queued == []
