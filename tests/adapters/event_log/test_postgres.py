from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import psycopg2
import pytest

from domain.errors import Conflict, Invalid, Unavailable
from domain.events.partitioning import partition_of
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log import postgres_decider
from infra.event_log.postgres import PostgresEventLog, install
from infra.event_log.postgres_follower import GATHERING_SECONDS, PostgresFollower
from tests.adapters.event_log.killed_process import kill_when_begun
from tests.conformance.event_log_suite import EventLogSuite, OutageSuite
from tests.conformance.event_log_suite.asking import (
    ELSEWHERE,
    HERE,
    PARTITIONS,
    PATIENCE,
    OpenLog,
    eventually,
    everything,
    record,
    texts,
)

# What a commit does up to the moment before it is durable.
_BEGINS_TO_COMMIT = """
import sys, time
import psycopg2
from infra.event_log.postgres import PostgresEventLog
from infra.event_log.postgres_statements import Batch
from tests.conformance.event_log_suite.asking import HERE, PARTITIONS, decision, gains

session = PostgresEventLog(sys.argv[1]).own("killed")
gains(session)
connection = psycopg2.connect(sys.argv[1])
cursor = connection.cursor()
owner = (HERE, session._membership.number, session._membership.epochs[HERE], b"half done")
cursor.execute("select event_log.move_cursor(%s, %s, %s, %s)", owner)
batch = Batch([decision("half done")], PARTITIONS)
cursor.execute(
    "select event_log.append(%s::int[],%s::int[],%s::int[],%s::int[],%s::text[],%s::text[],%s::text[],%s::bigint[],"
    "%s::int[],%s::int[],%s)", batch.arguments)
print("begun", flush=True)
time.sleep(600)
"""


def opening(url: str, wakes: Path | None = None) -> Iterator[OpenLog]:
    install(url, PARTITIONS)
    opened: list[PostgresEventLog] = []

    def open_log() -> PostgresEventLog:
        opened.append(PostgresEventLog(url, member_timeout=PATIENCE, wakes=wakes))
        return opened[-1]

    yield open_log
    for log in opened:
        log.close()


class TestPostgresEventLog(EventLogSuite):
    @pytest.fixture
    def open_log(self, postgres_database: str) -> Iterator[OpenLog]:
        yield from opening(postgres_database)

    @pytest.fixture
    def killed_owner(self, open_log: OpenLog, postgres_database: str) -> Callable[[], None]:
        return lambda: kill_when_begun(_BEGINS_TO_COMMIT, postgres_database)


class TestPostgresEventLogOfOneMachine(EventLogSuite):
    """Whose readers are woken past Postgres."""

    @pytest.fixture
    def open_log(self, postgres_database: str, tmp_path: Path) -> Iterator[OpenLog]:
        yield from opening(postgres_database, tmp_path / "wake")

    @pytest.fixture
    def killed_owner(self, open_log: OpenLog, postgres_database: str) -> Callable[[], None]:
        return lambda: kill_when_begun(_BEGINS_TO_COMMIT, postgres_database)


@pytest.fixture(scope="module")
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(server_folder / "postgres-away", die_with_parent=True)
    yield server
    server.stop()


class TestPostgresOutage(OutageSuite):
    @pytest.fixture
    def open_log(self, server: EmbeddedPostgres) -> Iterator[OpenLog]:
        yield from opening(server.start())

    @pytest.fixture
    def server_away(self, server: EmbeddedPostgres) -> Callable[[], None]:
        return server.kill

    @pytest.fixture
    def server_back(self, server: EmbeddedPostgres) -> Callable[[], object]:
        return server.start


def test_installing_again_changes_nothing(postgres_database):
    install(postgres_database, 3)
    log = PostgresEventLog(postgres_database)
    log.append([record()])

    install(postgres_database, 3)

    assert log.partitions == 3
    assert sum(head + 1 for head in log.heads().values()) == 1
    log.close()


def test_the_number_of_partitions_never_changes(postgres_database):
    install(postgres_database, 3)

    with pytest.raises(Conflict, match="3 partitions"):
        install(postgres_database, 4)


