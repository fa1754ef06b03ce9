"""Appending, and reading what was appended."""

import time
from collections import Counter
from statistics import median
from threading import Event as Signal
from threading import Thread

import pytest

from domain.errors import Invalid, Unavailable, UnknownEvent
from domain.events.record import OUTPUT_KINDS, Record, StoredRecord
from domain.events.versions import version_of
from tests.conformance.event_log_suite.asking import (
    BY_PARTITION,
    ELSEWHERE,
    HERE,
    NEIGHBOUR,
    ORG,
    ORGS,
    PARTITIONS,
    OpenedLog,
    decision,
    eventually,
    everything,
    gains,
    record,
    shown,
    texts,
)


class AppendingSuite(OpenedLog):
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
        took: list[float] = []

        for _ in range(3):
            for partition in range(PARTITIONS):
                began = time.monotonic()
                log.heads()
                assert len(everything(log, partition)) == len(BY_PARTITION[partition])
                took.append(time.monotonic() - began)

        assert median(took) < 0.4, "half a second is what a broker holds back an answer that has nothing"
