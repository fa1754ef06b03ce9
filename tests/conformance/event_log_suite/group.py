"""How members of the group share the partitions, and what becomes of those that slept or were killed."""

from collections.abc import Callable

import pytest

from domain.errors import Fenced
from domain.ports.event_log import DeciderSession
from tests.conformance.event_log_suite.asking import (
    BY_PARTITION,
    HERE,
    PARTITIONS,
    OpenedLog,
    decision,
    eventually,
    everything,
    gains,
    record,
    sees_cursors,
    shown,
    texts,
)


class GroupSuite(OpenedLog):
    @pytest.fixture
    def killed_owner(self) -> Callable[[], None]:
        """Has a process become the owner of everything, begin to commit a decision "half done" in HERE, and be killed in it."""
        raise NotImplementedError("bind the suite to an adapter: override the fixture `killed_owner`")

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
        assert sees_cursors(log, {HERE: b"after"})
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
