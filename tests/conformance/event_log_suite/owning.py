"""What an owner of partitions commits."""

from threading import Event as Signal
from threading import Thread

import pytest

from domain.errors import Invalid
from domain.events.record import OUTPUT_KINDS, Position, Record
from tests.conformance.event_log_suite.asking import (
    ELSEWHERE,
    HERE,
    NEIGHBOUR,
    ORG,
    PARTITIONS,
    OpenedLog,
    decision,
    everything,
    gains,
    record,
    sees_cursors,
    shown,
    texts,
)


class OwningSuite(OpenedLog):
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
        assert sees_cursors(log, {HERE: b"cursor"})
        session.close()

    def test_a_cursor_moves_alone_and_may_be_big(self, log):
        session = log.own("a")
        gains(session)
        cursor = bytes(range(256)) * 400

        assert session.commit(HERE, [], b"small") == []
        assert session.commit(HERE, [], cursor) == []

        assert sees_cursors(log, {HERE: cursor})
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
        assert sees_cursors(log, {HERE: b"d"})
        session.close()

    def test_commits_become_visible_whole(self, log):
        size = 50
        session = log.own("a")
        gains(session)
        done = Signal()
        counted: list[int] = []

        def count_on() -> None:
            last_round = False
            while not last_round:
                last_round = done.is_set()
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
