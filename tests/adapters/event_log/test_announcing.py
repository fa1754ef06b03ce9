"""Who is told of an append past Postgres, and who by NOTIFY."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from time import monotonic

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from infra.event_log import announcing, postgres_decider, postgres_follower
from infra.event_log.postgres import PostgresEventLog, install
from infra.event_log.postgres_connection import Listening
from infra.event_log.wakes import Wakes
from tests.conformance.event_log_suite.asking import (
    BY_PARTITION,
    PARTITIONS,
    SECONDS_TO_WAIT,
    eventually,
    gains,
    record,
    texts,
)

LATE = 10 * SECONDS_TO_WAIT

Open = Callable[[Path | None], PostgresEventLog]


@pytest.fixture
def open_log(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """In a folder, or without one. Who isn't told of something is late: nobody looks by himself in time."""
    monkeypatch.setattr(postgres_follower, "SECONDS_BETWEEN_LOOKS", LATE)
    for name in ("_SECONDS_BETWEEN_LOOKS", "_LONGEST_BETWEEN_LOOKS"):
        monkeypatch.setattr(postgres_decider, name, LATE)
    monkeypatch.setattr(announcing, "LOOK_SECONDS", 0.0)
    install(postgres_database, PARTITIONS)
    opened: list[PostgresEventLog] = []

    def open_one(folder: Path | None) -> PostgresEventLog:
        opened.append(PostgresEventLog(postgres_database, wakes=folder))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


@pytest.fixture
def watcher(postgres_database: str) -> Iterator[Connection]:
    """Hears what Postgres tells of facts; it is no reader."""
    connection = psycopg2.connect(postgres_database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("listen event_log_f")
    yield connection
    connection.close()


def notices(watcher: Connection) -> int:
    with watcher.cursor() as cursor:
        cursor.execute("select 1")
    count = len(watcher.notifies)
    watcher.notifies.clear()
    return count


def hears(reader: PostgresEventLog, writer: PostgresEventLog) -> bool:
    """Whether what one writes while the other waits is there at once."""
    follower = reader.follow(reader.heads())
    follower.poll(0.0)
    writing = Timer(0.1, writer.append, args=([record(text="news")],))
    writing.start()
    found = follower.poll(SECONDS_TO_WAIT)
    writing.join()
    follower.close()
    return texts(found) == ["news"]


def test_readers_and_writers_of_one_machine_need_no_notice(open_log, watcher, tmp_path):
    assert hears(open_log(tmp_path / "wake"), open_log(tmp_path / "wake"))
    assert notices(watcher) == 0


def test_a_reader_that_comes_while_all_others_are_of_one_machine_is_told_too(open_log, watcher, tmp_path):
    writer = open_log(tmp_path / "wake")
    assert hears(writer, writer)

    assert hears(open_log(None), writer)
    assert notices(watcher) == 1

    assert hears(writer, writer), "and when it is gone"
    assert notices(watcher) == 0


@pytest.mark.parametrize(("reads", "writes"), [("here", None), (None, None), ("here", "there")])
def test_who_can_not_be_woken_from_where_something_is_written_is_notified(open_log, watcher, tmp_path, reads, writes):
    reader, writer = (open_log(tmp_path / place if place else None) for place in (reads, writes))

    assert hears(reader, writer)
    assert notices(watcher) == 1


def test_a_reader_whose_ear_can_not_be_made_is_notified(open_log, watcher, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no room")

    writer = open_log(tmp_path / "wake")
    writer.append([record()])
    monkeypatch.setattr(Wakes, "ear", refuse)

    assert hears(open_log(tmp_path / "wake"), writer)
    assert notices(watcher) == 1


def test_a_folder_that_can_not_be_used_leaves_it_to_postgres(open_log, tmp_path):
    (tmp_path / "file").write_text("no folder")
    log = open_log(tmp_path / "file" / "wake")

    assert hears(log, log)


def test_an_owner_is_woken_by_inputs_of_its_partitions_only(open_log, watcher, tmp_path):
    writer, reader = open_log(tmp_path / "wake"), open_log(tmp_path / "wake")
    first, second = writer.own("first"), reader.own("second")
    owned: dict[int, set[int]] = {0: set(), 1: set()}

    def have_shared() -> bool:
        for number, session in enumerate((first, second)):
            change = session.assignment()
            owned[number] = (owned[number] | change.gained.keys()) - change.lost
        return bool(owned[0] and owned[1]) and len(owned[0] | owned[1]) == PARTITIONS

    eventually(have_shared, "two owners have shared the partitions")

    mine, others = (BY_PARTITION[min(owned[number])][0] for number in (0, 1))
    ear = first._ear
    assert ear is not None
    ear.heard()
    writer.append([record(others)])
    assert ear.heard().payloads == []
    writer.append([record(mine)])
    assert len(ear.heard().payloads) == 1
    assert notices(watcher) == 0
    second.close()
    first.close()


def test_an_owner_that_waits_is_woken(open_log, tmp_path):
    log = open_log(tmp_path / "wake")
    session = log.own("one")
    gains(session)
    session.assignment()
    session.wait(0.0)
    writing = Timer(0.1, log.append, args=([record()],))
    writing.start()
    began = monotonic()

    session.wait(SECONDS_TO_WAIT)

    assert monotonic() - began < SECONDS_TO_WAIT / 2
    writing.join()
    session.close()


def test_an_owner_that_can_not_join_leaves_no_ear_behind(open_log, tmp_path, monkeypatch):
    log = open_log(tmp_path / "wake")
    log.append([record()])

    def refuse(*_: object) -> None:
        raise Unavailable("it starts")

    monkeypatch.setattr(Listening, "_open", refuse)
    with pytest.raises(Unavailable):
        log.own("one")

    assert [each.name for each in Path(log._announcing.wakes._folder).iterdir()] == ["token"]


def test_what_nobody_is_told_of_is_found_by_looking(postgres_database, tmp_path, monkeypatch):
    install(postgres_database, PARTITIONS)
    log = PostgresEventLog(postgres_database, wakes=tmp_path / "wake")
    monkeypatch.setattr(Wakes, "tell", lambda *_: None)

    assert hears(log, log)
    log.close()
