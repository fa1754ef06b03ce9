"""What contacts write and what comes back, through the log and the decider on memory adapters."""

import pytest

from tests.examples.installation import Installation, Workspace
from workers.sender.outgoing import Outgoing

ANNE = "tel:+250788111111"
BEN = "tel:+250788222222"
ANSWERED = {"status": 200, "json": {"answers": 7}}


@pytest.fixture
def workspace() -> Workspace:
    made = Workspace(Installation())
    made.add_survey()
    return made


def test_a_keyword_starts_its_flow(workspace: Workspace) -> None:
    assert workspace.texts(ANNE, "Survey") == ["Hello! This is a short survey about water at home. What is your name?"]


def test_the_flow_goes_on_with_each_answer(workspace: Workspace) -> None:
    said = workspace.texts(ANNE, "survey", "anne uwase", "4")

    assert said[1:] == [
        "Nice to meet you, Anne. How many people live in your household?",
        "Do you have clean water at home, Anne?",
    ]


def test_a_message_tells_whether_its_flow_waits_for_an_answer(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey")

    [created] = workspace.at.events(workspace.org, "message_created")
    outgoing = Outgoing.created(workspace.org, created["data"]["message"])
    assert outgoing is not None
    assert outgoing.to_send().session_status == "W"


def test_a_wrong_answer_is_asked_again(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")

    assert workspace.texts(ANNE, "ninety") == ["Please send a number between 1 and 30."]
    assert workspace.texts(ANNE, "9") == ["Do you have clean water at home, Anne?"]


def test_two_contacts_do_not_meet(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")

    assert workspace.texts(BEN, "survey", "Ben") == [
        "Hello! This is a short survey about water at home. What is your name?",
        "Nice to meet you, Ben. How many people live in your household?",
    ]


def test_the_run_waits_for_the_webhook_and_ends_with_its_answer(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne", "4")

    assert workspace.texts(ANNE, "yes") == []
    workspace.at.answer_service(workspace.org, webhook_answer(200, b'{"answers": 7}'))

    assert workspace.at.replies(workspace.org, ANNE)[-1] == ("Thank you, Anne! You are answer number 7 of this survey.")
    assert [event["data"]["status"] for event in workspace.at.events(workspace.org, "run_ended")] == ["completed"]


def test_what_comes_while_the_webhook_is_awaited_is_decided_after_it_in_order(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne", "4", "yes")

    assert workspace.texts(ANNE, "survey", "Anne again") == []
    workspace.at.answer_service(workspace.org, webhook_answer(500, b""))

    assert workspace.at.replies(workspace.org, ANNE)[-3:] == [
        "Thank you, Anne! Your answers were saved.",
        "Hello! This is a short survey about water at home. What is your name?",
        "Nice to meet you, Anne. How many people live in your household?",
    ]


def test_a_message_without_a_trigger_lands_in_the_inbox(workspace: Workspace) -> None:
    workspace.texts(ANNE, "good morning")

    [handled] = workspace.at.events(workspace.org, "message_handled")
    assert handled["data"]["message"]["text"] == "good morning"
    assert "flow" not in handled["data"]["message"]
    assert workspace.at.replies(workspace.org) == []


def test_a_message_that_comes_twice_is_handled_once(workspace: Workspace) -> None:
    for _ in range(2):
        workspace.at.receive(workspace.org, workspace.channel, ANNE, "survey", external_id="their-1")

    assert len(workspace.at.events(workspace.org, "message_handled")) == 1
    assert len(workspace.at.events(workspace.org, "message_repeated")) == 1
    assert len(workspace.at.replies(workspace.org, ANNE)) == 1


def test_a_wait_that_times_out_reminds(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")
    [*_, advanced] = workspace.at.events(workspace.org, "session_advanced")
    workspace.at.pass_time(301)

    for _ in range(2):  # the clock may fire twice
        fire(workspace, advanced)

    assert workspace.at.replies(workspace.org, ANNE)[-1:] == [
        "We are still here. How many people live in your household?"
    ]
    assert len(workspace.at.replies(workspace.org, ANNE)) == 3


def test_a_timer_that_is_no_longer_wanted_changes_nothing(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")
    [*_, advanced] = workspace.at.events(workspace.org, "session_advanced")
    workspace.texts(ANNE, "4")

    fire(workspace, advanced)

    assert workspace.at.replies(workspace.org, ANNE)[-1] == "Do you have clean water at home, Anne?"


def test_after_a_crash_the_run_goes_on_where_it_stood(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")
    workspace.at.crash_decider()

    assert workspace.texts(ANNE, "4") == ["Do you have clean water at home, Anne?"]


def test_after_a_crash_nothing_is_decided_twice(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne", "4")
    before = len(workspace.at.events(workspace.org))
    workspace.at.crash_decider()
    workspace.at.run()

    assert len(workspace.at.events(workspace.org)) == before


def test_integer_ids_are_given_out_once(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")
    workspace.at.crash_decider()
    workspace.texts(BEN, "survey", "Ben")

    handled = [event["data"]["message"]["id"] for event in workspace.at.events(workspace.org, "message_handled")]
    created = [event["data"]["message"]["id"] for event in workspace.at.events(workspace.org, "message_created")]
    assert len({*handled, *created}) == len(handled) + len(created) == 8


def test_an_unknown_workspace_is_told_so() -> None:
    installation = Installation()
    outcome = installation.command(installation.new_id(), "add_label", {"label": {"uuid": "1", "name": "Spam"}})

    assert outcome["sentence"].startswith("There is no workspace")


def test_a_flow_of_the_wrong_version_is_refused_and_changes_nothing(workspace: Workspace) -> None:
    before = workspace.at.events(workspace.org, "flow_saved")
    definition = {"uuid": workspace.at.new_id(), "name": "Old", "spec_version": "99.0.0", "nodes": []}

    outcome = workspace.at.command(workspace.org, "save_flow", {"definition": definition})

    assert "99.0.0" in outcome["sentence"]
    assert workspace.at.events(workspace.org, "flow_saved") == before


def test_a_time_out_runs_from_when_the_question_has_left(workspace: Workspace) -> None:
    workspace.texts(ANNE, "survey", "Anne")

    asked = workspace.at.events(workspace.org, "message_created")[-1]["data"]["message"]
    advanced = workspace.at.events(workspace.org, "session_advanced")[-1]["data"]
    assert asked["wait"] == {
        "session": advanced["uuid"],
        "sprint": advanced["sprint"],
        "timeout_seconds": advanced["wait"]["timeout_seconds"],
    }
    assert "timeout_on" not in advanced["wait"]


def test_a_contact_made_twice_is_refused_and_begins_nothing(workspace: Workspace) -> None:
    contact = {"uuid": workspace.at.new_id(), "name": "Anne", "urns": []}
    workspace.must("create_contact", contact=contact)

    outcome = workspace.at.command(workspace.org, "create_contact", {"contact": contact})

    assert outcome["sentence"] == "A contact with this uuid exists already."
    assert len(workspace.at.events(workspace.org, "contact_created")) == 1


def test_what_an_import_needs_is_taken_as_it_is_when_it_is_there(workspace: Workspace) -> None:
    first, second = ({"uuid": workspace.at.new_id(), "name": name} for name in ("Farmers", "farmers"))
    workspace.must("add_group", group=first)

    outcome = workspace.at.command(workspace.org, "add_group", {"group": second, "unless_there": True})

    assert outcome["result"]["uuid"] == first["uuid"]
    assert len(workspace.at.events(workspace.org, "group_added")) == 1


def test_an_import_does_not_blank_a_global(workspace: Workspace) -> None:
    known = {"uuid": workspace.at.new_id(), "key": "host", "name": "Host", "value": "example.org"}
    workspace.must("set_global", **{"global": known})
    brought = {**known, "uuid": workspace.at.new_id(), "value": ""}

    workspace.at.command(workspace.org, "set_global", {"global": brought, "unless_there": True})

    values = [e["data"]["global"]["value"] for e in workspace.at.events(workspace.org, "global_set")]
    assert values == ["http://127.0.0.1/survey", "example.org"]


def test_an_airtime_transfer_is_answered_by_the_request_it_was_asked_with(workspace: Workspace) -> None:
    action = {"uuid": workspace.at.new_id(), "type": "transfer_airtime", "amounts": {"RWF": 500}}
    node = {"uuid": workspace.at.new_id(), "actions": [action], "exits": [{"uuid": workspace.at.new_id()}]}
    definition = {
        "uuid": workspace.at.new_id(), "name": "Reward", "spec_version": "14.0.0", "type": "messaging", "language": "eng",
        "revision": 1, "expire_after_minutes": 60, "localization": {}, "nodes": [node],
    }  # fmt: skip
    flow = workspace.must("save_flow", definition=definition)["uuid"]
    kind = {"type": "keyword", "keywords": ["reward"], "match": "first"}
    workspace.must("add_trigger", trigger={"uuid": workspace.at.new_id(), "flow": flow, **kind})

    workspace.texts(ANNE, "reward")
    workspace.at.answer_service(workspace.org, {"error": "no credit"})

    assert workspace.at.events(workspace.org, "run_ended")[-1]["data"]["flow"]["uuid"] == flow


def fire(workspace: Workspace, advanced: dict) -> None:  # type: ignore[type-arg]
    data = {"contact": advanced["of"], "kind": "wait_timeout", "session": advanced["data"]["uuid"]}
    data |= {"sprint": advanced["data"]["sprint"], "due_on": workspace.at.now_text}
    workspace.at.append(workspace.org, "fact", "timer_fired", data)
    workspace.at.run()


def webhook_answer(status: int, body: bytes) -> dict:  # type: ignore[type-arg]
    return {"status": status, "body": body.decode()}
