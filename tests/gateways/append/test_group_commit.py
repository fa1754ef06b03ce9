"""Many requests go in one write; what can't be written fails alone: the thread that writes lives on, whether the log is there or away."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.errors import Invalid
from domain.events.record import Position, Record
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from tests.examples.doors import LogThatGoesAway

ORG, OTHER = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1", "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c2"


class Encoding(LogThatGoesAway):
    """Writes events as the durable logs do."""

    def append(self, records: Sequence[Record]) -> list[Position]:
        orjson.dumps([record.events for record in records])
        return super().append(records)


def event(number: int, data: Any) -> dict[str, Any]:
    return {"type": "message_received", "version": 1, "id": str(number), "data": data}


def too_deep() -> Any:
    made: Any = 1
    for _ in range(300):
        made = {"a": made}
    return made


@pytest.mark.parametrize("away", [False, True], ids=["to the log", "to the spool"])
def test_what_can_t_be_written_fails_alone(tmp_path: Path, away: bool) -> None:
    log, spool = Encoding(2), Spool(tmp_path)
    log.away = away
    commit = GroupCommit(log, spool, lambda: 1)

    async def scene() -> list[Any]:
        waits = [
            commit.append(org, "fact", "door:EX", [event(number, data)])
            for number, (org, data) in enumerate(((ORG, {}), (ORG, too_deep()), (OTHER, {})))
        ]
        commit.start()
        outcomes = await asyncio.wait_for(asyncio.gather(*waits, return_exceptions=True), 60)
        await asyncio.wait_for(commit.append(ORG, "fact", "door:EX", [event(3, {})]), 60)
        return outcomes

    outcomes = asyncio.run(scene())
    log.away = False
    deadline = time.monotonic() + 60
    while spool.pending and time.monotonic() < deadline:
        time.sleep(0.01)
    commit.stop()

    assert [type(each) for each in outcomes] == [type(None), Invalid, type(None)]
    kept = [each["id"] for record in log.inputs() for each in record.events]
    assert sorted(kept) == ["0", "2", "3"]


class Counting(LogThatGoesAway):
    """Knows how many events each append had."""

    def __init__(self) -> None:
        super().__init__(2)
        self.sizes: list[int] = []

    def append(self, records: Sequence[Record]) -> list[Position]:
        self.sizes.append(sum(len(record.events) for record in records))
        return super().append(records)


def sizes_of_commits(folder: Path, *bursts: Sequence[int]) -> list[int]:
    """Of bursts that each wait until the one before is answered; a burst comes in parts, one after the other."""
    log = Counting()
    commit = GroupCommit(log, Spool(folder), lambda: 1)

    async def scene() -> None:
        for number, parts in enumerate(bursts):
            waits = []
            for size in parts:
                waits += [commit.append(ORG, "fact", "door:EX", [event(each, {})]) for each in range(size)]
                if not number:
                    commit.start()
                await asyncio.sleep(0.05)  # time enough for a commit that doesn't wait
            await asyncio.wait_for(asyncio.gather(*waits), 60)

    asyncio.run(scene())
    commit.stop()
    return log.sizes


def test_under_load_a_commit_waits_for_as_many_as_the_last_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.append.group_commit.GATHERING_SECONDS", 60.0)

    assert sizes_of_commits(tmp_path, [5], [2, 3]) == [5, 5]


def test_one_alone_waits_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.append.group_commit.GATHERING_SECONDS", 60.0)

    assert sizes_of_commits(tmp_path, [1], [1], [1]) == [1, 1, 1]


def test_those_who_come_alone_after_a_crowd_wait_a_moment_only(tmp_path: Path) -> None:
    assert sizes_of_commits(tmp_path, [5], [1], [1]) == [5, 1, 1]
