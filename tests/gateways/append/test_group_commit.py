"""What can't be written fails alone: the thread that writes for everybody lives on, whether the log is there or away."""

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
        outcomes = await asyncio.wait_for(asyncio.gather(*waits, return_exceptions=True), 10)
        await asyncio.wait_for(commit.append(ORG, "fact", "door:EX", [event(3, {})]), 10)
        return outcomes

    outcomes = asyncio.run(scene())
    log.away = False
    deadline = time.monotonic() + 10
    while spool.pending and time.monotonic() < deadline:
        time.sleep(0.01)
    commit.stop()

    assert [type(each) for each in outcomes] == [type(None), Invalid, type(None)]
    kept = [each["id"] for record in log.inputs() for each in record.events]
    assert sorted(kept) == ["0", "2", "3"]
