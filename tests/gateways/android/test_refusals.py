"""What the sync door of Android phones refuses."""

import json

import pytest

from tests.gateways.android.scene import events


@pytest.mark.parametrize(
    ("seconds", "secret", "body", "error_id"),
    [
        (16 * 60, None, None, 3),
        (-16 * 60, None, None, 3),
        (0, "another", None, 1),
        (0, None, b'{"cmds":[{"cmd":"status"}]}', 4),
        (0, None, b'{"cmds":[]}', 4),
    ],
    ids=["too old", "from the future", "another secret", "no fcm command", "no command"],
)
def test_what_is_not_as_it_should_be_is_refused_and_changes_nothing(scene, channel, seconds, secret, body, error_id):
    before = len(events(scene.log))
    phone = scene.phone
    body = (
        body
        or b'{"cmds":[{"cmd":"fcm","fcm_id":"x","uuid":"5f3c-device"},{"cmd":"mo_sms","phone":"+250788","msg":"x","ts":1}]}'
    )
    phone.secret = secret or phone.secret
    ts = str(int(scene.now.timestamp()) - seconds)

    path = f"/relayers/relayer/sync/{phone.relayer_id}/?ts={ts}&signature={phone.sign(ts, body)}"
    status, answer = scene.carry("POST", path, body)

    assert status == 401
    assert json.loads(answer)["error_id"] == error_id
    assert len(events(scene.log)) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/relayers/relayer/register/", b"", 500),
        ("POST", "/relayers/relayer/register/", b"no json", 400),
        ("POST", "/relayers/relayer/register/", b'{"cmds":[7]}', 400),
        ("POST", "/relayers/relayer/register/", b'{"cmds":[{"cmd":"fcm","uuid":"x"}]}', 400),
        ("POST", "/relayers/relayer/elsewhere/", b"{}", 404),
        ("POST", "/relayers/relayer/register/", b" " * ((1 << 20) + 1), 413),
    ],
)
def test_a_request_that_is_none_gets_a_clear_answer(scene, method, path, body, status):
    assert scene.carry(method, path, body)[0] == status


def test_an_unknown_relayer_is_told_to_forget_its_pairing(scene):
    status, answer = scene.carry("POST", "/relayers/relayer/sync/99/?ts=1&signature=x", b"{}")

    assert (status, json.loads(answer)) == (200, {"cmds": [{"cmd": "rel", "relayer_id": "99"}]})
