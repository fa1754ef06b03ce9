"""Groups with queries through the decider: who belongs to them, and that only those are asked that may have to change."""

from typing import Any

import pytest

import domain.contact.groups as groups
from tests.examples.installation import Installation, Workspace

ANNE = "tel:+250788000001"


@pytest.fixture
def workspace() -> Workspace:
    made = Workspace(Installation())
    made.add_survey()
    for name, query in (("Large", "household > 5"), ("Small", "household < 6"), ("Named", 'name != ""')):
        made.must("add_group", group={"uuid": made.at.new_id(), "name": name, "query": query})
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the groups that are asked whether somebody belongs to them, in order."""
    names: list[str] = []
    matches = groups._matches

    def counted(each: Any, environment: Any, contact: Any) -> bool:
        names.append(each.group.name)
        return matches(each, environment, contact)

    monkeypatch.setattr(groups, "_matches", counted)
    return names


def joined(workspace: Workspace) -> list[str]:
    """The groups that the contact is in by the events, in the order of joining."""
    names: list[str] = []
    for event in workspace.at.events(workspace.org, "contact_groups_changed"):
        gone = {group["name"] for group in event["data"].get("groups_removed", ())}
        names = [name for name in names if name not in gone]
        names += [group["name"] for group in event["data"].get("groups_added", ())]
    return names


def test_an_answer_moves_the_contact_between_groups(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "anne", "7")
    assert joined(workspace) == ["Named", "Large"]


def test_only_groups_that_read_what_changed_are_asked(workspace: Workspace, asked: list[str]) -> None:
    workspace.texts(ANNE, "survey")
    assert asked == ["Large", "Small", "Named"]
    asked.clear()

    workspace.texts(ANNE, "anne")
    assert asked == ["Named"]

    workspace.texts(ANNE, "many", "very many", "7")
    assert asked == ["Named", "Large", "Small"]


def test_after_a_crash_nothing_is_asked_twice(workspace: Workspace, asked: list[str]) -> None:
    workspace.texts(ANNE, "survey", "anne")
    asked.clear()

    workspace.at.crash_decider()
    workspace.texts(ANNE, "many")

    assert asked == []


def test_a_new_group_is_asked_with_the_next_message(workspace: Workspace, asked: list[str]) -> None:
    workspace.texts(ANNE, "survey", "anne")
    asked.clear()

    workspace.must("add_group", group={"uuid": workspace.at.new_id(), "name": "Numbered", "query": 'tel != ""'})
    workspace.texts(ANNE, "7")

    assert "Numbered" in asked
    assert "Numbered" in joined(workspace)


def test_a_change_by_the_workspace_asks_again(workspace: Workspace, asked: list[str]) -> None:
    workspace.texts(ANNE, "survey")
    contact = workspace.at.events(workspace.org, "contact_created")[-1]["of"]
    asked.clear()

    workspace.must("change_contact", contact=contact, changes={"name": "Anne"})
    assert (asked, joined(workspace)) == (["Named"], ["Named"])

    workspace.texts(ANNE, "anne uwase")
    assert asked == ["Named", "Large", "Small", "Named", "Named"]  # all, then who reads the name that the flow sets
    assert joined(workspace) == ["Named"]
