"""Spools of processes that come and go: two never share a directory, and none is left behind."""

from pathlib import Path

import pytest

from domain.events.record import Record
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from infra.event_log.memory import MemoryEventLog


def record(text: str) -> Record:
    event = {"type": "message_received", "version": 1, "id": text, "data": {"text": text}}
    return Record("org", "fact", (event,), 1, "door:EX")


def drained(spool: Spool) -> list[str]:
    texts = []
    while spool.pending:
        segment = spool.oldest()
        texts += [each.events[0]["id"] for each in segment.records]
        spool.forget(segment)
    return texts


def test_a_process_beside_a_living_one_has_a_directory_of_its_own(tmp_path: Path):
    old = Spool(tmp_path / "web")
    old.write([record("from the old one")])
    new = Spool(tmp_path / "web")
    new.write([record("from the new one")])

    assert drained(new) == ["from the new one"]
    assert drained(old) == ["from the old one"]


def test_what_its_predecessor_left_comes_first(tmp_path: Path):
    old = Spool(tmp_path / "web")
    old.write([record("1"), record("2")])
    new = Spool(tmp_path / "web")
    new.write([record("4")])
    old.write([record("3")])
    old.close()

    new.take_over_abandoned()
    new.write([record("5")])

    assert drained(new) == ["1", "2", "3", "4", "5"]


def test_the_spool_of_a_process_that_is_not_started_again_is_drained_by_another(tmp_path: Path):
    gone = Spool(tmp_path / "web-2")
    gone.write([record("left behind")])
    gone.close()

    assert drained(Spool(tmp_path / "web")) == ["left behind"]


def test_after_its_predecessors_end_a_process_has_the_first_directory_again(tmp_path: Path):
    first = Spool(tmp_path / "web")
    second = Spool(tmp_path / "web")
    first.close()
    second.write([record("x")])
    second.close()

    third = Spool(tmp_path / "web")

    assert drained(third) == ["x"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web", "web+2"]


def test_a_door_that_runs_takes_over_what_another_leaves_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateways.append.group_commit.LOOK_AROUND_EVERY", 0.01)
    old = Spool(tmp_path / "web")
    old.write([record("late")])
    log = MemoryEventLog(1)
    commit = GroupCommit(log, Spool(tmp_path / "web"), lambda: 1)
    commit.start()
    old.close()

    follower = log.follow({0: -1})
    [stored] = follower.poll(60)
    commit.stop()

    assert stored.record.events[0]["id"] == "late"
