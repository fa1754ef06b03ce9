"""Read models compared with what the log says, all in one reading."""

from collections.abc import Callable, Iterator

import pytest
from psycopg2.extensions import connection as Connection

from infra.event_log.memory import MemoryEventLog
from projections.catalogue import CATALOGUE
from projections.checking import check
from tests.workers.projector.stories import busy_story, run_dry, write
from workers.projector.projector import Projector


@pytest.fixture
def log() -> MemoryEventLog:
    log = MemoryEventLog(2)
    write(log, busy_story("kigali").records)
    return log


@pytest.fixture
def projector(log: MemoryEventLog, connect: Callable[[], Connection]) -> Iterator[Projector]:
    projector = Projector(log, connect)
    run_dry(projector)
    yield projector
    projector.close()


def change(connect: Callable[[], Connection], statement: str) -> None:
    with connect() as connection, connection.cursor() as database:
        database.execute(statement)


def test_what_the_projector_made_is_what_the_log_says(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    assert check(log, connect, CATALOGUE) == {}


def test_a_row_that_was_tampered_with_is_named(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    change(
        connect, "update messages.messages set text = 'never said' where id = (select min(id) from messages.messages)"
    )

    [(name, [difference])] = check(log, connect, CATALOGUE).items()

    assert (name, difference.table) == ("messages", "messages")
    assert "never said" in difference.only_live[0]


def test_nothing_is_left_of_it(log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector) -> None:
    check(log, connect, CATALOGUE)

    with connect() as connection, connection.cursor() as database:
        database.execute("select count(*) from pg_namespace where nspname like '%checking'")
        assert database.fetchone() == (0,)
        database.execute("select count(*) from projections.cursors where set_name <> 'live'")
        assert database.fetchone() == (0,)


def test_it_can_be_done_again_after_one_that_was_killed(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    change(connect, "create schema messages_checking; create table messages_checking.messages (half int)")

    assert check(log, connect, CATALOGUE) == {}
