"""A channel type that a workspace describes itself, through the real processes: in, out, by command line and API."""

from pathlib import Path

from tests.gateways.channels.test_own_types import described
from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import RunningInstallation, await_, post
from tests.system.workspace import SystemWorkspace, await_known_at_the_door

ANNE = "+250788333333"


def test_a_conversation_over_a_type_of_the_workspace_s_own(
    installation: RunningInstallation, workspace: SystemWorkspace, aggregator: Aggregator, tmp_path: Path
) -> None:
    run = installation.evenkeel
    workspace.add_survey()
    file = tmp_path / "acme.toml"
    file.write_text(described(), encoding="utf-8")
    config = f'{{"url": "http://127.0.0.1:{aggregator.port}", "key": "hush"}}'

    run("channel-type", "add", workspace.org, str(file))
    added = run("channel", "add", workspace.org, "ACME", "--address", "3030", "--config", config)
    await_known_at_the_door(added["receive_url"])
    assert post(added["receive_url"], {"from": ANNE, "text": "survey"}) == 200

    await_("the answer", lambda: aggregator.texts_to(ANNE))
    [listed] = run("channel-type", "list", workspace.org)
    assert (listed["type"], listed["name"]) == ("ACME", "Acme SMS")
    [attempt] = run("channel", "try", "ACME", "--workspace", workspace.org)["requests"]
    assert attempt["url"] == "https://aggregator.example/send"
    assert "remove them first" in run("channel-type", "remove", workspace.org, "ACME")["error"]


def test_the_api_checks_takes_shows_and_removes_descriptions(workspace: SystemWorkspace) -> None:
    api = ApiClient(workspace.installation.base_url, workspace.token)

    wrong = api.post("channel_types", {"description": described().replace("{text}", "{txet}")})
    made = api.post("channel_types", {"description": described()})
    again = api.post("channel_types", {"description": described().replace("Acme SMS", "Acme 2")})

    assert (wrong.status, list(wrong.body)) == (400, ["description"])
    assert (made.status, again.status, made.body["type"]) == (201, 200, "acme")
    [listed] = api.get("channel_types").results
    assert (listed["uuid"], listed["name"]) == (made.body["uuid"], "Acme 2")
    assert api.delete("channel_types", uuid=made.body["uuid"]).status == 204
    assert api.get("channel_types").results == []
