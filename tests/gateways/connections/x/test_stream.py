"""A handle on its app's stream: what people write becomes facts, through cuts, silence, refusals and repetitions."""

import asyncio

import pytest

from gateways.connections.x.back_off import BackOff
from infra.http.stream import StreamConnection
from tests.gateways.connections.processes import quick_reconnects, until
from tests.gateways.connections.x.scene import HANDLE, OTHER, Scene, heard_live, tell


def test_what_people_write_becomes_facts():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        id = place.x.say("Muraho", sender="5150")
        place.x.say("our own answer", sender="900", to="900")
        picture = {"media": {"media_url_https": "https://ton.twitter.com/dm/1.jpg", "url": "https://t.co/abc"}}
        place.x.say("Look https://t.co/abc", sender="5151", attachment=picture)
        await place.heard("Muraho", "Look")

        text, photo = place.processes.data("message_received")
        assert (text["urn"], text["name"]) == ("twitterid:5150#user5150", "User 5150")
        assert (text["external_id"], text["channel"], text["attachments"]) == (id, HANDLE, [])
        assert text["sent_on"] == "2026-11-24T12:00:00.000000Z"
        assert photo["attachments"][0].startswith(f"https://evenkeel.example/media/{HANDLE}/")
        assert [org for org, _, _ in place.processes.log] == ["org 900"] * 2

    tell(story)


def test_links_come_as_they_were_written_and_groups_are_left_alone():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        urls = [{"url": "https://t.co/x", "expanded_url": "https://health.example/a?b=1"}]
        place.x.say("to a group", to="group 7", heard=False)
        place.x.say("see https://t.co/x", entities={"urls": urls})
        await place.heard("see https://health.example/a?b=1")

    tell(story)


def test_the_handle_is_subscribed_once_by_its_user():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        made = {each["event_type"]: each for each in place.x.subscriptions}
        assert set(made) == {"dm.received", "chat.received", "oauth.revoke"}
        assert made["dm.received"]["filter"] == {"user_id": "900"} and made["dm.received"]["tag"] == HANDLE

        place.x.cut()
        await until(lambda: len(place.x.connected) == 2)
        await place.connected()
        await asyncio.sleep(0.05)
        assert len(place.x.subscriptions) == 3

    tell(story)


def test_all_handles_of_an_app_share_one_connection_in_one_process():
    async def story(place: Scene) -> None:
        place.x.users["other-token"] = "901"
        place.processes.listed.append(place.handle(OTHER, "901", "other-token"))
        for name in ("one", "two"):
            place.processes.start(name)
        await place.connected()
        place.x.say("for the first", to="900")
        place.x.say("for the second", to="901")
        await place.heard("for the first", "for the second")

        assert [each["channel"] for each in place.processes.data("message_received")] == [HANDLE, OTHER]
        assert [org for org, _, _ in place.processes.log] == ["org 900", "org 901"]
        assert sorted(each.held for each in place.processes.holders.values()) == [0, 2]
        assert len(place.x.connected) == 1

    tell(story)


def test_a_handle_that_is_removed_leaves_the_stream_to_the_others_and_its_subscriptions_end():
    async def story(place: Scene) -> None:
        place.x.users["other-token"] = "901"
        place.processes.listed.append(place.handle(OTHER, "901", "other-token"))
        foreign = {
            "subscription_id": "f",
            "event_type": "dm.received",
            "filter": {"user_id": "77"},
            "tag": "a campaign",
        }
        place.x.subscriptions.append(foreign)
        place.processes.start("one")
        await place.connected()

        place.processes.listed.pop()
        await until(lambda: place.processes.holders["one"].held == 1)
        for _ in range(25):
            await place.time_passes(3)

        await until(lambda: len(place.x.subscriptions) == 4, lambda: place.x.subscriptions)
        assert foreign in place.x.subscriptions
        assert len(place.x.connected) == 1
        place.x.say("still here")
        await place.heard("still here")

    tell(story)


