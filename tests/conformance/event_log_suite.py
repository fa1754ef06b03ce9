"""What every event log must do. An adapter binds it by a subclass with an `open_log` fixture; no adapter may skip a case.

`open_log()` gives another client of the test's own, empty log of PARTITIONS partitions; members that were not heard of for PATIENCE
seconds lose their partitions. What becomes visible a moment after it is durable (Kafka's transactions) is awaited, never assumed.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from threading import Event as Signal
from threading import Thread
from typing import TypeVar

import pytest

from domain.errors import Fenced, Invalid, Unavailable, UnknownEvent
from domain.events.partitioning import partition_of
from domain.events.record import OUTPUT_KINDS, Kind, Position, Record, StoredRecord
from domain.events.versions import version_of
from domain.ports.event_log import DeciderSession, EventLog

PARTITIONS = 4
PATIENCE = 1.5
SECONDS_TO_WAIT = 20.0

ORGS = [f"0192fc2e-0000-7000-8000-{number:012d}" for number in range(24)]
BY_PARTITION: dict[int, list[str]] = defaultdict(list)
for _org in ORGS:
    BY_PARTITION[partition_of(_org, PARTITIONS)].append(_org)
HERE = 0  # the partition of ORG and NEIGHBOUR
ORG, NEIGHBOUR = BY_PARTITION[HERE][:2]
ELSEWHERE = BY_PARTITION[1][0]

T = TypeVar("T")
OpenLog = Callable[[], EventLog]


def record(org: str = ORG, kind: Kind = "fact", text: str = "hi", cause: Position | None = None) -> Record:
    event = {
        "type": "message_received",
        "version": 1,
        "id": "0192fc2e-6d9c-7bd5-8f5c-000000000000",
        "data": {"text": text},
    }
    return Record(org, kind, (event,), 1_790_000_000_000_000, "test", cause)


def decision(text: str, org: str = ORG) -> Record:
    return record(org, "decision", text, Position(HERE, 0, 0))


def texts(records: Iterable[StoredRecord]) -> list[str]:
    return [event["data"]["text"] for stored in records for event in stored.record.events]


def eventually(ask: Callable[[], T], what: str) -> T:
    """The first answer that is true. Fails after SECONDS_TO_WAIT; an outage meanwhile is waited for."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            answer = ask()
        except Unavailable:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not in {SECONDS_TO_WAIT} seconds: {what}"
        time.sleep(0.005)


def gains(session: DeciderSession, wanted: Iterable[int] = range(PARTITIONS)) -> dict[int, bytes]:
    """What the session gains until it has gained all that is wanted."""
    gained: dict[int, bytes] = {}

    def all_there() -> bool:
        gained.update(session.assignment().gained)
        return gained.keys() >= set(wanted)

    eventually(all_there, f"the session gains {set(wanted)}")
    return gained


