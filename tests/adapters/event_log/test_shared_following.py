"""The shared reading is a log like every other; and what is its own: joining, leaving, outages, what can't be decoded."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest

from domain.errors import Unavailable, UnknownEvent
from domain.events.record import Kind, StoredRecord
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log.memory import MemoryEventLog
from infra.event_log.shared_following import SharedFollowing
from tests.adapters.event_log import kafka_logs, test_postgres
from tests.adapters.event_log.test_memory import TestMemoryEventLogWithGaps as MemoryWithGaps
from tests.conformance.event_log_suite import FollowingSuite
from tests.conformance.event_log_suite.asking import (
    HERE,
    PARTITIONS,
    PATIENCE,
    OpenLog,
    decision,
    eventually,
    gains,
    polled,
    record,
    texts,
)


@pytest.fixture(scope="module")
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """One that may be killed, and holds nothing of another module's."""
    server = EmbeddedPostgres(server_folder / "postgres-shared-away", die_with_parent=True)
    yield server
    server.stop()


WELL_OVER = 240.0
"""Seconds: so long that nobody is ever late by half of it."""
ALL = dict.fromkeys(range(PARTITIONS), -1)


class TestSharedFollowingInMemory(MemoryWithGaps):
    @pytest.fixture(params=[1_000, 0], ids=["joins at once", "begins by itself"])
    def open_log(self, request) -> Iterator[OpenLog]:
        log = SharedFollowing(MemoryEventLog(PARTITIONS, gaps=2, member_timeout=PATIENCE), near=request.param, rest=0.0)
        yield lambda: log
        log.close()


class TestSharedFollowingOnPostgres(FollowingSuite):
    @pytest.fixture
    def open_log(self, postgres_database) -> Iterator[OpenLog]:
        for open_log in test_postgres.opening(postgres_database):
            yield lambda open_log=open_log: SharedFollowing(open_log(), rest=0.0)


class TestSharedFollowingInAnOutageOfPostgres(test_postgres.TestPostgresOutage):
    @pytest.fixture
    def open_log(self, server) -> Iterator[OpenLog]:
        for open_log in test_postgres.opening(server.start()):
            yield lambda open_log=open_log: SharedFollowing(open_log(), rest=0.0)


@pytest.mark.kafka
class TestSharedFollowingOnKafka(FollowingSuite):
    @pytest.fixture
    def open_log(self, kafka, prefix) -> Iterator[OpenLog]:
        for open_log in kafka_logs.opening(kafka.url, prefix, kafka_logs.TIMEOUT):
            yield lambda open_log=open_log: SharedFollowing(open_log(), rest=0.0)


class CountingLog(MemoryEventLog):
    """Counts its followers and what each gave; `is_away` makes their polls fail, `unreadable` those that want that kind."""

    def __init__(self) -> None:
        super().__init__(PARTITIONS, member_timeout=PATIENCE)
        self.given: Counter[int] = Counter()
        self.opened = 0
        self.closed = 0
        self.is_away = False
        self.unreadable: Kind | None = None

    def follow(self, after, kinds=None):
        self.opened += 1
        return _Counted(self, super().follow(after, kinds), kinds)


class _Counted:
    def __init__(self, log: CountingLog, follower, kinds) -> None:
        self._log, self._follower, self._kinds = log, follower, kinds

    def poll(self, timeout: float, limit: int = 1000) -> list[StoredRecord]:
        if self._log.is_away:
            raise Unavailable("away")
        if self._log.unreadable is not None and (self._kinds is None or self._log.unreadable in self._kinds):
            raise UnknownEvent("newer than this program")
        found = self._follower.poll(timeout, limit)
        self._log.given.update(each.offset for each in found)
        return found

    def positions(self) -> Mapping[int, int]:
        return self._follower.positions()

    def seek(self, partition: int, after: int) -> None:
        self._follower.seek(partition, after)

    def close(self) -> None:
        self._log.closed += 1
        self._follower.close()


@pytest.fixture
def inner() -> Iterator[CountingLog]:
    log = CountingLog()
    yield log
    log.close()


@pytest.fixture
def shared(inner) -> Callable[..., SharedFollowing]:
    return lambda **settings: SharedFollowing(inner, **({"rest": 0.0} | settings))


