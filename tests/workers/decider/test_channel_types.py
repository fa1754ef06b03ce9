"""Channel types of a workspace's own: in the log, known to doors and senders, out of reach for other workspaces."""

import pytest

from domain.errors import NotFound
from gateways.channels.catalogue import type_of
from tests.examples.installation import Installation, Workspace
from tests.gateways.channels.test_own_types import described
from tests.workers.decider.test_channels import add, known, refused


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def describe(workspace: Workspace, text: str = "", code: str = "ACME") -> str:
    item = {"uuid": workspace.at.new_id(), "code": code, "name": "Acme SMS", "text": text or described()}
    return str(workspace.must("add_channel_type", channel_type=item)["uuid"])


def test_a_channel_is_of_the_type_that_its_workspace_described(workspace: Workspace) -> None:
    describe(workspace)
    uuid = add(workspace, type="ACME")
    channel = known(workspace).find(uuid)

    assert channel is not None and type_of(channel).name == "Acme SMS"


def test_another_description_of_the_same_code_counts_for_its_channels_at_once(workspace: Workspace) -> None:
    first = describe(workspace)
    uuid = add(workspace, type="ACME")

    second = describe(workspace, described().replace("Acme SMS", "Acme 2"))

    channel = known(workspace).find(uuid)
    assert first == second
    assert channel is not None and type_of(channel).name == "Acme 2"


def test_it_is_not_removed_while_a_channel_is_of_it(workspace: Workspace) -> None:
    uuid = describe(workspace)
    channel = add(workspace, type="ACME")

    assert (
        refused(workspace, "remove_channel_type", channel_type=uuid)[1]
        == "Channels are of this type: remove them first."
    )
    workspace.must("remove_channel", channel=channel)
    workspace.must("remove_channel_type", channel_type=uuid)
    assert refused(workspace, "remove_channel_type", channel_type=uuid)[1] == f"There is no channel_type {uuid}."


@pytest.mark.parametrize(
    ("code", "text", "field"), [("acme", "", "type"), ("A", "", "type"), ("ACME", "#" * 70_000, "description")]
)
def test_codes_and_sizes_are_bounded(workspace: Workspace, code: str, text: str, field: str) -> None:
    item = {"uuid": workspace.at.new_id(), "code": code, "name": "Acme", "text": text or described()}

    assert refused(workspace, "add_channel_type", channel_type=item)[0] == field


def test_another_workspace_has_its_own_or_none(workspace: Workspace) -> None:
    other, third = Workspace(workspace.at), Workspace(workspace.at)
    describe(workspace)
    describe(other, described().replace("Acme SMS", "The other's"))
    uuids = [add(each, type="ACME") for each in (workspace, other, third)]
    directory = known(workspace)
    [ours, theirs, nobodys] = [directory.find(uuid) for uuid in uuids]
    assert ours is not None and theirs is not None and nobodys is not None

    assert (type_of(ours).name, type_of(theirs).name) == ("Acme SMS", "The other's")
    with pytest.raises(NotFound):
        type_of(nobodys)
