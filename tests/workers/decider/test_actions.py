"""What people of the workspace do to contacts, messages and tickets, many at once."""

from typing import Any

import pytest

from tests.examples.installation import Installation, Workspace

ANNE, BEN = "tel:+250788000001", "tel:+250788000002"

Data = dict[str, Any]


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def contact(workspace: Workspace, urn: str) -> str:
    return str(workspace.must("create_contact", contact={"uuid": workspace.at.new_id(), "urns": [urn]})["uuid"])


def ticket_flow(workspace: Workspace) -> None:
    topic = {"uuid": workspace.at.new_id(), "name": "Water"}
    workspace.must("add_topic", topic=topic)
    actions = [{"uuid": workspace.at.new_id(), "type": "open_ticket", "topic": topic, "note": "Broken pump"}]
    node = {"uuid": workspace.at.new_id(), "actions": actions, "exits": [{"uuid": workspace.at.new_id()}]}
    definition = {
        "uuid": workspace.at.new_id(), "name": "Help", "spec_version": "14.0.0", "type": "messaging", "language": "eng",
        "revision": 1, "expire_after_minutes": 60, "localization": {}, "nodes": [node],
    }  # fmt: skip
    flow = workspace.must("save_flow", definition=definition)["uuid"]
    trigger = {"uuid": workspace.at.new_id(), "type": "keyword", "keywords": ["help"], "match": "first", "flow": flow}
    workspace.must("add_trigger", trigger=trigger)


def opened(workspace: Workspace) -> Data:
    workspace.texts(ANNE, "help")
    event = workspace.at.events(workspace.org, "ticket_opened")[-1]
    return {"ticket": event["data"]["ticket"]["uuid"], "contact": event["of"]}


def names(workspace: Workspace, prefix: str) -> list[str]:
    return [event["type"] for event in workspace.at.events(workspace.org) if event["type"].startswith(prefix)]


def test_a_flow_opens_a_ticket_with_its_topic_and_flow(workspace: Workspace) -> None:
    ticket_flow(workspace)
    opened(workspace)

    data = workspace.at.events(workspace.org, "ticket_opened")[0]["data"]
    assert (data["ticket"]["topic"]["name"], data["ticket"]["status"], data["flow"]["name"]) == (
        "Water",
        "open",
        "Help",
    )
    assert workspace.at.events(workspace.org, "ticket_note_added")[0]["data"]["note"] == "Broken pump"


def test_a_ticket_is_closed_once_and_reopened(workspace: Workspace) -> None:
    ticket_flow(workspace)
    ticket = opened(workspace)

    assert workspace.must("act_on_tickets", tickets=[ticket], action="close")["failures"] == []
    assert workspace.must("act_on_tickets", tickets=[ticket], action="close")["failures"] == [ticket["ticket"]]
    workspace.at.crash_decider()
    assert workspace.must("act_on_tickets", tickets=[ticket], action="reopen")["failures"] == []
    assert names(workspace, "ticket_") == ["ticket_opened", "ticket_note_added", "ticket_closed", "ticket_reopened"]


def test_a_closed_ticket_makes_room_for_the_next(workspace: Workspace) -> None:
    ticket_flow(workspace)
    first = opened(workspace)
    workspace.must("act_on_tickets", tickets=[first], action="close")

    assert opened(workspace)["ticket"] != first["ticket"]


def test_a_ticket_is_given_to_a_user(workspace: Workspace) -> None:
    ticket_flow(workspace)
    ticket = opened(workspace)
    user = {"uuid": workspace.at.new_id(), "email": "ada@example.org", "name": "Ada", "role": "agent"}
    workspace.must("add_user", user=user)

    workspace.must("act_on_tickets", tickets=[ticket], action="assign", assignee=user["uuid"])

    assert workspace.at.events(workspace.org, "ticket_assignee_changed")[0]["data"]["assignee"]["name"] == "Ada"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"action": "assign", "assignee": "nobody"}, "assignee"),
        ({"action": "change_topic", "topic": "none"}, "topic"),
        ({"action": "add_note", "note": ""}, "note"),
        ({"action": "burn"}, "action"),
    ],
)
def test_a_ticket_action_that_names_nothing_is_refused(workspace: Workspace, more: Data, field: str) -> None:
    ticket_flow(workspace)

    outcome = workspace.at.command(workspace.org, "act_on_tickets", {"tickets": [opened(workspace)], **more})

    assert outcome["field"] == field