def test_cuts_and_ends_in_band_lose_nothing_and_double_nothing():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        await place.noted()
        asked = len(place.x.asked)
        for number, end in enumerate((place.x.cut, place.x.disconnect, place.x.cut)):
            place.x.say(f"before {number}")
            end()
            place.x.say(f"after {number}")
            await until(lambda number=number: len(place.x.connected) == number + 2, lambda: place.x.connected)
            await until(lambda number=number: len(place.processes.texts()) == 2 * number + 2, place.processes.texts)

        await place.heard("before 0", "after 0", "before 1", "after 1", "before 2", "after 2")
        assert len(place.x.asked) == asked, "X tells short gaps again by itself"
        assert place.pauses[:3] == [0.0, 0.0, 0.0], "reconnect at once"

    tell(story)


def test_silence_ends_a_connection(monkeypatch):
    read, allowed = StreamConnection.read, []
    passes = {"in": 60.0}

    async def impatient(stream: StreamConnection, seconds: float) -> bytes:
        allowed.append(seconds)
        return await read(stream, passes["in"])

    monkeypatch.setattr(StreamConnection, "read", impatient)

    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        await until(lambda: place.signs > 10)
        assert len(place.x.connected) == 1 and set(allowed) == {21.0}, "every sign of life gives it all the time anew"

        place.x.beat, passes["in"] = 3600, 0.05
        await place.processes.has_shown(HANDLE, "failed", "X gave no sign of life for 21 seconds.")
        place.x.beat, passes["in"] = 0.02, 60.0
        await place.connected()

    tell(story)


@pytest.mark.parametrize(
    ("refusal", "shown", "pauses"),
    [
        ((503, {}, {}), "X answered 503.", [5, 10]),
        ((429, {"title": "Too Many Requests"}, {}), "Too Many Requests", [60, 120]),
        ((429, {"connection_issue": "TooManyConnections", "detail": "Max."}, {}), "The app has a connection already: Max.", [1, 2]),
        ((403, {"detail": "Forbidden."}, {}), "X does not accept the app's token: Forbidden.", [5, 10]),
    ],
)  # fmt: skip
def test_refused_connections_are_told_and_tried_again_as_x_wants_it(refusal, shown, pauses, caplog):
    async def story(place: Scene) -> None:
        place.x.refusals = [refusal] * 2
        place.processes.start("one")
        await until(lambda: place.x.is_heard)
        assert place.pauses[:2] == pauses
        told = [each.getMessage() for each in caplog.records if "stream was lost" in each.getMessage()]
        assert told == [f"X's stream was lost: {shown}"] * 2
        await place.processes.shown(HANDLE, "connected")

    tell(story)


def test_back_off_grows_to_its_most_and_begins_again_once_something_is_heard():
    back_off = BackOff()
    assert [back_off.after("network") for _ in range(4)] == [0, 0.25, 0.5, 0.75]
    assert [back_off.after("network") for _ in range(100)][-1] == 16
    assert [back_off.after("http") for _ in range(8)] == [5, 10, 20, 40, 80, 160, 320, 320]
    assert [back_off.after("throttled") for _ in range(3)] == [60, 120, 240]
    back_off.connected()
    assert (back_off.after("network"), back_off.after("http")) == (0, 5)


def test_while_the_log_is_away_nothing_is_forgotten():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.processes.log_is_away = True
        place.x.say("a")
        place.x.say("b")
        await place.processes.shown(HANDLE, "failed", "Neither the log nor the spool.")

        place.processes.log_is_away = False
        await place.heard("a", "b")
        await place.processes.shown(HANDLE, "connected", "Hears the app's stream.")

    tell(story)


def test_more_than_can_wait_is_asked_for(monkeypatch):
    from gateways.connections.x import inbox

    monkeypatch.setattr(inbox, "MOST_WAITING", 5)
    heard = heard_live(monkeypatch)

    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.processes.log_is_away = True
        texts = [f"message {number}" for number in range(40)]
        for text in texts:
            place.x.say(text)
        await place.processes.has_shown(HANDLE, "failed", "Neither the log nor the spool.")
        await until(lambda: len(heard) == len(texts))
        place.processes.log_is_away = False
        await place.heard(*texts)
        assert place.x.asked

    tell(story)