def joined(follower) -> None:
    def shares() -> bool:
        assert follower.poll(0) == []
        return follower.is_sharing

    eventually(shares, "the follower shares the reading")


def append(log, *wanted: str) -> None:
    log.append([record(text=text) for text in wanted])


def test_what_several_want_is_read_once(inner, shared):
    log = shared()
    followers = [log.follow(ALL, ("fact",)), log.follow(ALL, ("fact", "command")), log.follow(ALL)]
    for follower in followers:
        joined(follower)
    inner.given.clear()

    append(log, "1", "2", "3")

    assert [texts(polled(each, 3)) for each in followers] == [["1", "2", "3"]] * 3
    assert set(inner.given.values()) == {1}
    assert inner.opened - inner.closed == 1


def test_each_is_given_only_the_kinds_it_wants_and_its_position_passes_over_the_others(shared):
    log = shared()
    facts, commands = log.follow(ALL, ("fact",)), log.follow(ALL, ("command",))
    joined(facts)
    joined(commands)

    log.append([record(text="fact"), record(kind="command", text="command"), record(text="fact again")])

    assert texts(polled(facts, 2)) == ["fact", "fact again"]
    assert texts(polled(commands, 1)) == ["command"]
    assert facts.positions() == commands.positions() == log.heads()


def test_one_that_wants_another_kind_joins_a_reading_that_is_under_way_and_misses_nothing(shared):
    log = shared()
    facts = log.follow(ALL, ("fact",))
    joined(facts)
    stop, heard = Signal(), []

    def follow_facts() -> None:
        while not stop.is_set():
            heard.extend(texts(facts.poll(0.05)))

    reader = Thread(target=follow_facts)
    reader.start()
    commands = log.follow(ALL, ("command",))
    found: list[str] = []
    for number in range(200):
        log.append([record(kind="command", text=str(number)), record(text=str(number))])
        found.extend(texts(commands.poll(0)))
    eventually(lambda: found.extend(texts(commands.poll(0.05))) or len(found) >= 200, "all commands are given")
    eventually(lambda: len(heard) >= 200, "all facts are given")
    stop.set()
    reader.join()

    assert found == heard == [str(number) for number in range(200)]
    joined(commands)


def test_one_far_behind_reads_by_itself_until_it_is_near(shared):
    log = shared(near=10)
    append(log, *map(str, range(100)))
    quick = log.follow(log.heads())
    joined(quick)
    behind = log.follow(ALL)

    first = behind.poll(0, limit=50)

    assert not behind.is_sharing
    append(log, "news")
    assert texts(polled(quick, 1)) == ["news"]
    rest = polled(behind, 51)
    assert texts([*first, *rest]) == [*map(str, range(100)), "news"]
    joined(behind)


def test_a_slow_one_loses_its_seat_and_no_record(inner, shared):
    log = shared(most_waiting=20, near=1_000)
    quick, slow = log.follow(ALL), log.follow(ALL)
    joined(quick)
    joined(slow)

    for start in range(0, 100, 10):
        append(log, *map(str, range(start, start + 10)))
        assert len(polled(quick, 10)) == 10

    assert slow._seat.count() == 0, "what it did not take is not kept"
    assert texts(polled(slow, 100)) == [str(number) for number in range(100)]
    joined(slow)


def test_one_that_is_sent_elsewhere_goes_alone_and_the_others_do_not_notice(shared):
    log = shared()
    stays, sent = log.follow(ALL), log.follow(ALL)
    append(log, "1", "2")
    polled(stays, 2)
    polled(sent, 2)

    sent.seek(HERE, -1)

    assert stays.poll(0) == []
    assert texts(polled(sent, 2)) == ["1", "2"]
    append(log, "3")
    assert [texts(polled(each, 1)) for each in (stays, sent)] == [["3"], ["3"]]


def test_an_outage_is_said_to_each_and_overcome_by_all(inner, shared):
    log = shared()
    followers = [log.follow(ALL), log.follow(ALL)]
    for follower in followers:
        joined(follower)
    inner.is_away = True

    for follower in followers:
        with pytest.raises(Unavailable):
            follower.poll(0.01)

    inner.is_away = False
    append(log, "after")
    assert [texts(polled(each, 1)) for each in followers] == [["after"], ["after"]]


