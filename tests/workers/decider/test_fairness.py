"""One organization's flood of 20,000 messages and another's single one, over every log adapter."""

from collections.abc import Iterator

import pytest

from domain.events.partitioning import partition_of
from domain.events.record import Event, Record
from domain.ports.event_log import EventLog
from infra.event_log.memory import MemoryEventLog
from tests.examples.installation import Installation, Workspace

FLOOD = 20_000
IN_RECORD = 500
BOUND = 100  # messages of others that may be decided first


@pytest.fixture
def flooded(one_partition_log: EventLog) -> Iterator[tuple[Workspace, Workspace]]:
    """Two workspaces in one partition; the first has 20,000 messages waiting, some of which were decided already."""
    patience = 0.0 if isinstance(one_partition_log, MemoryEventLog) else 0.2
    installation = Installation(one_partition_log, patience=patience)
    giant, quiet = Workspace(installation, "Giant"), Workspace(installation, "Quiet")
    giant.add_survey()
    quiet.add_survey()
    for begin in range(0, FLOOD, IN_RECORD):
        events = tuple(received(giant, number) for number in range(begin, begin + IN_RECORD))
        installation.log.append([Record(giant.org, "fact", events, 0, "door:EX")])
    for _ in range(5):
        installation.decider.step(installation.patience)
    yield giant, quiet
    installation.decider.close()


def test_a_quiet_organization_does_not_wait_for_the_flood(flooded: tuple[Workspace, Workspace]) -> None:
    giant, quiet = flooded
    installation = giant.at
    installation.append(quiet.org, "fact", "message_received", received(quiet, 1)["data"])
    before = installation.decider.decided

    while not handled(quiet):
        assert installation.decider.decided - before <= BOUND
        installation.decider.step(installation.patience)

    assert installation.decider.decided - before <= BOUND + 1
    assert partition_of(giant.org, 1) == partition_of(quiet.org, 1)


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
