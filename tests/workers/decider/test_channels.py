"""Commands about channels: their terms are checked, they are paused and resumed, they work for one another."""

from typing import Any

import pytest

from gateways.ingest.channel_directory import ChannelDirectory
from tests.examples.installation import Installation, Workspace


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def refused(workspace: Workspace, name: str, **data: Any) -> tuple[str | None, str]:
    outcome = workspace.at.command(workspace.org, name, data)
    assert "sentence" in outcome, outcome
    return outcome.get("field"), outcome["sentence"]


def add(workspace: Workspace, **rest: Any) -> str:
    channel = {"uuid": workspace.at.new_id(), "type": "EX", "name": "Another", "address": "2021", "country": "RW"}
    made = {**channel, "schemes": ["tel"], "roles": ["send", "receive"], "config": {}, **rest}
    return str(workspace.must("add_channel", channel=made)["uuid"])


def known(workspace: Workspace) -> ChannelDirectory:
    """What processes know of channels that followed the log to its end."""
    directory = ChannelDirectory()
    for partition in range(workspace.at.log.partitions):
        directory.take(workspace.at.log.read(partition, -1, 100_000, ("configuration",)))
    return directory


def test_a_channel_is_paused_and_resumed_in_the_log(workspace: Workspace) -> None:
    workspace.must("pause_channel", channel=workspace.channel, reason="Credit is used up.")
    paused = known(workspace).find(workspace.channel)
    workspace.must("resume_channel", channel=workspace.channel)
    resumed = known(workspace).find(workspace.channel)

    assert paused is not None and paused.paused
    assert resumed is not None and not resumed.paused
    [event] = workspace.at.events(workspace.org, "channel_paused")
    assert event["data"] | {"paused_on": ""} == {
        "channel": workspace.channel,
        "paused_on": "",
        "reason": "Credit is used up.",
    }


def test_pausing_twice_and_resuming_what_runs_change_nothing(workspace: Workspace) -> None:
    workspace.must("resume_channel", channel=workspace.channel)
    workspace.must("pause_channel", channel=workspace.channel)
    workspace.must("pause_channel", channel=workspace.channel)

    assert len(workspace.at.events(workspace.org, "channel_paused")) == 1
    assert not workspace.at.events(workspace.org, "channel_resumed")


def test_a_pause_outlives_the_decider_and_a_change_of_the_channel(workspace: Workspace) -> None:
    workspace.must("pause_channel", channel=workspace.channel)
    workspace.at.crash_decider()
    workspace.must("change_channel", channel=workspace.channel, changes={"name": "Renamed"})
    workspace.must("pause_channel", channel=workspace.channel)

    found = known(workspace).find(workspace.channel)
    assert found is not None and (found.paused, found.name) == (True, "Renamed")
    assert len(workspace.at.events(workspace.org, "channel_paused")) == 1


def test_only_a_channel_that_is_there_can_be_paused(workspace: Workspace) -> None:
    assert refused(workspace, "pause_channel", channel="nowhere") == (None, "There is no channel nowhere.")


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"tps": "fast"}, "tps"), ({"quiet_hours": "at night"}, "quiet_hours"), ({"expire_minutes": -5}, "expire_minutes")],
)  # fmt: skip
def test_terms_that_cannot_be_read_are_refused_when_added_and_when_changed(
    workspace: Workspace, settings: dict[str, Any], field: str
) -> None:
    channel = {"uuid": workspace.at.new_id(), "type": "EX", "name": "New", "schemes": ["tel"], "config": settings}

    assert refused(workspace, "add_channel", channel=channel)[0] == field
    assert refused(workspace, "change_channel", channel=workspace.channel, settings=settings)[0] == field


def test_settings_are_changed_one_by_one(workspace: Workspace) -> None:
    workspace.must("change_channel", channel=workspace.channel, settings={"tps": 5, "send_url": "http://a/"})
    workspace.must("change_channel", channel=workspace.channel, settings={"tps": None, "quiet_hours": "21:00-07:00"})

    found = known(workspace).find(workspace.channel)
    assert found is not None and dict(found.config) == {"send_url": "http://a/", "quiet_hours": "21:00-07:00"}


