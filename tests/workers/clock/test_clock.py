"""Timers that fall due are fired once, again when nobody takes them up, and fairly."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from domain.events.record import Record
from projections.catalogue import CATALOGUE
from projections.installing import install, live_set
from tests.examples.doors import LogThatGoesAway
from tests.projections.examples import BEGIN, Story, time_text, uuid_of
from workers.clock.clock import Clock


class Timepiece:
    """A clock over a database of its own, and a time that passes only when told."""

    def __init__(self, connect: Callable[[], Connection], **options: Any) -> None:
        self.connect = connect
        self.log = LogThatGoesAway(8)
        self.now = BEGIN
        self.options = options
        self.connection = connect()
        install(self.connection, CATALOGUE)
        self.set = live_set(CATALOGUE)
        self.set.use(self.connection)
        self.clock = self.another()

    def another(self) -> Clock:
        return Clock(self.connect, self.log.append, lambda: self.now, **self.options)

    def project(self, story: Story, after: int = -1) -> None:
        stored = story.stored(after)
        self.set.apply(self.connection, stored, {stored[-1].partition: stored[-1].offset})

    def at(self, second: float) -> "Timepiece":
        """It is so many seconds after the story began."""
        self.now = BEGIN + timedelta(seconds=second)
        return self

    def step(self) -> int:
        self.now += timedelta(seconds=1)  # it has rested
        return self.clock.step(0)

    @property
    def records(self) -> list[Record]:
        return self.log.inputs()

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [event["data"] for record in self.records for event in record.events]

    def close(self) -> None:
        self.clock.close()
        self.connection.close()


@pytest.fixture
def connect(postgres_database: str) -> Callable[[], Connection]:
    return lambda: psycopg2.connect(postgres_database)


@pytest.fixture
def timepiece(connect: Callable[[], Connection]) -> Iterator[Timepiece]:
    made = Timepiece(connect, each=3)
    yield made
    made.close()


def step_later(timepiece: Timepiece, clock: Clock) -> int:
    timepiece.now += timedelta(seconds=1)
    return clock.step(0.01)


def waiting(story: Story, name: str, **wait: Any) -> str:
    """A contact whose session waits; its uuid."""
    contact = story.contact(name)
    story.tell("decision", story.event("session_advanced", story.session(1, "waiting", **wait), contact))
    return contact


def test_a_timer_is_fired_when_it_is_due(timepiece: Timepiece) -> None:
    story = Story()
    contact = waiting(story, "Ann", timeout_on=time_text(60), expires_on=time_text(600))
    timepiece.project(story)

    assert timepiece.at(30).step() == 0
    assert timepiece.at(60).step() == 1

    [record] = timepiece.records
    assert (record.org, record.kind, record.actor) == (story.org, "fact", "clock")
    [fact] = timepiece.facts
    assert fact == {
        "contact": contact,
        "kind": "wait_timeout",
        "session": uuid_of(f"{story.org} session 1"),
        "sprint": uuid_of(f"{story.org} sprint 1"),
        "due_on": "2026-08-01T12:01:00.000000Z",
    }


def test_a_timer_is_not_fired_again_while_its_decision_is_under_way(timepiece: Timepiece) -> None:
    story = Story()
    waiting(story, "Ann", expires_on=time_text(60))
    timepiece.project(story)

    assert timepiece.at(60).step() == 1
    assert [timepiece.step() for _ in range(5)] == [0] * 5


def test_a_timer_that_nobody_takes_up_is_fired_again_the_same_and_ever_more_rarely(timepiece: Timepiece) -> None:
    story = Story()
    waiting(story, "Ann", expires_on=time_text(0))
    timepiece.project(story)

    seconds = [second for second in range(0, 400, 10) if timepiece.at(second).step()]

    assert seconds == [0, 60, 180]
    assert len({event["id"] for record in timepiece.records for event in record.events}) == 1


def test_a_timer_that_was_taken_up_is_forgotten(timepiece: Timepiece) -> None:
    story = Story()
    contact = waiting(story, "Ann", expires_on=time_text(60))
    timepiece.project(story)
    timepiece.at(60).step()
    seen = len(story.records) - 1
    story.tell("decision", story.event("session_advanced", story.session(1, "completed"), contact))
    timepiece.project(story, seen)

    assert timepiece.at(1_000).step() == 0
    assert not timepiece.clock._fired


def test_one_organization_s_flood_leaves_room_for_the_others(timepiece: Timepiece) -> None:
    flood, quiet = Story("kigali"), Story("quito")
    for number in range(20):
        waiting(flood, f"contact {number}", expires_on=time_text(1))
    waiting(quiet, "Bo", expires_on=time_text(100))
    timepiece.project(flood)
    timepiece.project(quiet)

    assert timepiece.at(200).step() == 3 + 1
    assert timepiece.step() == 0
    assert {record.org: len(record.events) for record in timepiece.records} == {flood.org: 3, quiet.org: 1}


def test_the_flood_goes_on_as_it_is_worked_off(timepiece: Timepiece) -> None:
    story = Story()
    contacts = [waiting(story, f"contact {number}", expires_on=time_text(1)) for number in range(5)]
    timepiece.project(story)
    timepiece.at(200).step()
    seen = len(story.records) - 1
    done = {fact["contact"] for fact in timepiece.facts}
    for contact in done:
        story.tell("decision", story.event("session_advanced", story.session(1, "expired"), contact))
    timepiece.project(story, seen)

    assert timepiece.step() == 2
    assert {fact["contact"] for fact in timepiece.facts} == set(contacts)


def test_a_time_out_waits_for_its_message_to_leave(timepiece: Timepiece) -> None:
    story = Story()
    contact = story.contact("Ann")
    sprint = uuid_of("kigali sprint 2")
    wait = {"session": uuid_of("s"), "sprint": sprint, "timeout_seconds": 60}
    message = story.outgoing(contact, "Your name?", wait=wait)
    session = story.session(1, "waiting", timeout_seconds=60, expires_on=time_text(10_000)) | {"sprint": sprint}
    story.tell("decision", story.event("session_advanced", session, contact))
    timepiece.project(story)
    assert timepiece.at(1_000).step() == 0
    seen = len(story.records) - 1
    timepiece.project(story.sent(message, sent_on=time_text(1_000)), seen)

    assert timepiece.at(1_058).step() == 0
    assert timepiece.at(1_059).step() == 1


def test_of_two_clocks_one_works_and_the_other_takes_over(timepiece: Timepiece) -> None:
    story = Story()
    waiting(story, "Ann", expires_on=time_text(60))
    timepiece.project(story)
    assert timepiece.at(10).step() == 0
    other = timepiece.another()

    assert other.step(0) == 0
    timepiece.at(60)
    assert other.step(0) == 0
    timepiece.clock.close()
    assert any(step_later(timepiece, other) for _ in range(200))  # the server lets go of the lock in its own time
    assert len(timepiece.facts) == 1
    other.close()


def test_what_the_log_did_not_take_is_fired_when_it_is_back(timepiece: Timepiece) -> None:
    story = Story()
    waiting(story, "Ann", expires_on=time_text(60))
    timepiece.project(story)
    timepiece.log.away = True
    assert timepiece.at(60).step() == 0

    timepiece.log.away = False
    assert timepiece.step() == 1


def test_a_lost_database_connection_is_taken_up_again(timepiece: Timepiece) -> None:
    story = Story()
    waiting(story, "Ann", expires_on=time_text(60))
    timepiece.project(story)
    timepiece.at(1).step()
    with timepiece.connect() as admin, admin.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )

    assert timepiece.at(60).step() == 0
    assert timepiece.step() == 1


def test_before_the_projector_made_its_tables_nothing_is_due(connect: Callable[[], Connection]) -> None:
    clock = Clock(connect, LogThatGoesAway(1).append, lambda: BEGIN)

    assert clock.step(0) == 0
    clock.close()


def test_a_database_that_can_not_be_reached_gives_no_error() -> None:
    def refuse() -> Connection:
        raise Unavailable("the database is down")

    assert Clock(refuse, LogThatGoesAway(1).append, lambda: BEGIN).step(0) == 0