def test_what_is_too_much_while_a_gap_is_filled_is_another_gap(monkeypatch):
    from gateways.connections.x import inbox

    monkeypatch.setattr(inbox, "MOST_WAITING", 3)
    heard = heard_live(monkeypatch)

    async def story(place: Scene) -> None:
        place.x.say("missed", heard=False)
        place.processes.log_is_away = True
        place.processes.start("one")
        await place.processes.has_shown(HANDLE, "failed", "Neither the log nor the spool.")  # the gap's pages are here
        await until(lambda: place.x.is_heard and place.x._is_subscribed("dm.received", "900"))
        texts = [f"live {number}" for number in range(10)]
        for text in texts:
            place.x.say(text)
        await until(lambda: len(heard) == len(texts))

        place.processes.log_is_away = False
        await place.heard("missed", *texts)

    tell(story)


def test_an_encrypted_message_is_recorded_as_one_that_cannot_be_read():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.happen("chat.received", "900", {"sender_id": "5150", "encrypted": "…"})
        await until(lambda: place.processes.data("channel_event_occurred"))

        [event] = place.processes.data("channel_event_occurred")
        assert (event["type"], event["urn"]) == ("encrypted_message", "twitterid:5150")
        assert "can't be read" in place.processes.told[0].error

    tell(story)


def test_an_authorisation_that_is_taken_back_is_an_error_of_the_channel():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.happen("oauth.revoke", "900", {"user_id": "900"})
        await place.processes.shown(HANDLE, "failed", "The user took the authorisation back.")
        assert [each.error for each in place.processes.told] == ["The user took the authorisation back."] * 2
        await until(lambda: not place.x.is_heard)

    tell(story)


def test_events_that_x_tells_again_count_once_also_for_the_next_holder():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.happen("chat.received", "900", {"sender_id": "5150"})
        await until(lambda: place.processes.data("channel_event_occurred"))
        place.x.cut()
        await until(lambda: len(place.x.connected) == 2)
        await place.connected()
        await place.processes.stop("one")
        place.processes.start("two")
        await until(lambda: len(place.x.connected) == 3)
        place.x.say("later")
        await place.heard("later")

        assert len(place.processes.data("channel_event_occurred")) == 1

    tell(story)


def test_a_message_that_was_missed_and_cannot_be_read_holds_up_nobody(monkeypatch):
    from gateways.connections.x import missed

    read = missed.read_event
    monkeypatch.setattr(
        missed,
        "read_event",
        lambda channel, event, *more: 1 / 0 if event["text"] == "odd" else read(channel, event, *more),
    )

    async def story(place: Scene) -> None:
        place.x.say("odd", heard=False)
        place.x.say("even", heard=False)
        place.processes.start("one")
        await place.heard("even")
        assert any(b"odd" in each.body and "ZeroDivisionError" in each.error for each in place.processes.told)

    tell(story)


def test_an_event_that_cannot_be_read_holds_up_nobody_and_is_in_the_channels_log(monkeypatch):
    from gateways.connections.x import inbox

    read = inbox.read_delivered
    monkeypatch.setattr(
        inbox,
        "read_delivered",
        lambda channel, payload, new_id: read(channel, payload, new_id) if "users" in payload else 1 / 0,
    )

    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.happen("dm.received", "900", {"odd": "thing"})
        place.x.say("next")
        await place.heard("next")
        bad, good = place.processes.told
        assert b"odd" in bad.body and "ZeroDivisionError" in bad.error
        assert b"next" in good.body and good.error == "" and good.kind == "message_receive"
        assert (good.figure, good.urns) == ("received", ["twitterid:5150#user5150"])

    tell(story)


@pytest.mark.parametrize(
    ("settings", "shown"),
    [({"token": "wrong"}, "Unauthorized"), ({"id": "901"}, "The user has not authorised the app.")],
    ids=["unknown token", "another's token"],
)
def test_a_user_token_that_is_refused_is_final(settings, shown, monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.processes.shown(HANDLE, "failed", f"X refuses: {shown}")
        await until(lambda: not place.x.is_heard)
        await asyncio.sleep(0.1)
        assert [text for _, state, text in place.processes.showed if state == "failed"] == [f"X refuses: {shown}"]
        assert not place.x.is_heard

    tell(story, **settings)


def test_an_app_without_room_for_all_subscriptions_does_without_the_welcome_ones():
    async def story(place: Scene) -> None:
        place.x.limit = 1
        place.processes.start("one")
        await place.processes.shown(HANDLE, "connected")
        await until(lambda: place.x.subscriptions)
        place.x.say("heard")
        await place.heard("heard")
        assert [each["event_type"] for each in place.x.subscriptions] == ["dm.received"]

    tell(story)
