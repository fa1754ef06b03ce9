"""A decider remembers so many conversations, whatever number of partitions it owns; nobody notices which."""

import pytest

from domain.events.partitioning import partition_of
from domain.events.record import StoredRecord
from infra.memory.state_store import MemoryStateStore
from tests.examples.installation import Installation, Workspace
from workers.decider import decider as deciding
from workers.decider.partition_state import PartitionState

KEPT = 6
CONTACTS = [f"tel:+2507880000{number:02}" for number in range(10)]


@pytest.fixture(autouse=True)
def six_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "CONVERSATIONS_KEPT", KEPT)
    monkeypatch.setattr(deciding, "SAVE_EVERY", 0.0)


@pytest.fixture
def installation() -> Installation:
    return Installation()


@pytest.fixture
def workspaces(installation: Installation) -> list[Workspace]:
    """One in each partition."""
    found: dict[int, Workspace] = {}
    while len(found) < installation.log.partitions:
        made = Workspace(installation)
        found.setdefault(partition_of(made.org, installation.log.partitions), made)
    return list(found.values())


def all_write(workspaces: list[Workspace]) -> None:
    for workspace in workspaces:
        for urn in CONTACTS:
            workspace.at.receive(workspace.org, workspace.channel, urn, "hello")


def known(installation: Installation) -> list[int]:
    return [owned.state.known for owned in installation.decider._owned.values()]


def test_partitions_share_the_room_there_is(installation: Installation, workspaces: list[Workspace]) -> None:
    all_write(workspaces[:1])
    installation.decider.step(0)
    assert sorted(known(installation)) == [0, KEPT]

    all_write(workspaces)
    installation.decider.step(0)

    assert sum(known(installation)) <= KEPT
    assert min(known(installation)) > 0


def test_who_was_forgotten_is_the_same_contact(installation: Installation, workspaces: list[Workspace]) -> None:
    all_write(workspaces)
    all_write(workspaces)

    for workspace in workspaces:
        assert len(installation.events(workspace.org, "contact_created")) == len(CONTACTS)


def test_taking_over_from_an_empty_state_store_remembers_no_more(
    installation: Installation, workspaces: list[Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "UNSAVED_LIMIT", 2)
    monkeypatch.setattr(deciding, "FOLD_AT_ONCE", 2)
    all_write(workspaces)
    installation.store = MemoryStateStore()
    fold, on_the_way = PartitionState.fold, list[int]()

    def watched(state: PartitionState, records: list[StoredRecord]) -> None:
        fold(state, records)
        on_the_way.append(state.known)

    monkeypatch.setattr(PartitionState, "fold", watched)

    installation.crash_decider()
    installation.run()

    assert KEPT <= max(on_the_way) < len(CONTACTS)
    all_write(workspaces)
    for workspace in workspaces:
        assert len(installation.events(workspace.org, "contact_created")) == len(CONTACTS)
