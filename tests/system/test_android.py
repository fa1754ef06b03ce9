"""A conversation over an Android phone through the real processes: paired by its code, woken through FCM, killed in between."""

import os
import signal
import time
import uuid
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.fakes.android_phone import AndroidPhone
from tests.fakes.fcm import FakeFcm
from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import RunningInstallation, await_, running
from tests.system.workspace import BOTH_WAYS, SystemWorkspace

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


def _carrier(installation: RunningInstallation):
    def carry(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        try:
            with urlopen(Request(installation.base_url + path, body, method=method), timeout=120) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    return carry


def test_a_phone_is_paired_and_carries_a_flow_and_a_kill_repeats_nothing(
    tmp_path: Path, data_folder: Path, aggregator: Aggregator
):
    fcm = FakeFcm(tmp_path)
    environment = {"EVENKEEL_FCM_SERVICE_ACCOUNT": str(fcm.service_account), "EVENKEEL_FCM_URL": fcm.url}
    try:
        with running(data_folder, **environment) as installation:
            _pair_and_talk(installation, aggregator, fcm)
    finally:
        fcm.close()


def _pair_and_talk(installation: RunningInstallation, aggregator: Aggregator, fcm: FakeFcm) -> None:
    with installation.submitting() as submit:
        workspace = SystemWorkspace(installation, submit, aggregator)
        workspace.add_survey()
        gateway = {"uuid": str(uuid.uuid4()), "type": "EX", "name": "Gateway", "address": "+250788000001"}
        workspace.must("add_channel", channel={**gateway, **BOTH_WAYS, "config": aggregator.external_config()})
    phone = AndroidPhone(_carrier(installation), time.time)
    assert phone.register() == 200
    refused = installation.evenkeel("channel", "claim", workspace.org, phone.claim_code, "--number", "0788000001")
    assert "'Gateway' of this workspace has the number" in str(refused)
    claimed = installation.evenkeel("channel", "claim", workspace.org, phone.claim_code, "--number", "+250788000000")
    await_("claimed", lambda: phone.sync() == 200 and phone.org_id > 0)

    phone.sms_arrives("0788123123", "survey")
    await_("acknowledged", lambda: phone.sync() == 200 and "survey" in phone.inbox_ids)
    await_("woken for the answer", lambda: [each for each in fcm.pushed if each["token"] == phone.fcm_id])
    await_("asked", lambda: phone.sync() == 200 and phone.pending)
    os.kill(installation.processes()["light"], signal.SIGKILL)
    os.kill(installation.processes()["web"], signal.SIGKILL)
    (asked,) = phone.sends_all()
    assert asked[0] == "+250788123123"
    await_("reported", lambda: phone.sync() == 200 and not phone.queued)
    phone.says("mt_dlvd", next(iter(phone.outbox)))
    await_("delivered", lambda: phone.sync() == 200 and not phone.queued)

    api = ApiClient(installation.base_url, workspace.token)
    await_("delivered in the API", lambda: "delivered" in [each["status"] for each in api.get("messages").results])
    [said] = [each["id"] for each in api.get("messages").results if each["text"] == "survey"]
    assert phone.inbox_ids["survey"] in (said, None)  # an acknowledgement waits a second for the id, and goes without
    (channel,) = [each for each in api.get("channels").results if each["uuid"] == claimed["uuid"]]
    assert (channel["type"], channel["address"]) == ("android", "+250788000000")
    assert channel["device"]["power_level"] == 81
    await_("one more answer", lambda: phone.sync() == 200)
    assert phone.sends_all() == []
