"""Who writes, when a message tells more than one address; and long messages that come in pieces."""

from typing import Any

import pytest

from tests.examples.installation import Installation, Workspace

ANNE, SECOND = "whatsapp:250788000001", "whatsapp:RW.1234"


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def piece(workspace: Workspace, number: int, text: str, count: int = 2, reference: str = "7") -> None:
    data: dict[str, Any] = {"channel": workspace.channel, "urn": ANNE, "text": text, "reference": reference}
    data |= {"number": number, "count": count, "keep_seconds": 300, "received_on": workspace.at.now_text}
    workspace.at.append(workspace.org, "fact", "message_part_received", {**data, "message": workspace.at.new_id()})
    workspace.at.run()


def texts(workspace: Workspace) -> list[str]:
    return [event["data"]["message"]["text"] for event in workspace.at.events(workspace.org, "message_handled")]


def urns(workspace: Workspace) -> list[list[str]]:
    return [event["data"]["urns"] for event in workspace.at.events(workspace.org, "contact_urns_changed")]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_pieces_are_one_message_whatever_their_order(workspace: Workspace, order: tuple[int, int]) -> None:
    for number in order:
        piece(workspace, number, {1: "Mura", 2: "ho"}[number])

    assert texts(workspace) == ["Muraho"]


def test_pieces_survive_a_crash_and_a_piece_that_comes_twice_adds_nothing(workspace: Workspace) -> None:
    piece(workspace, 1, "Mura")
    workspace.at.crash_decider()
    piece(workspace, 1, "Mura")
    piece(workspace, 2, "ho")

    assert texts(workspace) == ["Muraho"]


def test_an_old_reference_may_name_a_new_message(workspace: Workspace) -> None:
    piece(workspace, 1, "never ended")
    workspace.at.pass_time(301)
    piece(workspace, 2, "ho")
    piece(workspace, 1, "Mura")

    assert texts(workspace) == ["Muraho"]


def test_a_second_address_becomes_the_contact_s(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi", also_known_as=SECOND)
    workspace.at.receive(workspace.org, workspace.channel, SECOND, "hi again")

    assert len(workspace.at.events(workspace.org, "contact_created")) == 1
    assert [urn.partition("?")[0] for urn in urns(workspace)[0]] == [ANNE, SECOND]


def test_who_is_known_by_the_second_address_only_is_the_same_contact(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, SECOND, "hi")
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi again", also_known_as=SECOND)

    assert len(workspace.at.events(workspace.org, "contact_created")) == 1
    assert [urn.partition("?")[0] for urn in urns(workspace)[0]] == [SECOND, ANNE]


def test_an_address_of_somebody_else_stays_theirs(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi")
    workspace.at.receive(workspace.org, workspace.channel, SECOND, "hi")
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi again", also_known_as=SECOND)

    assert urns(workspace) == []


def test_a_token_to_answer_with_goes_with_what_is_sent(workspace: Workspace) -> None:
    workspace.add_survey()
    workspace.at.receive(workspace.org, workspace.channel, "tel:+250788000001", "survey", auth_tokens={"default": "t1"})

    assert workspace.at.events(workspace.org, "message_created")[0]["data"]["message"]["urn_auth"] == "t1"


def test_a_message_that_is_taken_back_is_deleted(workspace: Workspace) -> None:
    message = workspace.at.receive(workspace.org, workspace.channel, ANNE, "oops", external_id="mid.1")
    data = {"channel": workspace.channel, "type": "delete_message", "urn": ANNE, "extra": {"external_id": "mid.1"}}
    workspace.at.append(workspace.org, "fact", "channel_event_occurred", {**data, "occurred_on": workspace.at.now_text})
    workspace.at.run()

    changed = workspace.at.events(workspace.org, "message_visibility_changed")
    assert [each["data"] for each in changed] == [{"message": message, "visibility": "deleted"}]
    (noted,) = workspace.at.events(workspace.org, "flow_noted")
    assert (noted["data"]["event"]["type"], noted["data"]["event"]["event_type"]) == ("channel_event", "delete_message")


def test_an_address_with_a_name_is_one_contact_with_and_without_it_and_after_a_crash(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, "telegram:5150#aline", "hi")
    workspace.at.receive(workspace.org, workspace.channel, "telegram:5150#aline_u", "hi again")
    workspace.at.crash_decider()
    workspace.at.receive(workspace.org, workspace.channel, "telegram:5150", "and again")

    created = workspace.at.events(workspace.org, "contact_created")
    assert [each["data"]["contact"]["urns"] for each in created] == [
        [f"telegram:5150?channel={workspace.channel}#aline"]
    ]
    assert texts(workspace) == ["hi", "hi again", "and again"]
    assert not workspace.at.events(workspace.org, "input_refused")


def test_one_more_address_may_have_a_name_too(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi", also_known_as="telegram:5150#aline")

    assert urns(workspace)[-1][-1] == f"telegram:5150?channel={workspace.channel}#aline"


def test_an_event_that_comes_again_starts_nothing_twice_also_after_a_crash(workspace: Workspace) -> None:
    flow = workspace.add_survey()
    workspace.must("add_trigger", trigger={"uuid": workspace.at.new_id(), "type": "new_conversation", "flow": flow})
    for external_id in ("31", "31", "32", "31"):
        data = {"channel": workspace.channel, "type": "new_conversation", "urn": ANNE, "extra": {}}
        data |= {"occurred_on": workspace.at.now_text, "external_id": external_id}
        workspace.at.append(workspace.org, "fact", "channel_event_occurred", data)
        workspace.at.run()
        workspace.at.crash_decider()

    assert len(workspace.at.events(workspace.org, "run_started")) == 2


# ---- URNs that an aggregator tells when we write ---------------------------------------------------------------------------------


def learn(workspace: Workspace, urn: str, also: str) -> None:
    data = {"channel": workspace.channel, "type": "urn_learned", "urn": urn, "also_known_as": also, "extra": {}}
    workspace.at.append(workspace.org, "fact", "channel_event_occurred", {**data, "occurred_on": workspace.at.now_text})
    workspace.at.run()


def test_a_urn_that_is_told_when_we_write_comes_behind_the_others(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi")
    learn(workspace, ANNE, SECOND)
    learn(workspace, ANNE, SECOND)

    assert [[urn.partition("?")[0] for urn in each] for each in urns(workspace)] == [[ANNE, SECOND]]


def test_a_urn_that_is_good_once_only_is_followed_by_the_one_that_is_told(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, "facebook:ref:abc", "hi")
    learn(workspace, "facebook:ref:abc", "facebook:12345")

    assert urns(workspace)[-1][0].startswith("facebook:12345")


def test_a_urn_that_somebody_has_stays_theirs_and_nobody_is_begun_for_one(workspace: Workspace) -> None:
    workspace.at.receive(workspace.org, workspace.channel, ANNE, "hi")
    workspace.at.receive(workspace.org, workspace.channel, SECOND, "hi")
    before = len(workspace.at.events(workspace.org))
    learn(workspace, ANNE, SECOND)
    learn(workspace, "whatsapp:250788999999", "whatsapp:RW.9")

    assert len(workspace.at.events(workspace.org)) == before