def test_what_one_cannot_decode_holds_up_only_those_that_want_it(inner, shared):
    log = shared()
    facts, commands = log.follow(ALL, ("fact",)), log.follow(ALL, ("command",))
    joined(facts)
    joined(commands)
    inner.unreadable = "command"
    append(log, "goes on")

    with pytest.raises(UnknownEvent):
        commands.poll(0.1)
    assert texts(polled(facts, 1)) == ["goes on"]
    with pytest.raises(UnknownEvent):
        commands.poll(0.1)


def test_whoever_waits_reads_on_when_the_reader_leaves(shared):
    log = shared()
    leaves, waits = log.follow(ALL, ("command",)), log.follow(ALL, ("fact",))
    joined(leaves)
    joined(waits)
    reader = Thread(target=leaves.poll, args=(0.2,))
    reader.start()
    heard: list[str] = []
    waiter = Thread(target=lambda: heard.extend(texts(waits.poll(WELL_OVER))))
    waiter.start()
    reader.join()
    leaves.close()
    began = time.monotonic()

    append(log, "news")

    waiter.join()
    assert heard == ["news"]
    assert time.monotonic() - began < WELL_OVER / 2, "it is not the end of its time that woke it"


def test_the_last_one_closes_the_reading_and_a_new_one_begins_where_it_says(inner, shared):
    log = shared()
    append(log, "1", "2")
    for _ in range(2):
        follower = log.follow(ALL)
        assert texts(polled(follower, 2)) == ["1", "2"]
        follower.close()

    assert inner.opened == inner.closed


def test_one_that_is_dropped_without_a_word_keeps_nothing(shared):
    log = shared()
    follower, dropped = log.follow(ALL), log.follow(ALL)
    joined(follower)
    joined(dropped)
    reading = follower._reading

    del dropped
    gc.collect()

    assert len(reading._seats) == 1


def test_many_threads_each_get_everything_in_order(shared):
    log = shared(most_waiting=50)
    wanted = [str(number) for number in range(600)]
    heard: list[list[str]] = [[] for _ in range(4)]
    followers = [log.follow(ALL) for _ in heard]

    def follow(place: int) -> None:
        while len(heard[place]) < len(wanted):
            heard[place].extend(texts(followers[place].poll(1.0, limit=7 * (place + 1))))

    threads = [Thread(target=follow, args=(place,), daemon=True) for place in range(len(heard))]
    for thread in threads:
        thread.start()
    for text in wanted:
        append(log, text)
    for thread in threads:
        thread.join(WELL_OVER)

    assert heard == [wanted] * len(heard)


def test_decisions_reach_all_that_want_them(shared):
    log = shared()
    followers = [log.follow(ALL, ("decision",)) for _ in range(2)]
    for follower in followers:
        joined(follower)
    session = log.own("decider")
    gains(session)

    session.commit(HERE, [decision("decided")], b"cursor")

    assert [texts(polled(each, 1)) for each in followers] == [["decided"], ["decided"]]
    session.close()


@pytest.fixture
def on_postgres(postgres_database) -> Iterator[SharedFollowing]:
    for open_log in test_postgres.opening(postgres_database):
        yield SharedFollowing(open_log(), most_waiting=100, rest=0.0)


def test_threads_that_share_on_postgres_lose_and_repeat_nothing(on_postgres):
    wanted = [str(number) for number in range(600)]
    heard: list[list[str]] = [[] for _ in range(3)]
    followers = [on_postgres.follow(ALL, ("fact",)) for _ in heard]
    stop = Signal()

    def follow(place: int) -> None:
        while not stop.is_set():
            heard[place].extend(texts(followers[place].poll(0.2, limit=10 * (place + 1))))

    threads = [Thread(target=follow, args=(place,)) for place in range(len(heard))]
    for thread in threads:
        thread.start()
    for start in range(0, len(wanted), 20):
        append(on_postgres, *wanted[start : start + 20])
    eventually(lambda: all(len(each) >= len(wanted) for each in heard), "each has as many as were written")
    stop.set()
    for thread in threads:
        thread.join()
    for follower in followers:
        follower.close()

    assert heard == [wanted] * len(heard)