def everything(log: EventLog, partition: int = HERE, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
    return log.read(partition, -1, 100_000, kinds)


def shown(log: EventLog, count: int, partition: int = HERE, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
    """All records of the partition as soon as there are so many."""

    def enough() -> list[StoredRecord]:
        found = everything(log, partition, kinds)
        return found if len(found) >= count else []

    return eventually(enough, f"{count} records are visible in partition {partition}")


def polled(follower, count: int) -> list[StoredRecord]:
    found: list[StoredRecord] = []

    def enough() -> bool:
        found.extend(follower.poll(0.2))
        return len(found) >= count

    eventually(enough, f"{count} records are given")
    return found


def inputs_of(session: DeciderSession, after: int = -1, count: int = 1, **wanted) -> list[StoredRecord]:
    """Inputs read slice by slice until there are so many; checks that the reader always moves forward."""
    found: list[StoredRecord] = []
    looked = after

    def enough() -> bool:
        nonlocal looked
        records, reached = session.read(HERE, looked, 100, **wanted)
        assert reached >= looked
        assert all(looked < each.offset <= reached for each in records)
        found.extend(records)
        looked = reached
        if len(found) < count:
            session.wait(0.05)
        return len(found) >= count

    eventually(enough, f"{count} inputs are read")
    return found


class FollowingSuite:
    """The part of it that followers keep."""

    @pytest.fixture
    def open_log(self) -> OpenLog:
        raise NotImplementedError("bind the suite to an adapter: override the fixture `open_log`")

    @pytest.fixture
    def log(self, open_log: OpenLog) -> EventLog:
        return open_log()

    def test_a_follower_gives_what_is_there_and_then_what_comes(self, log):
        log.append([record(text="1"), record(ELSEWHERE, text="other")])
        follower = log.follow({HERE: -1})

        assert texts(polled(follower, 1)) == ["1"]
        log.append([record(text="2")])
        assert texts(polled(follower, 1)) == ["2"]
        follower.close()

    def test_a_follower_starts_after_the_offset_it_is_given(self, log):
        positions = log.append([record(text=str(number)) for number in range(5)])
        follower = log.follow({HERE: positions[2].offset})

        assert texts(polled(follower, 2)) == ["3", "4"]
        follower.close()

    def test_a_poll_is_woken_by_a_record(self, log):
        follower = log.follow({HERE: -1, 1: -1})
        follower.poll(0)
        began = time.monotonic()
        writer = Thread(target=log.append, args=([record(text="news")],))
        writer.start()

        found = follower.poll(SECONDS_TO_WAIT)

        assert texts(found) == ["news"]
        assert time.monotonic() - began < SECONDS_TO_WAIT / 2
        writer.join()
        follower.close()

    def test_a_poll_ends_when_its_time_is_over(self, log):
        follower = log.follow(dict.fromkeys(range(PARTITIONS), -1))

        assert follower.poll(0.02) == []
        follower.close()

    def test_a_follower_of_some_kinds_passes_over_the_others_and_says_so(self, log):
        log.append([record(kind=kind, text=kind) for kind in ("report", "fact", "report")])
        follower = log.follow({HERE: -1}, ("fact",))

        assert texts(polled(follower, 1)) == ["fact"]

        eventually(
            lambda: not follower.poll(0.01) and follower.positions()[HERE] >= log.heads()[HERE],
            "the follower's position reaches the head, whose record it does not want",
        )
        log.append([record(text="next")])
        assert texts(polled(follower, 1)) == ["next"]
        follower.close()

    def test_positions_are_those_of_the_records_given(self, log):
        positions = log.append([record(text=str(number)) for number in range(6)])
        follower = log.follow({HERE: -1})

        given = eventually(lambda: follower.poll(0.2, limit=2), "two records")

        assert texts(given) == ["0", "1"]
        assert follower.positions()[HERE] == positions[1].offset
        follower.close()

    def test_a_poll_gives_no_more_than_its_limit_and_loses_nothing(self, log):
        log.append([record(org, text=org) for org in ORGS])
        follower = log.follow(dict.fromkeys(range(PARTITIONS), -1))
        found: list[StoredRecord] = []

        def all_given() -> bool:
            page = follower.poll(0.2, limit=5)
            assert len(page) <= 5
            found.extend(page)
            return len(found) >= len(ORGS)

        eventually(all_given, "all records are given")
        assert sorted(texts(found)) == sorted(ORGS)
        follower.close()

    def test_a_follower_goes_on_where_it_is_sent(self, log):
        positions = log.append([record(text=str(number)) for number in range(5)])
        follower = log.follow({HERE: -1})
        polled(follower, 5)

        follower.seek(HERE, positions[1].offset)
        assert texts(polled(follower, 3)) == ["2", "3", "4"]
        follower.seek(HERE, -1)
        assert follower.positions()[HERE] == -1
        assert len(polled(follower, 5)) == 5
        follower.close()

    def test_a_busy_partition_does_not_keep_the_others_waiting(self, log):
        log.append([record(text=str(number)) for number in range(300)])
        log.append([record(ELSEWHERE, text="quiet")])
        follower = log.follow({HERE: -1, 1: -1})

        pages = [follower.poll(1.0, limit=50) for _ in range(5)]

        assert "quiet" in [text for page in pages for text in texts(page)]
        follower.close()


class EventLogSuite(FollowingSuite):
    @pytest.fixture
    def killed_owner(self) -> Callable[[], None]:
        """Has a process become the owner of everything, begin to commit a decision "half done" in HERE, and be killed in it."""
        raise NotImplementedError("bind the suite to an adapter: override the fixture `killed_owner`")

    # ---- appending and reading -----------------------------------------------------------------------------------------------

    def test_a_record_comes_back_as_it_was_appended(self, log):
        event = {
            "type": "contact_created",
            "version": version_of("contact_created"),
            "id": "x",
            "of": "y",
            "n": 3,
            "data": {"a": [1, None, "ü\u2028🎈\\\"'"], "b": 1.5},
        }
        given = Record(ORG, "fact", (event, event), 1_790_000_000_123_456, 'door:"EX"', None)

        (position,) = log.append([given])

        assert everything(log) == [StoredRecord(HERE, position.offset, given)]
        assert position.partition == HERE

    def test_an_event_of_a_newer_program_stops_every_reader_and_is_never_skipped(self, log):
        log.append([record(text="known")])
        newer = record()
        newer.events[0]["version"] = version_of("message_received") + 1
        log.append([newer])
        log.append([record(text="beyond")])

        session = log.own("a")
        gains(session)
        follower = log.follow({HERE: -1})
        given: list[str] = []
        for _ in range(3):
            with pytest.raises(UnknownEvent, match="message_received version"):
                for _ in range(50):
                    given += texts(follower.poll(0.2))
            with pytest.raises(UnknownEvent, match="upgrade"):
                eventually(lambda: session.read(HERE, -1, 100) and False, "the newer input is met")
            with pytest.raises(UnknownEvent):
                everything(log)
        assert "beyond" not in given
        assert follower.positions()[HERE] < log.heads()[HERE] - 1
        follower.close()
        session.close()

    def test_a_big_record_is_taken(self, log):
        log.append([record(text="x" * 3_000_000)])

        assert len(texts(everything(log))[0]) == 3_000_000

    def test_no_records_are_no_work(self, log):
        assert log.append([]) == []

    @pytest.mark.parametrize("kind", sorted(OUTPUT_KINDS))
    def test_decisions_are_not_appended(self, log, kind):
        with pytest.raises(Invalid) as refusal:
            log.append([record(), record(kind=kind)])

        assert refusal.value.field == "kind"
        assert everything(log) == []

    def test_a_record_without_events_is_refused(self, log):
        with pytest.raises(Invalid):
            log.append([Record(ORG, "fact", (), 0, "test")])

    def test_an_event_that_is_not_json_is_refused_and_nothing_is_written(self, log):
        with pytest.raises(Invalid):
            log.append([record(), Record(ORG, "fact", ({"data": object()},), 0, "test")])

        assert everything(log) == []

    def test_records_keep_their_order_within_a_call_and_from_call_to_call(self, log):
        orgs = [ORG, ELSEWHERE, NEIGHBOUR, ORG, ELSEWHERE, ORG]
        for call in range(10):
            log.append([record(org, text=f"{call}.{place}") for place, org in enumerate(orgs)])

        here = everything(log)

        assert texts(here) == [f"{call}.{place}" for call in range(10) for place in (0, 2, 3, 5)]
        assert [each.offset for each in here] == sorted({each.offset for each in here})

    def test_positions_say_where_each_record_stands(self, log):
        log.append([record(text="before")])
        given = [record(org, text=f"n{number}") for number, org in enumerate(ORGS)]

        positions = log.append(given)

        found = [log.read(position.partition, position.offset - 1, 1)[0] for position in positions]
        assert [each.record for each in found] == given
        assert [(each.partition, each.offset) for each in found] == [position[:2] for position in positions]

    def test_every_organization_has_its_partition(self, log):
        log.append([record(org) for org in ORGS])

        for partition in range(PARTITIONS):
            assert [each.record.org for each in everything(log, partition)] == BY_PARTITION[partition]

    def test_a_reader_gets_only_the_kinds_it_wants(self, log):
        log.append([record(kind=kind, text=kind) for kind in ("fact", "report", "command", "report")])

        assert texts(everything(log, kinds=("report",))) == ["report", "report"]
        assert texts(everything(log, kinds=("command", "fact"))) == ["fact", "command"]
        assert texts(log.read(HERE, -1, 1, ("command",))) == ["command"]

    def test_reading_in_pages_gives_each_record_once(self, log):
        log.append([record(text=str(number)) for number in range(25)])

        found: list[StoredRecord] = []
        while page := log.read(HERE, found[-1].offset if found else -1, 4):
            assert len(page) <= 4
            found += page

        assert texts(found) == [str(number) for number in range(25)]

    def test_an_empty_partition_has_nothing_to_read_and_no_head(self, log):
        assert everything(log) == []
        assert log.heads() == dict.fromkeys(range(PARTITIONS), -1)

    def test_heads_are_the_last_records_to_be_seen(self, log):
        positions = log.append([record(text="1"), record(text="2"), record(ELSEWHERE)])

        assert log.heads() == {0: positions[1].offset, 1: positions[2].offset, 2: -1, 3: -1}

    def test_heads_pass_over_what_is_no_record(self, log):
        session = log.own("a")
        gains(session)
        session.commit(HERE, [decision("1"), decision("2")], b"c")

        last = shown(log, 2)[-1]

        eventually(lambda: log.heads()[HERE] == last.offset, "the head is the last decision")
        session.close()

    def test_a_closed_log_is_unavailable(self, open_log):
        log = open_log()
        log.append([record()])
        log.close()

        with pytest.raises(Unavailable):
            log.append([record()])

    def test_many_threads_append_and_no_reader_ever_steps_past_a_record(self, log):
        """The trap: a number taken early and committed late is missed by a reader that has seen a higher one."""
        calls, threads = 30, 6
        done = Signal()
        seen: list[StoredRecord] = []

        def read_on() -> None:
            after = -1
            while True:
                last_round = done.is_set()
                found = log.read(HERE, after, 7)
                seen.extend(found)
                after = found[-1].offset if found else after
                if last_round and not found:
                    return

        def append_on(thread: int) -> None:
            for call in range(calls):
                log.append([record(org, text=f"{thread}.{call}") for org in (ELSEWHERE, ORG, NEIGHBOUR)])

        reader = Thread(target=read_on)
        writers = [Thread(target=append_on, args=(number,)) for number in range(threads)]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()

        assert [each.offset for each in seen] == sorted({each.offset for each in seen})
        assert Counter(texts(seen)) == Counter(
            {f"{thread}.{call}": 2 for thread in range(threads) for call in range(calls)}
        )
        for thread in range(threads):
            own = [text for text in texts(seen) if text.startswith(f"{thread}.")]
            assert own == [f"{thread}.{call}" for call in range(calls) for _ in range(2)]

    def test_one_partition_after_the_other_is_looked_at_without_waiting(self, log):
        log.append([record(org) for org in ORGS])
        log.heads()
        began = time.monotonic()

        for _ in range(3):
            log.heads()
            for partition in range(PARTITIONS):
                assert len(everything(log, partition)) == len(BY_PARTITION[partition])

        assert time.monotonic() - began < 3

    # ---- owning --------------------------------------------------------------------------------------------------------------

    def test_a_lone_member_owns_everything_and_finds_no_cursor(self, log):
        session = log.own("a")

        assert gains(session) == dict.fromkeys(range(PARTITIONS), b"")
        assert log.cursors() == {}
        session.close()

    def test_outputs_and_cursor_are_committed_together(self, log):
        (question,) = log.append([record(text="question")])
        session = log.own("a")
        gains(session)
        answer = record(kind="decision", text="answer", cause=question)
        settings = record(NEIGHBOUR, "configuration", "settings", cause=Position(HERE, 7, 2))

        positions = session.commit(HERE, [answer, settings], b"cursor")

        found = shown(log, 2, kinds=OUTPUT_KINDS)
        assert [each.record for each in found] == [answer, settings]
        assert [each.offset for each in found] == [position.offset for position in positions]
        assert {position.partition for position in positions} == {HERE}
        assert log.cursors() == {HERE: b"cursor"}
        session.close()

    def test_a_cursor_moves_alone_and_may_be_big(self, log):
        session = log.own("a")
        gains(session)
        cursor = bytes(range(256)) * 400

        assert session.commit(HERE, [], b"small") == []
        assert session.commit(HERE, [], cursor) == []

        assert log.cursors() == {HERE: cursor}
        assert everything(log) == []
        session.close()

    def test_the_next_owner_finds_the_last_cursor_and_every_decision(self, open_log):
        first = open_log()
        session = first.own("a")
        gains(session)
        for number in range(20):
            session.commit(HERE, [decision(str(number))], b"%d" % number)
        session.close()

        second = open_log()
        successor = second.own("b")

        assert gains(successor)[HERE] == b"19"
        assert texts(everything(second)) == [str(number) for number in range(20)]
        successor.close()

    def test_a_decider_commits_decisions_of_its_partition_only(self, log):
        session = log.own("a")
        gains(session)

        with pytest.raises(Invalid):
            session.commit(HERE, [decision("1"), record(kind="fact")], b"c")
        with pytest.raises(Invalid):
            session.commit(HERE, [decision("1", ELSEWHERE)], b"c")
        with pytest.raises(Invalid):
            session.commit(HERE, [decision("1"), Record(ORG, "decision", ({"data": object()},), 0, "test")], b"c")

        session.commit(HERE, [decision("good")], b"d")
        assert texts(shown(log, 1)) == ["good"]
        assert log.cursors() == {HERE: b"d"}
        session.close()

    def test_commits_become_visible_whole(self, log):
        size = 50
        session = log.own("a")
        gains(session)
        done = Signal()
        counted: list[int] = []

        def count_on() -> None:
            while not done.is_set():
                counted.append(len(everything(log, kinds=OUTPUT_KINDS)))

        reader = Thread(target=count_on)
        reader.start()
        for number in range(15):
            session.commit(
                HERE, [decision(f"{number}.{place}", (ORG, NEIGHBOUR)[place % 2]) for place in range(size)], b"c"
            )
            log.append([record()])
        done.set()
        reader.join()

        assert {count % size for count in counted} == {0}
        assert len(shown(log, 15 * size, kinds=OUTPUT_KINDS)) == 15 * size
        session.close()

    # ---- a decider's reading -------------------------------------------------------------------------------------------------

    def test_a_decider_reads_inputs_only_and_learns_how_far_it_looked(self, log):
        session = log.own("a")
        gains(session)
        session.commit(HERE, [decision("d")], b"c")
        positions = log.append(
            [record(kind=kind, text=kind) for kind in ("report", "fact", "report", "command", "report")]
        )

        found = inputs_of(session, count=2)

        assert texts(found) == ["fact", "command"]
        eventually(
            lambda: session.read(HERE, found[-1].offset, 10) == ([], positions[-1].offset),
            "the reader moves on past the report at the end",
        )
        session.close()

    def test_a_decider_reads_no_more_than_it_asks_for(self, log):
        positions = log.append([record(text=str(number)) for number in range(10)])
        session = log.own("a")
        gains(session)
        inputs_of(session, count=10)

        records, looked = session.read(HERE, -1, 3)

        assert texts(records) == ["0", "1", "2"]
        assert looked == positions[2].offset
        again, _ = session.read(HERE, looked, 3)
        assert texts(again) == ["3", "4", "5"]
        session.close()

    def test_a_decider_reads_one_organization_up_to_an_offset(self, log):
        given = [record((ORG, NEIGHBOUR)[number % 2], text=str(number)) for number in range(40)]
        positions = log.append(given)
        session = log.own("a")
        gains(session)
        inputs_of(session, count=40)

        found = inputs_of(session, positions[3].offset, 8, org=ORG, until=positions[19].offset)

        assert texts(found) == ["4", "6", "8", "10", "12", "14", "16", "18"]
        assert session.read(HERE, positions[18].offset, 10, org=ORG, until=positions[19].offset) == (
            [],
            positions[19].offset,
        )
        assert session.read(HERE, positions[30].offset, 10, until=positions[19].offset) == ([], positions[30].offset)
        session.close()

    def test_slices_of_several_organizations_and_the_head_do_not_disturb_each_other(self, log):
        log.append([record((ORG, NEIGHBOUR)[number % 2], text=str(number)) for number in range(60)])
        session = log.own("a")
        gains(session)
        found: dict[str | None, list[StoredRecord]] = {ORG: [], NEIGHBOUR: [], None: []}
        looked: dict[str | None, int] = dict.fromkeys(found, -1)

        def all_read() -> bool:
            for org in found:
                records, looked[org] = session.read(HERE, looked[org], 4, org=org)
                found[org] += records
            session.wait(0.01)
            return len(found[None]) >= 60 and len(found[ORG]) >= 30 and len(found[NEIGHBOUR]) >= 30

        eventually(all_read, "everything is read")
        assert texts(found[None]) == [str(number) for number in range(60)]
        assert texts(found[ORG]) == [str(number) for number in range(0, 60, 2)]
        assert texts(found[NEIGHBOUR]) == [str(number) for number in range(1, 60, 2)]
        session.close()

    def test_waiting_ends_when_an_input_comes(self, log):
        session = log.own("a")
        gains(session)
        for _ in range(3):
            session.read(HERE, -1, 10)
            session.wait(0.02)
        began = time.monotonic()
        writer = Thread(target=log.append, args=([record(text="news")],))
        writer.start()

        session.wait(SECONDS_TO_WAIT)

        assert time.monotonic() - began < SECONDS_TO_WAIT / 2
        assert texts(inputs_of(session)) == ["news"]
        writer.join()
        session.close()

    # ---- the group -----------------------------------------------------------------------------------------------------------

    def test_members_share_the_partitions_and_take_over_from_one_that_leaves(self, open_log):
        one, other = open_log().own("one"), open_log().own("other")
        held: dict[str, dict[int, bytes]] = {"one": {}, "other": {}}

        def look(name: str, session: DeciderSession) -> None:
            change = session.assignment()
            for partition in change.lost:
                del held[name][partition]
            held[name].update(change.gained)

        def shared() -> bool:
            look("one", one)
            look("other", other)
            return [len(parts) for parts in held.values()] == [PARTITIONS // 2] * 2

        eventually(shared, "both own half of the partitions")
        assert held["one"].keys() | held["other"].keys() == set(range(PARTITIONS))
        theirs = next(iter(held["other"]))
        org = BY_PARTITION[theirs][0]
        other.commit(theirs, [decision("of the other", org)], b"other's")
        other.close()

        def all_mine() -> bool:
            look("one", one)
            return len(held["one"]) == PARTITIONS

        eventually(all_mine, "the one that stays owns everything")
        assert held["one"][theirs] == b"other's"
        one.commit(theirs, [decision("of the one", org)], b"one's")
        one.close()

    def test_what_is_not_owned_is_not_committed(self, log):
        session = log.own("a")

        with pytest.raises(Fenced):
            session.commit(HERE, [decision("never")], b"never")

        assert everything(log) == []
        session.close()

    def test_an_owner_that_slept_through_its_replacement_is_fenced(self, open_log):
        log = open_log()
        sleeper = open_log().own("sleeper")
        gains(sleeper)
        sleeper.commit(HERE, [decision("before")], b"before")
        successor = log.own("successor")

        # The sleeper looks at nothing any more, but it does not know that it was replaced.
        assert gains(successor)[HERE] == b"before"
        with pytest.raises(Fenced):
            sleeper.commit(HERE, [decision("late")], b"late")
        with pytest.raises(Fenced):
            sleeper.commit(HERE, [], b"late")
        successor.commit(HERE, [decision("after")], b"after")

        assert texts(shown(log, 2)) == ["before", "after"]
        assert log.cursors()[HERE] == b"after"
        successor.close()
        sleeper.close()

    def test_an_owner_that_slept_comes_back_when_the_other_leaves(self, open_log):
        sleeper = open_log().own("sleeper")
        gains(sleeper)
        successor = open_log().own("successor")
        gains(successor)
        successor.commit(HERE, [decision("meanwhile")], b"meanwhile")
        held: dict[int, bytes] = {}
        lost: set[int] = set()

        def looks(wanted: Callable[[], bool]) -> bool:
            change = sleeper.assignment()
            lost.update(change.lost)
            for partition in change.lost:
                held.pop(partition, None)
            held.update(change.gained)
            return wanted()

        eventually(lambda: looks(lambda: lost == set(range(PARTITIONS))), "the sleeper learns of its loss")
        successor.close()

        eventually(lambda: looks(lambda: held.keys() == set(range(PARTITIONS))), "the sleeper owns everything again")
        assert held[HERE] == b"meanwhile"
        sleeper.commit(HERE, [decision("again")], b"again")
        sleeper.close()

    def test_what_a_killed_owner_had_begun_is_gone_and_holds_nobody_up(self, open_log, killed_owner):
        log = open_log()
        log.append([record(text="before")])
        killed_owner()
        log.append([record(text="after")])

        successor = log.own("successor")

        assert gains(successor)[HERE] == b""
        assert texts(everything(log)) == ["before", "after"]
        successor.commit(HERE, [decision("done")], b"done")
        assert texts(shown(log, 3)) == ["before", "after", "done"]
        successor.close()


class OutageSuite:
    """For adapters whose server can go away. `server_away` kills it, `server_back` starts it again."""

    @pytest.fixture
    def server_away(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def server_back(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def open_log(self) -> OpenLog:
        raise NotImplementedError

    def test_an_outage_is_said_and_overcome_by_everything_that_was_open(self, open_log, server_away, server_back):
        log = open_log()
        log.append([record(text="before")])
        follower = log.follow({HERE: -1})
        assert texts(polled(follower, 1)) == ["before"]
        session = log.own("a")
        gains(session)
        session.commit(HERE, [decision("decided before")], b"before")
        assert texts(polled(follower, 1)) == ["decided before"]

        server_away()
        with pytest.raises(Unavailable):
            log.append([record(text="lost or doubled")])
        with pytest.raises(Unavailable):
            log.read(HERE, -1, 10)
        with pytest.raises(Unavailable):
            log.heads()
        with pytest.raises((Unavailable, Fenced)):
            session.commit(HERE, [decision("never")], b"never")
        server_back()

        eventually(lambda: log.append([record(text="after")]), "the log takes records again")
        assert gains(session, [HERE])[HERE] == b"before"
        session.commit(HERE, [decision("decided after")], b"after")
        heard: list[str] = []
        eventually(
            lambda: heard.extend(texts(follower.poll(0.2))) or "decided after" in heard,
            "the follower goes on",
        )
        assert [text for text in heard if text != "lost or doubled"] == ["after", "decided after"]
        assert log.cursors()[HERE] == b"after"
        follower.close()
        session.close()
