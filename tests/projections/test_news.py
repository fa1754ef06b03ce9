"""Who waits for the read models is told at once; while nobody does, Postgres wakes nobody."""

from collections.abc import Callable, Iterator
from threading import Thread
from time import monotonic, sleep

import pytest
from psycopg2.extensions import connection as Connection

from projections import cursor


@pytest.fixture
def listener(connect: Callable[[], Connection]) -> Iterator[Connection]:
    opened = connect()
    opened.autocommit = True
    with opened.cursor() as database:
        database.execute(f"listen {cursor.CHANNEL}")
    yield opened
    opened.close()


def told(listener: Connection) -> list[str]:
    """What has come to it by now."""
    with listener.cursor() as database:
        database.execute("select 1")
    payloads = [each.payload for each in listener.notifies]
    listener.notifies.clear()
    return payloads


def announce(connection: Connection) -> None:
    cursor.announce(connection, cursor.LIVE, {3: 7, 1: 2})


def test_news_are_told_to_who_awaits_them(listener, connect):
    cursor.await_news(listener)
    with connect() as projector:
        announce(projector)

    assert told(listener) == ["1:2 3:7"]


def test_nothing_is_told_while_nobody_waits(listener, connect):
    with connect() as projector:
        announce(projector)
    cursor.await_news(listener)
    cursor.await_no_more(listener)
    with connect() as projector:
        announce(projector)

    assert told(listener) == []


def test_who_begins_to_wait_while_news_are_committed_sees_them(listener, connect):
    projector = connect()
    with projector.cursor() as database:
        database.execute("create table news (said text)")
        projector.commit()
        announce(projector)
        database.execute("insert into news values ('written')")
    seen = []

    def begin_to_wait() -> None:
        cursor.await_news(listener)
        with listener.cursor() as database:
            database.execute("select said from news")
            seen.extend(database.fetchall())

    waiting = Thread(target=begin_to_wait)
    waiting.start()
    _until_somebody_waits_for_a_lock(connect())
    projector.commit()
    waiting.join(10)

    assert seen == [("written",)]
    projector.close()


def test_of_two_that_write_at_once_the_second_tells_for_nothing(listener, connect):
    """The second can't know that the lock it does not get is the first one's: it tells for nothing."""
    first, second = connect(), connect()
    announce(first)
    announce(second)
    first.commit()
    second.commit()

    assert told(listener) == ["1:2 3:7"]
    for each in (first, second):
        each.close()


def _until_somebody_waits_for_a_lock(watcher: Connection) -> None:
    watcher.autocommit = True
    deadline = monotonic() + 10
    with watcher.cursor() as database:
        database.execute("select count(*) from pg_locks where not granted")
        while database.fetchone() == (0,):
            assert monotonic() < deadline
            sleep(0.01)
            database.execute("select count(*) from pg_locks where not granted")
    watcher.close()
