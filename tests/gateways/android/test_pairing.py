"""Pairing with an Android phone, how the phone is, and the end of it."""

import json


def test_a_phone_that_registers_gets_an_id_a_secret_and_a_claim_code(scene):
    assert scene.phone.register() == 200

    assert scene.phone.relayer_id > 0
    assert len(scene.phone.secret) == 64
    assert len(scene.phone.claim_code) == 9
    assert not set(scene.phone.claim_code + scene.phone.secret) & set("01IOabcdefghijklmnopqrstuvwxyz")


def test_an_unclaimed_phone_is_told_its_code_again(scene):
    scene.phone.register()
    code, secret = scene.phone.claim_code, scene.phone.secret

    assert scene.phone.sync() == 200

    assert (scene.phone.claim_code, scene.phone.secret) == (code, secret)


def test_a_claimed_phone_learns_its_organization_with_the_next_sync(scene, channel):
    assert scene.phone.org_id == 12


def test_a_phone_installed_anew_keeps_its_channel_and_gets_another_secret(scene, channel):
    number, secret = scene.phone.relayer_id, scene.phone.secret
    scene.phone.org_id = -1

    scene.phone.register()
    scene.phone.sync()

    assert scene.phone.relayer_id == number
    assert scene.phone.secret != secret
    assert scene.phone.org_id == 12


def test_a_phone_whose_channel_was_removed_is_released_and_may_register_as_a_new_one(scene, channel):
    number = scene.phone.relayer_id
    scene.release(channel)

    assert scene.phone.sync() == 200
    assert (scene.phone.relayer_id, scene.phone.org_id) == (-1, -1)
    scene.phone.register()

    assert scene.phone.relayer_id not in (-1, number)


def test_a_code_claims_only_once(scene, channel):
    assert scene.relayers.find_by_code(scene.phone.claim_code) is None


def test_an_app_that_push_cant_reach_any_more_gets_a_code_of_stars(scene):
    body = json.dumps({"cmds": [{"cmd": "gcm", "gcm_id": "old"}, {"cmd": "status"}]}).encode()

    status, answer = scene.carry("POST", "/relayers/relayer/register/", body)

    assert status == 200
    assert json.loads(answer)["cmds"][0] == {
        "cmd": "reg", "relayer_claim_code": "*********", "relayer_secret": "0" * 64, "relayer_id": -1,
    }  # fmt: skip


def test_a_sync_reports_how_the_phone_is(scene, channel):
    scene.phone.pending = [5, 6]

    scene.phone.sync()

    synced = scene.events("phone_synced")[-1]
    assert (synced["power_level"], synced["power_status"], synced["network_type"], synced["pending"]) == (
        81,
        "DIS",
        "LTE",
        2,
    )


def test_a_phone_that_is_reset_gives_its_channel_back(scene, channel):
    scene.phone.queued.append({"cmd": "reset"})

    scene.phone.sync()

    assert [each["channel"] for each in scene.events("remove_channel")] == [channel]
    assert scene.phone.queued == []
