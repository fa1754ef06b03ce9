"""The phones: what is delivered to the demo channels is shown live, and is still there after a reload."""

import threading
from typing import Any

import pytest

from gateways.pages import phones as phones_module
from gateways.pages.phones import KEPT_MESSAGES
from tests.gateways.pages.installation import CHANNEL, EVIL, KANNEL, ORG, PHONE, Site


def test_a_page_knows_the_channels_and_their_doors(site: Site) -> None:
    [workspace] = site.http.get("/simulator/workspaces").json()

    assert set(workspace) == {"uuid", "name", "channels"}
    assert workspace["channels"][0] == {
        "uuid": CHANNEL,
        "type": "EX",
        "address": "2020",
        "receive_path": f"/c/ex/{CHANNEL}/receive",
    }


def test_what_is_delivered_is_shown_live(site: Site) -> None:
    with site.watching("/simulator/events", channel=CHANNEL) as events:
        assert site.deliver("Muraho!", quick_replies=["Yes", "No"]).status_code == 202
        message = next(events)

    assert (message["phone"], message["text"], message["quick_replies"]) == (PHONE, "Muraho!", ["Yes", "No"])
    assert (message["channel"], message["id"], message["direction"]) == (CHANNEL, "7", "out")


def test_another_channel_s_messages_are_not(site: Site) -> None:
    with site.watching("/simulator/events", channel=CHANNEL) as events:
        site.deliver("for the other", channel=KANNEL)
        site.deliver("for this one")

        assert next(events)["text"] == "for this one"


def test_after_a_reload_the_kept_messages_are_shown_in_order(site: Site) -> None:
    site.pages.kept = [
        {"id": 5, "direction": "in", "text": "survey", "created_on": "2026-11-24T08:59:58Z"},
        {
            "id": 6, "direction": "out", "text": "Hi", "created_on": "2026-11-24T08:59:59Z",
            "attachments": ["image/png:https://example.com/a.png"], "quick_replies": [{"type": "text", "text": "Yes"}],
        },
    ]  # fmt: skip
    site.deliver("Hi", id=6)
    site.deliver("newer than the read model", id=8)

    messages = site.messages()

    assert [(each["id"], each["direction"]) for each in messages] == [("5", "in"), ("6", "out"), ("8", "out")]
    assert messages[1]["quick_replies"] == ["Yes"]
    assert site.pages.asked == [(ORG, CHANNEL, f"tel:{PHONE}", 50)]


def test_a_message_that_went_out_under_its_uuid_is_shown_once(site: Site) -> None:
    uuid = "01a20bc5-cd15-7a68-824e-a7b5aa2f3beb"
    site.pages.kept = [{"id": 6, "uuid": uuid, "direction": "out", "text": "Hi", "created_on": "2026-11-24T08:59:59Z"}]
    report = f"http://host/c/kn/{KANNEL}/status?uuid={uuid}&status=%d"
    site.http.get(f"/simulator/deliver/{KANNEL}", params={"to": PHONE, "text": "Hi", "dlr-url": report})

    assert [each["id"] for each in site.messages(channel=KANNEL)] == ["6"]


def test_a_history_that_knows_other_names_shows_a_message_once_all_the_same(site: Site) -> None:
    again = {"direction": "out", "text": "Please send a number", "created_on": "2026-11-24T10:59:59+02:00"}
    site.pages.kept = [{**again, "id": f"01a20bc5-cd15-7a68-824e-a7b5aa2f3be{each}"} for each in range(2)]
    for number in range(3):
        site.deliver("Please send a number", id=number)

    assert len(site.messages()) == 3


def test_what_was_said_before_a_full_history_is_not_shown(site: Site) -> None:
    later = "2026-11-24T09:00:01Z"
    site.pages.kept = [{"id": n, "direction": "in", "text": "Hi", "created_on": later} for n in range(50)]
    site.deliver("an hour ago", id=99)

    assert {each["text"] for each in site.messages()} == {"Hi"}


def test_while_the_database_is_away_the_newest_are_shown_all_the_same(site: Site) -> None:
    site.pages.database_is_away = True
    site.deliver("Hi", id=6)

    assert [each["text"] for each in site.messages()] == ["Hi"]


def test_what_others_write_is_passed_on_as_data(site: Site) -> None:
    with site.watching("/simulator/events", channel=CHANNEL) as events:
        site.deliver(EVIL)

        assert next(events)["text"] == EVIL
    answer = site.http.get("/simulator/messages", params={"channel": CHANNEL, "phone": PHONE})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("to=%2B250788123123&text=Ni+meza%21", "Ni meza!"),
        ("to=%2B250788123123&coding=2&charset=utf16-be&text=%00N%00i%22%64", "Ni≤"),
        ("to=250788123123&text=Hi&dlr-url=http://x/status?uuid=abc%26status=%25d", "Hi"),
    ],
)
def test_kannel_s_way_of_sending_is_understood(site: Site, query: str, text: str) -> None:
    assert site.http.get(f"/simulator/deliver/{KANNEL}?{query}").status_code == 202

    [message] = site.messages(channel=KANNEL)
    assert (message["text"], message["phone"]) == (text, PHONE)


def test_a_form_is_understood(site: Site) -> None:
    form = {"to": PHONE, "text": "Hi", "id": "9", "quick_reply": ["Yes", "No"]}
    assert site.http.post(f"/simulator/deliver/{CHANNEL}", data=form).status_code == 202

    [message] = site.messages()
    assert (message["id"], message["quick_replies"]) == ("9", ["Yes", "No"])


@pytest.mark.parametrize(
    ("channel", "request_", "status"),
    [
        ("9d0b1578-29da-4fa5-a214-9da19dd24230", {"json": {"to": PHONE}}, 404),
        (CHANNEL, {"json": {"to": "nobody", "text": "Hi"}}, 400),
        (CHANNEL, {"json": ["to"]}, 400),
        (CHANNEL, {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        (CHANNEL, {"content": b"x" * 300_000}, 413),
    ],
)
def test_what_can_not_be_delivered_is_refused(site: Site, channel: str, request_: dict[str, Any], status: int) -> None:
    answer = site.http.post(f"/simulator/deliver/{channel}", **request_)

    assert answer.status_code == status
    assert site.messages() == []


@pytest.mark.parametrize(
    ("channel", "phone", "status"), [("unknown", PHONE, 404), (CHANNEL, "Ann", 400), (CHANNEL, "", 400)]
)
def test_history_is_for_phones_on_demo_channels_only(site: Site, channel: str, phone: str, status: int) -> None:
    answer = site.http.get("/simulator/messages", params={"channel": channel, "phone": phone})

    assert answer.status_code == status
    assert site.pages.asked == []


def test_a_phone_keeps_its_newest_messages_only(site: Site) -> None:
    for number in range(KEPT_MESSAGES + 3):
        site.deliver(f"message {number}", id=number)

    messages = site.messages()
    assert len(messages) == KEPT_MESSAGES
    assert messages[-1]["text"] == f"message {KEPT_MESSAGES + 2}"


def test_the_phones_used_longest_ago_are_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones_module, "KEPT_PHONES", 2)
    for phone in ("+1", "+2", "+1", "+3"):
        site.deliver("Hi", to=phone)

    assert [len(site.messages(phone)) for phone in ("+1", "+2", "+3")] == [2, 0, 1]


def test_a_server_that_stops_lets_its_watchers_go(site: Site) -> None:
    with site.watching("/simulator/events", channel=CHANNEL) as events:
        threading.Timer(0.05, lambda: site.loop.call_soon_threadsafe(site.pages.app.state.end_streams)).start()

        assert list(events) == []