def test_a_log_without_partitions_is_refused(postgres_database):
    with pytest.raises(Invalid):
        install(postgres_database, 0)


def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(Unavailable):
        PostgresEventLog(f"host={tmp_path} dbname=none").append([record()])


def test_a_number_taken_but_not_committed_holds_back_the_next_one(postgres_database):
    """Else a reader could see the second number first and never come back for the first."""
    install(postgres_database, PARTITIONS)
    log = PostgresEventLog(postgres_database)
    slow = psycopg2.connect(postgres_database)
    with slow.cursor() as cursor:
        cursor.execute("update event_log.heads set head = head + 1 where partition = %s returning head", (HERE,))
    second = Thread(target=log.append, args=([record(text="second")],))
    second.start()
    watcher = psycopg2.connect(postgres_database)
    watcher.autocommit = True

    def waits() -> bool:
        with watcher.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            return bool(cursor.fetchall()[0][0])

    eventually(waits, "the second append waits for the first")
    assert everything(log) == []
    slow.rollback()
    second.join()

    assert texts(everything(log)) == ["second"]
    assert log.heads()[HERE] == 0
    for connection in (slow, watcher):
        connection.close()
    log.close()


def test_who_follows_some_partitions_is_not_woken_by_every_append_to_others(postgres_database, monkeypatch):
    install(postgres_database, PARTITIONS)
    log, writer = PostgresEventLog(postgres_database), PostgresEventLog(postgres_database)
    looks = []
    hear = PostgresFollower._hear
    monkeypatch.setattr(PostgresFollower, "_hear", lambda self, connection: (looks.append(1), hear(self, connection)))
    follower = log.follow({partition_of(ELSEWHERE, PARTITIONS): -1})
    assert follower.poll(0.0) == []
    looks.clear()

    def write() -> None:
        for number in range(200):
            writer.append([record(text=str(number))])
        writer.append([record(ELSEWHERE, text="ours")])

    writing = Thread(target=write)
    began = monotonic()
    writing.start()
    found = follower.poll(300.0)
    writing.join()

    assert texts(found) == ["ours"]
    assert len(looks) <= (monotonic() - began) / GATHERING_SECONDS + 10
    for each in (follower, log, writer):
        each.close()


def test_of_several_owners_each_looks_more_seldom_and_who_sees_that_one_was_killed_tells_the_others(
    postgres_database, monkeypatch
):
    monkeypatch.setattr(postgres_decider, "_SECONDS_BETWEEN_LOOKS", 100.0)
    monkeypatch.setattr(postgres_decider, "_LONGEST_BETWEEN_LOOKS", 1000.0)
    install(postgres_database, 8)
    log = PostgresEventLog(postgres_database)
    sessions = [log.own(str(number)) for number in range(4)]

    def held() -> list[int]:
        for session in sessions:
            session.assignment()
        return [len(session._membership.epochs) for session in sessions]

    eventually(lambda: held() == [2, 2, 2, 2], "four owners have two partitions each")
    for _ in range(10):  # until all have heard what they told each other
        sleep(0.02)
        held()
    assert all(session._next_look - monotonic() > 300.0 for session in sessions)
    sessions.pop()._listening.drop()

    def others_have_it() -> bool:
        sessions[-1]._next_look = 0.0  # the only one that looks by itself; it gets nothing of it
        return sum(held()) == 8

    eventually(others_have_it, "the others have what it had")

    for each in (*sessions, log):
        each.close()


def test_a_single_owner_looks_around_as_often_as_before(postgres_database, monkeypatch):
    monkeypatch.setattr(postgres_decider, "_SECONDS_BETWEEN_LOOKS", 100.0)
    monkeypatch.setattr(postgres_decider, "_LONGEST_BETWEEN_LOOKS", 1000.0)
    install(postgres_database, 8)
    log = PostgresEventLog(postgres_database)
    session = log.own("one")

    session.assignment()

    assert session._next_look - monotonic() <= 100.0
    for each in (session, log):
        each.close()
