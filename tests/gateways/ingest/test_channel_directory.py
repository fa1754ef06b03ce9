"""What a door knows of channels: from the log, over restarts, and while the log is away."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from domain.events.partitioning import partition_of
from domain.events.record import Record
from gateways.ingest.channel_directory import ChannelDirectory
from infra.event_log.memory import MemoryEventLog
from tests.examples.installation import Installation, Workspace


def test_a_channel_is_known_when_it_is_in_the_log() -> None:
    workspace = Workspace(Installation())
    directory = ChannelDirectory()
    directory.start(workspace.at.log)
    assert directory.caught_up.wait(60)

    found = directory.find(workspace.channel)
    directory.stop()

    assert found is not None and (found.type, found.org_uuid) == ("EX", workspace.org)
    assert found.created_on is not None and found.created_on.tzinfo is not None


def test_a_change_and_a_removal_arrive() -> None:
    workspace = Workspace(Installation())
    directory = ChannelDirectory()
    directory.start(workspace.at.log)

    workspace.must("change_channel", channel=workspace.channel, changes={"address": "3030"})
    await_(lambda: (found := directory.find(workspace.channel)) is not None and found.address == "3030")
    workspace.must("remove_channel", channel=workspace.channel)
    await_(lambda: directory.find(workspace.channel) is None)
    directory.stop()


def test_a_door_that_starts_while_the_log_is_away_knows_what_it_knew(tmp_path: Path) -> None:
    workspace = Workspace(Installation())
    first = ChannelDirectory(tmp_path / "channels.json")
    first.start(workspace.at.log)
    assert first.caught_up.wait(60)
    first.stop()

    again = ChannelDirectory(tmp_path / "channels.json")
    again._read_file()

    assert again.find(workspace.channel) is not None


def test_what_a_newer_program_configured_leaves_it_with_what_it_knew() -> None:
    workspace = Workspace(Installation())
    directory = ChannelDirectory()
    directory.start(workspace.at.log)
    assert directory.caught_up.wait(60)
    workspace.at.decider.close()
    newer = workspace.at.log.own("newer")
    newer.assignment()
    event = {"type": "channel_added", "version": 99, "id": "x", "of": "y", "n": 1, "data": {}}
    partition = partition_of(workspace.org, workspace.at.log.partitions)

    newer.commit(partition, [Record(workspace.org, "configuration", (event,), 1, "decider")], b"")

    await_(lambda: not directory.caught_up.is_set())
    assert directory.find(workspace.channel) is not None
    directory.stop()


def test_the_file_of_another_log_does_not_hide_what_is_in_this_one(tmp_path: Path) -> None:
    workspace = Workspace(Installation())
    first = ChannelDirectory(tmp_path / "channels.json")
    first.start(workspace.at.log)
    assert first.caught_up.wait(60)
    first.stop()
    other = Workspace(Installation(MemoryEventLog(2)))

    again = ChannelDirectory(tmp_path / "channels.json")
    again.start(other.at.log)
    assert again.caught_up.wait(60)
    again.stop()

    assert again.find(other.channel) is not None


def await_(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not true():
        assert monotonic() < deadline
        sleep(0.005)


def test_who_waits_for_what_was_configured_is_told_when_it_is_known_or_not_in_time() -> None:
    workspace = Workspace(Installation())
    directory = ChannelDirectory()
    directory.start(workspace.at.log)
    workspace.must("change_channel", channel=workspace.channel, changes={"address": "3030"})
    heads = workspace.at.log.heads()

    assert directory.await_reached(heads, 60)
    assert (found := directory.find(workspace.channel)) is not None and found.address == "3030"
    assert not directory.await_reached({number: head + 1 for number, head in heads.items()}, 0.01)
    directory.stop()