def test_what_a_channel_does_not_have_cannot_be_changed(workspace: Workspace) -> None:
    assert refused(workspace, "change_channel", channel=workspace.channel, changes={"uuid": "x"})[0] == "uuid"


def test_quiet_hours_of_a_workspace_reach_its_channels_with_its_time_zone(workspace: Workspace) -> None:
    workspace.must("change_workspace", changes={"quiet_hours": "21:00-07:00"})

    found = known(workspace).find(workspace.channel)
    assert found is not None and (found.quiet_hours, found.timezone) == ("21:00-07:00", "Africa/Kigali")
    assert refused(workspace, "change_workspace", changes={"quiet_hours": "late"})[0] == "quiet_hours"


def test_a_delegate_sends_for_its_channel(workspace: Workspace) -> None:
    bulk = add(workspace, parent=workspace.channel, roles=["send"])
    message = {"uuid": workspace.at.new_id(), "text": "Hello"}

    workspace.must("send_message", message=message, urn="tel:+250788123123", new_uuid=workspace.at.new_id())

    [created] = workspace.at.events(workspace.org, "message_created")
    assert created["data"]["message"]["channel"]["uuid"] == bulk


def test_delegates_are_of_channels_that_stand_for_themselves(workspace: Workspace) -> None:
    bulk = add(workspace, parent=workspace.channel, roles=["send"])
    chat = add(workspace, schemes=["telegram"])
    new = {"uuid": workspace.at.new_id(), "type": "EX", "name": "New", "schemes": ["tel"], "config": {}}

    assert refused(workspace, "add_channel", channel={**new, "parent": bulk})[0] == "parent"
    assert refused(workspace, "add_channel", channel={**new, "parent": chat})[0] == "parent"
    assert refused(workspace, "change_channel", channel=workspace.channel, changes={"parent": chat})[0] is None
    assert refused(workspace, "add_channel", channel={**new, "roles": ["shout"]})[0] == "roles"


# ---- the loop guard ---------------------------------------------------------------------------------------------------------------


def say(workspace: Workspace, text: str) -> dict[str, Any]:
    message = {"uuid": workspace.at.new_id(), "text": text}
    workspace.must("send_message", message=message, urn="tel:+250788123123", new_uuid=workspace.at.new_id())
    said: dict[str, Any] = workspace.at.events(workspace.org, "message_created")[-1]["data"]["message"]
    return said


def test_the_same_text_over_and_over_is_stopped_as_looping(workspace: Workspace) -> None:
    said = [say(workspace, "I don't understand.") for _ in range(21)]

    assert [each["status"] for each in said] == ["queued"] * 20 + ["failed"]
    assert said[-1]["failed_reason"] == "looping"


def test_another_text_or_some_time_ends_the_loop(workspace: Workspace) -> None:
    for _ in range(20):
        say(workspace, "I don't understand.")

    assert say(workspace, "Do you?")["status"] == "queued"
    for _ in range(20):
        say(workspace, "Again")
    workspace.at.pass_time(301)
    assert say(workspace, "Again")["status"] == "queued"


# ---- time zones of contacts ---------------------------------------------------------------------------------------------------------


def test_a_message_says_its_contact_s_own_time_zone(workspace: Workspace) -> None:
    node = workspace.at.new_id()
    actions = [
        {"type": "set_contact_timezone", "uuid": workspace.at.new_id(), "timezone": "Asia/Tokyo"},
        {"type": "send_msg", "uuid": workspace.at.new_id(), "text": "Good night"},
    ]
    nodes = [{"uuid": node, "actions": actions, "exits": [{"uuid": workspace.at.new_id()}]}]
    definition = {"uuid": workspace.at.new_id(), "name": "Zones", "spec_version": "14.3.0", "language": "eng"}
    flow = workspace.must(
        "save_flow", definition={**definition, "type": "messaging", "localization": {}, "nodes": nodes}
    )
    trigger = {"uuid": workspace.at.new_id(), "type": "catch_all", "flow": flow["uuid"]}
    workspace.must("add_trigger", trigger=trigger)

    workspace.texts("tel:+250788999999", "hi")

    assert "timezone" not in say(workspace, "To somebody else")
    [first, *_] = workspace.at.events(workspace.org, "message_created")
    assert first["data"]["message"]["timezone"] == "Asia/Tokyo"