def test_contacts_join_and_leave_a_group_together(workspace: Workspace) -> None:
    group = {"uuid": workspace.at.new_id(), "name": "Farmers"}
    workspace.must("add_group", group=group)
    both = [contact(workspace, ANNE), contact(workspace, BEN)]

    workspace.must("act_on_contacts", contacts=both, action="add", group=group["uuid"])
    workspace.must("act_on_contacts", contacts=both, action="remove", group=group["uuid"])

    assert names(workspace, "contact_groups") == ["contact_groups_changed"] * 4


def test_a_blocked_contact_can_not_be_added_and_nobody_is(workspace: Workspace) -> None:
    group = {"uuid": workspace.at.new_id(), "name": "Farmers"}
    workspace.must("add_group", group=group)
    both = [contact(workspace, ANNE), contact(workspace, BEN)]
    workspace.must("act_on_contacts", contacts=both[1:], action="block")

    outcome = workspace.at.command(
        workspace.org, "act_on_contacts", {"contacts": both, "action": "add", "group": group["uuid"]}
    )

    assert both[1] in outcome["sentence"]
    assert names(workspace, "contact_groups") == []


def test_an_interrupted_contact_is_in_no_flow(workspace: Workspace) -> None:
    workspace.add_survey()
    workspace.texts(ANNE, "survey")
    anne = workspace.at.events(workspace.org, "contact_created")[0]["of"]

    workspace.must("act_on_contacts", contacts=[anne], action="interrupt")

    assert workspace.at.events(workspace.org, "run_ended")[-1]["data"]["status"] == "interrupted"


def test_a_label_that_is_not_there_is_made_with_its_first_message(workspace: Workspace) -> None:
    message = workspace.at.receive(workspace.org, workspace.channel, ANNE, "hello")
    anne = workspace.at.events(workspace.org, "contact_created")[0]["of"]
    label = {"uuid": workspace.at.new_id(), "name": "Thanks"}

    workspace.must("act_on_messages", messages=[{"message": message, "contact": anne}], action="label", label=label)

    assert workspace.at.events(workspace.org, "label_added")[0]["data"]["label"]["name"] == "Thanks"
    change = workspace.at.events(workspace.org, "message_labels_changed")[0]["data"]
    assert change == {"message": message, "labels_added": [label]}


def test_a_group_is_renamed_and_removed(workspace: Workspace) -> None:
    group = {"uuid": workspace.at.new_id(), "name": "Farmers"}
    workspace.must("add_group", group=group)
    workspace.must("change_group", group=group["uuid"], changes={"name": "Fishers"})
    taken = workspace.at.command(
        workspace.org, "add_group", {"group": {"uuid": workspace.at.new_id(), "name": "fishers"}}
    )
    workspace.must("remove_group", group=group["uuid"])

    assert taken["sentence"] == "A group with this name exists already."
    assert names(workspace, "group_") == ["group_added", "group_changed", "group_removed"]


def chat(workspace: Workspace, kind: str, **extra: str) -> None:
    data = {
        "channel": workspace.channel,
        "type": kind,
        "urn": ANNE,
        "extra": extra,
        "occurred_on": workspace.at.now_text,
    }
    workspace.at.append(workspace.org, "fact", "channel_event_occurred", data)
    workspace.at.run()


def runs(workspace: Workspace) -> int:
    return names(workspace, "run_").count("run_started")


@pytest.mark.parametrize(
    ("trigger", "kind", "extra", "begins"),
    [
        ({"type": "new_conversation"}, "new_conversation", {}, 1),
        ({"type": "new_conversation"}, "referral", {}, 0),
        ({"type": "referral", "referrer_id": "poster"}, "referral", {"referrer_id": "Poster"}, 1),
        ({"type": "referral", "referrer_id": "poster"}, "referral", {"referrer_id": "leaflet"}, 0),
        ({"type": "referral"}, "referral", {"referrer_id": "leaflet"}, 1),
    ],
)
def test_a_conversation_that_begins_elsewhere_starts_its_flow(
    workspace: Workspace, trigger: Data, kind: str, extra: dict[str, str], begins: int
) -> None:
    flow = workspace.add_survey()
    workspace.must("add_trigger", trigger={"uuid": workspace.at.new_id(), "flow": flow, **trigger})

    chat(workspace, kind, **extra)

    assert runs(workspace) == begins


def test_a_ticket_that_is_closed_starts_the_flow_that_asks_about_it(workspace: Workspace) -> None:
    ticket_flow(workspace)
    ticket = opened(workspace)
    flow = workspace.add_survey()
    workspace.must("add_trigger", trigger={"uuid": workspace.at.new_id(), "flow": flow, "type": "ticket_closed"})

    workspace.must("act_on_tickets", tickets=[ticket], action="close")

    assert workspace.at.replies(workspace.org)[-1].startswith("Hello!")
