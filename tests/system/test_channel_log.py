"""The channel log of a running installation: what went in and out, by command line and API, and the figures of it."""

import re
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from gateways.cli.compose import Submit
from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import await_, post
from tests.system.workspace import SystemWorkspace


@pytest.fixture
def api(workspace: SystemWorkspace) -> ApiClient:
    return ApiClient(workspace.installation.base_url, workspace.token)


def kept(ask: Callable[[], list[dict[str, Any]]], number: int) -> list[dict[str, Any]]:
    """Exchanges reach the log a moment later."""
    found: list[dict[str, Any]] = []

    def are_there() -> bool:
        found[:] = ask()
        return len(found) >= number

    await_(f"{number} exchanges", are_there)
    return found


def test_a_conversation_with_an_aggregator_can_be_read(
    workspace: SystemWorkspace, api: ApiClient, aggregator: Aggregator, submit: Submit
) -> None:
    phone = f"+25078{uuid.uuid4().int % 10_000_000:07}"
    channel, base = workspace.channel, workspace.installation.base_url
    contact = api.post("contacts", {"name": "Anne", "urns": [f"tel:{phone}"]}).body["uuid"]
    sent = api.post("messages", {"contact": contact, "text": "How are you?"}).body
    await_("sending", lambda: api.get("messages", uuid=sent["uuid"]).results[0]["status"] == "wired")
    assert post(f"{base}/c/ex/{channel}/delivered?id={sent['id']}", {}) == 200
    assert post(f"{base}/c/ex/{channel}/receive", {"text": "nobody"}) == 400

    about = kept(lambda: api.get("channel_log", message=sent["uuid"]).results, 2)
    errors = kept(lambda: api.get("channel_log", channel=channel, errors="true").results, 1)

    assert [(each["type"], each["direction"], each["status"]) for each in about] == [
        ("message_status", "in", 200), ("message_send", "out", 202),
    ]  # fmt: skip
    assert "How+are+you" in about[1]["request"] and sent["uuid"] in about[1]["messages"]
    assert [each["error"] for each in errors] == ["must have one of 'sender' or 'from' set"]
    assert api.get("channel_log", message=sent["id"]).results == about

    by_command = workspace.installation.evenkeel("channel", "log", workspace.org, "2020", "--message", str(sent["id"]))
    assert [each["uuid"] for each in by_command["exchanges"]] == [each["uuid"] for each in reversed(about)]
    assert len(workspace.installation.evenkeel("channel", "log", workspace.org, channel, "--errors")["exchanges"]) == 1
    recently = workspace.installation.evenkeel(
        "channel", "log", workspace.org, channel, "--since", "1h", "--limit", "2"
    )
    assert [each["type"] for each in recently["exchanges"]] == ["message_status", "message_receive"]
    assert not [event for event in workspace.installation.events(workspace.org) if event["type"] == "exchange_logged"]

    _figures_of(workspace)


def _figures_of(workspace: SystemWorkspace) -> None:
    def figure(name: str) -> float:
        with urllib.request.urlopen(f"{workspace.installation.base_url}/metrics") as answer:
            text = answer.read().decode()
        found = re.search(
            rf'^evenkeel_{name}{{channel="{workspace.channel}",type="EX",process="\w+"[^}}]*}} (\d+)$', text, re.M
        )
        return float(found[1]) if found else 0.0

    await_("figures of the sender", lambda: figure("channel_sent_total") == 1)
    await_("figures of the door", lambda: (figure("channel_statuses_total"), figure("channel_refused_total")) == (1, 1))
    await_("figures of the call", lambda: figure("channel_call_seconds_count") == 1)


def test_another_workspace_sees_nothing_and_only_administrators_may(
    workspace: SystemWorkspace, api: ApiClient, aggregator: Aggregator, submit: Submit
) -> None:
    assert post(f"{workspace.installation.base_url}/c/ex/{workspace.channel}/receive", {"text": "nobody"}) == 400
    kept(lambda: api.get("channel_log").results, 1)
    other = SystemWorkspace(workspace.installation, submit, aggregator, name="Another")
    stranger = ApiClient(api.base_url, other.token)

    assert stranger.get("channel_log").results == []
    assert stranger.get("channel_log", channel=workspace.channel).results == []
    assert api.get("channel_log", channel="nonsense").status == 400
    editor = ApiClient(api.base_url, workspace.add_token("editor"))
    assert editor.get("channel_log").status == 403
    assert "channel_log" not in api.get("").body


def test_an_anonymous_workspace_s_addresses_are_hidden(
    workspace: SystemWorkspace, aggregator: Aggregator, submit: Submit
) -> None:
    hidden = SystemWorkspace(workspace.installation, submit, aggregator, name="Hidden", anon=True)
    base = hidden.installation.base_url
    assert post(f"{base}/c/ex/{hidden.channel}/receive", {"from": "+250788123123", "text": "Muraho"}) == 200
    assert post(f"{base}/c/ex/{hidden.channel}/receive", {"from": "0788123123", "text": "Muraho"}) == 200

    found = kept(lambda: ApiClient(base, hidden.token).get("channel_log").results, 2)

    assert all("123123" not in str(each) and "Muraho" in each["request"] for each in found)
