"""One organization's flood of 20,000 messages and another's single one, over every log adapter."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from domain.events.partitioning import partition_of
from domain.events.record import Event, Record
from domain.ports.event_log import EventLog
from infra.event_log.memory import MemoryEventLog
from tests.examples.installation import Installation, Workspace
from tests.workers.decider.moments import MomentousLog

FLOOD = 20_000
IN_RECORD = 500
BOUND = 100  # messages of others that may be decided first


@pytest.fixture
def flooded(one_partition_log: EventLog) -> Iterator[tuple[Workspace, Workspace]]:
    """Two workspaces in one partition; the first has 20,000 messages waiting, some of which were decided already."""
    patience = 0.0 if isinstance(one_partition_log, MemoryEventLog) else 0.2
    log = MomentousLog(one_partition_log)
    with ThreadPoolExecutor(1) as beside:
        installation = Installation(cast(EventLog, log), patience=patience, beside=beside)
        giant, quiet = Workspace(installation, "Giant"), Workspace(installation, "Quiet")
        giant.add_survey()
        quiet.add_survey()
        for begin in range(0, FLOOD, IN_RECORD):
            events = tuple(received(giant, number) for number in range(begin, begin + IN_RECORD))
            log.append([Record(giant.org, "fact", events, 0, "door:EX")])
        while log.commits < 10:
            installation.decider.step(patience)
        yield giant, quiet
        installation.decider.close()


@pytest.mark.parametrize("moment", [0, 1, 3, 7])
def test_a_quiet_organization_does_not_wait_for_the_flood(flooded: tuple[Workspace, Workspace], moment: int) -> None:
    giant, quiet = flooded
    log, patience = cast(MomentousLog, giant.at.log), giant.at.patience
    written, arrives = received(quiet, 1), log.commits + moment

    def arrive(number: int) -> None:
        if number == arrives:  # a whole batch before its own can be read
            log.append([Record(quiet.org, "fact", (written,), 0, "door:EX")])

    log.before_commit = arrive
    while not handled(quiet):
        giant.at.decider.step(patience)

    assert others_first(giant, quiet) <= BOUND
    assert partition_of(giant.org, 1) == partition_of(quiet.org, 1)


def others_first(giant: Workspace, quiet: Workspace) -> int:
    """Messages of the giant that were decided after the quiet one's arrived and before it was decided."""
    arrived, count = False, 0
    for stored in giant.at.log.read(0, -1, 100_000):
        record = stored.record
        names = [event["type"] for event in record.events]
        if record.org == quiet.org:
            if "message_received" in names:
                arrived = True
            elif "message_handled" in names:
                return count
        elif arrived:
            count += names.count("message_handled")
    raise AssertionError("the quiet organization's message was not decided")


def test_the_flood_is_decided_in_its_own_order(flooded: tuple[Workspace, Workspace]) -> None:
    giant, _ = flooded
    for _ in range(10):
        giant.at.decider.step(giant.at.patience)

    urns = [event["data"]["message"]["urn"] for event in handled(giant)]
    assert urns == [f"tel:+25078{number:07}" for number in range(len(urns))]
    assert len(urns) > 200


def received(workspace: Workspace, number: int) -> Event:
    installation = workspace.at
    data = {"channel": workspace.channel, "urn": f"tel:+25078{number:07}", "text": "hello", "attachments": []}
    data |= {"received_on": installation.now_text, "message": installation.new_id(), "external_id": str(number)}
    return {"type": "message_received", "version": 1, "id": installation.new_id(), "data": data}


def handled(workspace: Workspace) -> list[Event]:
    return workspace.at.events(workspace.org, "message_handled")
