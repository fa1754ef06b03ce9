"""Flow starts and broadcasts are many: those at work are in the decider's memory, the others in the state store, and nobody notices."""

import pytest

from domain.workspace import workspace as domain_workspace
from tests.examples.installation import Installation, Workspace


@pytest.fixture(autouse=True)
def two_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_workspace, "PASSING_KEPT", 2)


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def contacts(workspace: Workspace, count: int) -> list[str]:
    made = []
    for number in range(count):
        contact = {"uuid": workspace.at.new_id(), "urns": [f"tel:+2507880000{number:02}"], "groups": [], "fields": {}}
        made.append(str(workspace.must("create_contact", contact=contact)["uuid"]))
    return made


def broadcast(workspace: Workspace, text: str) -> str:
    uuid = workspace.at.new_id()
    made = {"uuid": uuid, "translations": {"eng": {"text": text}}, "base_language": "eng", "contacts": ["x"] * 1000}
    workspace.must("create_broadcast", broadcast=made)
    return uuid


def in_memory(workspace: Workspace) -> dict[str, dict[str, object]]:
    """After the state store has taken what there is."""
    found = {}
    for owned in workspace.at.decider._owned.values():
        owned.state.save()
        if workspace.org in owned.state._workspaces:
            found = owned.state._workspaces[workspace.org].items["broadcast"]
    return found


def test_only_those_used_last_are_in_memory_without_their_recipients(workspace: Workspace) -> None:
    made = [broadcast(workspace, f"news {number}") for number in range(5)]

    kept = in_memory(workspace)

    assert list(kept) == made[-2:]
    assert all("contacts" not in item for item in kept.values())


def test_one_that_left_memory_goes_on_where_it_was(workspace: Workspace) -> None:
    [anne, ben] = contacts(workspace, 2)
    first = broadcast(workspace, "news")
    workspace.at.append(workspace.org, "fact", "broadcast_counted", {"broadcast": first, "total": 2})
    workspace.at.append(workspace.org, "command", "broadcast_to_contact", {"broadcast": first, "contact": anne})
    workspace.at.run()
    for number in range(5):
        broadcast(workspace, f"others {number}")
    assert first not in in_memory(workspace)

    workspace.at.append(workspace.org, "command", "broadcast_to_contact", {"broadcast": first, "contact": ben})
    workspace.at.append(workspace.org, "fact", "broadcast_counted", {"broadcast": first, "total": 3})
    workspace.at.run()

    assert workspace.at.replies(workspace.org) == ["news", "news"]
    begun = [event["data"]["total"] for event in workspace.at.events(workspace.org, "broadcast_begun")]
    assert begun == [2], "it is known to have begun"


def test_it_begins_after_it_left_memory_with_the_next_version(workspace: Workspace) -> None:
    first = broadcast(workspace, "news")
    for number in range(5):
        broadcast(workspace, f"others {number}")
    assert first not in in_memory(workspace)

    workspace.at.append(workspace.org, "fact", "broadcast_counted", {"broadcast": first, "total": 2})
    workspace.at.run()

    [begun] = workspace.at.events(workspace.org, "broadcast_begun")
    assert (begun["of"], begun["n"]) == (first, 2)


def test_a_command_that_comes_twice_makes_one(workspace: Workspace) -> None:
    uuid = workspace.at.new_id()
    made = {"uuid": uuid, "translations": {"eng": {"text": "news"}}, "base_language": "eng", "contacts": []}
    outcomes = [workspace.must("create_broadcast", broadcast=made)]
    for number in range(5):
        broadcast(workspace, f"others {number}")
    assert uuid not in in_memory(workspace)
    outcomes.append(workspace.must("create_broadcast", broadcast=made))

    assert outcomes[0] == outcomes[1]
    created = workspace.at.events(workspace.org, "broadcast_created")
    assert [event["of"] for event in created].count(uuid) == 1


def test_a_new_owner_goes_on_with_one_that_is_not_in_memory(workspace: Workspace) -> None:
    [anne] = contacts(workspace, 1)
    made = [broadcast(workspace, f"news {number}") for number in range(5)]
    in_memory(workspace)
    workspace.at.append(workspace.org, "fact", "broadcast_counted", {"broadcast": made[0], "total": 1})
    workspace.at.run()
    workspace.at.crash_decider()

    workspace.at.append(workspace.org, "command", "broadcast_to_contact", {"broadcast": made[0], "contact": anne})
    workspace.at.run()

    assert workspace.at.replies(workspace.org) == ["news 0"]
    [begun] = workspace.at.events(workspace.org, "broadcast_begun")
    assert begun["n"] == 2
