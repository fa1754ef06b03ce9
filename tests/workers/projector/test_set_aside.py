"""An event that a read model can't take in is set aside, visibly: its organization misses that event there, and nobody stands still."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from infra.event_log.memory import MemoryEventLog
from projections import cursor, set_aside
from projections.catalogue import read_model
from projections.projection import LoggedEvent
from projections.rebuild import rebuild
from tests.projections.examples import Story
from tests.workers.projector.stories import busy_story, drop, dump, run_dry, write
from workers.projector.projector import Projector


def told(connect: Callable[[], Connection]) -> list[set_aside.SetAside]:
    connection = connect()
    try:
        return set_aside.of_set(connection, cursor.LIVE)
    finally:
        connection.close()


def rows(connect: Callable[[], Connection], sql: str) -> list[tuple[object, ...]]:
    connection = connect()
    try:
        with connection.cursor() as database:
            database.execute(sql)
            return list(database.fetchall())
    finally:
        connection.close()


def broken(org: str, contact: str = "bad") -> Story:
    """A contact whose time of making is none, between two others."""
    story = Story(org).configured()
    story.contact("before", "tel:+250788000001")
    story.contact(contact, "tel:+250788000002")
    story.records[-1].events[0]["data"]["contact"]["created_on"] = "the day before yesterday"
    story.contact("after", "tel:+250788000003")
    return story


def test_the_others_go_on_and_the_event_is_named(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    story = broken("kigali")
    write(log, story.records + busy_story("huye").records)

    run_dry(projector)

    assert rows(connect, f"select count(*) from contacts.contacts where org = '{story.org}'") == [(2,)]
    assert rows(connect, "select count(*) from messages.messages") == [(40,)]
    [found] = told(connect)
    assert (found.read_model, found.organization, found.type) == ("contacts", story.org, "contact_created")
    assert "the day before yesterday" in found.error
    assert rows(connect, "select count(*) from history.history where type = 'contact_created'") == [(23,)]


def test_rows_do_not_depend_on_how_the_log_was_cut(log: MemoryEventLog, connect: Callable[[], Connection]) -> None:
    write(log, broken("kigali").records + broken("huye").records)
    small = Projector(log, connect, batch=1)
    run_dry(small)
    small.close()
    one_by_one, one_by_one_told = dump(connect()), told(connect)
    drop(connect())
    large = Projector(log, connect, batch=10_000)
    run_dry(large)
    large.close()

    assert dump(connect()) == one_by_one
    assert told(connect) == one_by_one_told and len(one_by_one_told) == 2


def test_a_rebuild_sets_the_same_aside(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    write(log, broken("kigali").records)
    run_dry(projector)
    before = told(connect)

    rebuilt = rebuild(log, connect, read_model("contacts"))

    assert rebuilt.switched and rebuilt.set_aside == 1
    assert told(connect) == before


def test_the_mended_program_makes_it_good(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    write(log, broken("kigali").records)
    run_dry(projector)
    assert len(told(connect)) == 1
    as_it_was = read_model("contacts")

    def mended(events: Sequence[LoggedEvent], connection: Connection) -> None:
        for event in events:
            if event.type == "contact_created" and event.data["contact"]["created_on"].startswith("the"):
                event.data["contact"]["created_on"] = event.at
        as_it_was.apply(events, connection)

    rebuilt = rebuild(log, connect, replace(as_it_was, apply=mended))

    assert rebuilt.switched and rebuilt.differences and rebuilt.set_aside == 0
    assert told(connect) == []
    assert rows(connect, "select count(*) from contacts.contacts") == [(3,)]


def test_what_is_wrong_with_the_tables_is_no_events_fault(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    run_dry(projector)
    with connect() as connection, connection.cursor() as database:
        database.execute("drop table contacts.contacts cascade")
    write(log, busy_story("kigali").records)

    with pytest.raises(psycopg2.errors.UndefinedTable):
        projector.step(0.01)

    assert told(connect) == []
