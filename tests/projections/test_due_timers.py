"""Timers that are due come fairly, however many are: the first of each organization before the second of any."""

import random
from datetime import timedelta
from typing import Any

import pytest

from projections.due_timers.queries import due_timers
from tests.projections.conftest import Tables
from tests.projections.examples import BEGIN, Story, time_text, uuid_of

NOW = 100
ORGS = {uuid_of(name): timers for name, timers in (("giant", 60), ("busy", 12), ("quiet", 1), ("idle", 0))}


def fill(tables: Tables) -> list[tuple[str, int, str]]:
    """Timers of each organization that are due and others that are not, or have no time yet; returns (org, second, contact) of the first."""
    chance, due = random.Random(7), []
    with tables.connection.cursor() as cursor:
        for org, timers in ORGS.items():
            for number in range(timers + 5):
                second = chance.randrange(NOW) if number < timers else NOW + 1 + number
                contact, session = uuid_of(f"{org} {number}"), uuid_of(f"session {number}")
                when = BEGIN + timedelta(seconds=second) if number != timers else None
                row = (org, contact, "wait_expiration", session, None, None, when)
                cursor.execute("insert into due_timers values (%s, %s, %s, %s, %s, %s, %s)", row)
                if number < timers:
                    due.append((org, second, contact))
    tables.connection.commit()
    return sorted(due)


@pytest.mark.parametrize(
    ("each", "limit"), [(1000, 10_000), (5, 10_000), (5, 73), (5, 72), (5, 20), (1, 3), (60, 40), (5, 1)]
)
def test_the_first_of_each_come_before_the_second_of_any(tables: Tables, each: int, limit: int) -> None:
    """73 are due: with a limit up to that, each organization's are read from its own place; else all are put in order."""
    due = fill(tables)
    by_place = sorted(
        (place, org, contact)
        for org in ORGS
        for place, (_, _, contact) in enumerate(timer for timer in due if timer[0] == org)
        if place < each
    )

    found = due_timers(tables.connection, time_text(NOW), each=each, limit=limit)

    assert [(timer.org, timer.contact) for timer in found] == [(org, contact) for _, org, contact in by_place[:limit]]


def asking(story: Story) -> tuple[str, dict[str, Any]]:
    """A contact who was asked and has a minute to answer, from when the question has left. (The contact, the question)."""
    contact = story.contact("Ann")
    sprint = uuid_of(f"sprint of {story.org}")
    wait = {"session": uuid_of("s"), "sprint": sprint, "timeout_seconds": 60}
    message = story.outgoing(contact, "Your name?", wait=wait)
    session = story.session(1, "waiting", timeout_seconds=60) | {"sprint": sprint}
    asked = story.records.pop()
    story.tell("decision", *asked.events, story.event("session_advanced", session, contact))
    return contact, message


NAMES = {
    "its uuid": lambda message: {"message": message["uuid"]},
    "its uuid without dashes": lambda message: {"message": message["uuid"].replace("-", "").upper()},
    "its id": lambda message: {"message_id": message["id"]},
}


@pytest.mark.parametrize("batch", [1, 1000])
@pytest.mark.parametrize(
    ("status", "name"),
    [("delivered", "its uuid"), ("sent", "its uuid without dashes"), ("failed", "its id"), ("wired", "its id")],
)
def test_a_time_out_begins_when_the_aggregator_reports_the_question_though_its_sender_never_did(
    tables: Tables, status: str, name: str, batch: int
) -> None:
    story = Story()
    contact, message = asking(story)
    story.reported(status, **NAMES[name](message))
    reported_at = len(story.records) - 1
    story.reported("read", message_id=message["id"])
    story.sent(message, sent_on=time_text(1_000))
    tables.project(story, batch=batch)

    due = due_timers(tables.connection, time_text(10_000), each=10, limit=10)

    due_on = time_text(reported_at + 60).replace("Z", ".000000Z")
    assert [(each.contact, each.due_on) for each in due if each.kind == "wait_timeout"] == [(contact, due_on)]


@pytest.mark.parametrize(
    "report",
    [
        {"status": "errored", "message_id": 3},
        {"status": "delivered", "message_id": 10**30},
        {"status": "delivered", "message": "nobody's"},
        {"status": "delivered", "external_id": "theirs"},
        {"status": "delivered", "message_id": 77},
    ],
)
def test_no_other_report_begins_a_time_out(tables: Tables, report: dict[str, Any]) -> None:
    story = Story()
    asking(story)
    tables.project(story.reported(**report), batch=1)

    assert [each.kind for each in due_timers(tables.connection, time_text(10_000), each=10, limit=10)] == [
        "wait_expiration"
    ]
