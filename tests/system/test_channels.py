"""Channels by the command line: paused, changed, and resumed, over every log adapter."""

import json
import uuid
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import RunningInstallation, await_
from tests.system.workspace import SystemWorkspace, await_known_at_the_door

BOB = "+250788222222"


@pytest.fixture
def api(workspace: SystemWorkspace, aggregator: Aggregator) -> ApiClient:
    return ApiClient(workspace.installation.base_url, workspace.token)


def waiting(installation: RunningInstallation, workspace: SystemWorkspace) -> int:
    return int(installation.evenkeel("status")["queues"]["send"].get(workspace.org, {}).get(workspace.channel, 0))


def test_a_paused_channel_keeps_its_messages_until_it_is_resumed(
    installation: RunningInstallation, workspace: SystemWorkspace, api: ApiClient, aggregator: Aggregator
) -> None:
    run = installation.evenkeel
    run("channel", "pause", workspace.org, workspace.channel, "--reason", "Credit is used up.")
    message = {"uuid": str(uuid.uuid4()), "text": "Wait for it"}
    workspace.must("send_message", message=message, urn=f"tel:{BOB}", new_uuid=str(uuid.uuid4()))
    await_("the message in the queue", lambda: waiting(installation, workspace) == 1)

    [paused] = [each for each in run("status")["paused"] if each["channel"] == workspace.channel]
    [shown] = [each for each in api.get("channels").results if each["uuid"] == workspace.channel]
    [listed] = run("channel", "list", workspace.org)

    assert (paused["reason"], shown["paused"], listed["waiting"]) == ("Credit is used up.", True, 1)
    assert aggregator.texts_to(BOB) == []

    run("channel", "resume", workspace.org, "Short code")

    await_("the message at the aggregator", lambda: aggregator.texts_to(BOB) == ["Wait for it"])
    assert run("channel", "list", workspace.org)[0]["paused_on"] is None


def test_settings_are_changed_one_by_one_and_checked(
    installation: RunningInstallation, workspace: SystemWorkspace
) -> None:
    run = installation.evenkeel
    refused = run("channel", "change", workspace.org, "2020", "--config", '{"quiet_hours": "at night"}')
    run("channel", "change", workspace.org, "2020", "--config", '{"tps": 25}', "--name", "SMS", "--international")
    run("workspace", "change", workspace.org, "--quiet-hours", "21:00-07:00")
    delegate = run("channel", "add", workspace.org, "KN", "--role", "send", "--parent", workspace.channel,
                   "--config", '{"username": "u", "password": "p", "send_url": "http://127.0.0.1/"}')  # fmt: skip

    assert refused["field"] == "quiet_hours"
    listed = {each["uuid"]: each for each in run("channel", "list", workspace.org)}
    assert listed[workspace.channel]["name"] == "SMS"
    assert (listed[delegate["uuid"]]["parent"], listed[delegate["uuid"]]["roles"]) == (workspace.channel, ["send"])
    [(doc, quiet)] = installation.rows(
        "select c.doc, w.doc->>'quiet_hours' from channels.channels c join workspaces.workspaces w using (org)"
        " where c.uuid = %s",
        workspace.channel,
    )
    assert (doc["config"]["tps"], doc["allow_international"], quiet) == (25, True, "21:00-07:00")
    assert doc["config"]["send_url"]


def test_a_device_that_registers_is_told_its_contact(
    installation: RunningInstallation, workspace: SystemWorkspace, api: ApiClient
) -> None:
    account = '{"FCM_CREDENTIALS_JSON": {"project_id": "health"}}'
    added = installation.evenkeel("channel", "add", workspace.org, "FCM", "--config", account)
    await_known_at_the_door(added["receive_url"])
    address = added["receive_url"].removesuffix("receive") + "register"

    def register(token: str) -> str:
        """Its contact's uuid; "" where the door had waited for it for two seconds and answered without."""
        form = urlencode({"urn": "device-1", "fcm_token": token, "name": "Aline"}).encode()
        with urlopen(Request(address, form), timeout=120) as answer:
            return str(json.loads(answer.read()).get("contact_uuid") or "")

    told = await_("the contact's uuid", lambda: register("t1"))

    assert await_("the same uuid", lambda: register("t2")) == told
    [contact] = api.get("contacts", urn="fcm:device-1").results
    assert (contact["uuid"], contact["name"]) == (told, "Aline")


def test_a_channel_is_for_the_scheme_it_is_told(installation: RunningInstallation, workspace: SystemWorkspace) -> None:
    config = '{"send_url": "http://127.0.0.1/"}'
    refused = installation.evenkeel(
        "channel", "add", workspace.org, "TG", "--scheme", "tel", "--config", '{"auth_token": "1:a"}'
    )
    added = installation.evenkeel(
        "channel", "add", workspace.org, "EX", "--scheme", "ext", "--name", "Own ids", "--config", config
    )

    [(doc,)] = await_(
        "the channel",
        lambda: installation.rows("select doc from channels.channels where uuid = %s", added["uuid"]),
    )
    assert (refused["field"], doc["schemes"]) == ("--scheme", ["ext"])
