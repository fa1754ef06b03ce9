"""Access tokens are renewed before they end; a pair that X gave is not lost with its holder."""

from gateways.channels.facts import time_text
from tests.gateways.connections.processes import LEASE_SECONDS, quick_reconnects, until
from tests.gateways.connections.x.scene import HANDLE, Scene, tell

KEPT = {"refresh_token": "refresh 0", "client_id": "app", "client_secret": "word"}


def _changed(place: Scene) -> list[dict]:
    return [each["changes"]["config"] for each in place.processes.data("change_channel")]


def test_tokens_whose_end_nobody_knows_are_renewed_and_become_settings():
    async def story(place: Scene) -> None:
        place.x.refresh_tokens["refresh 0"] = "900"
        place.processes.start("one")
        await place.connected()
        await until(lambda: _changed(place))
        place.x.say("heard with the new one")
        await place.heard("heard with the new one")

        [config] = _changed(place)
        assert (config["access_token"], config["refresh_token"]) == ("access 1", "refresh 1")
        assert config["access_until"] == "2026-11-24T14:00:00.000000Z"
        assert config["handle_id"] == "900" and place.x.refreshed == ["refresh 0"]

    tell(story, token="ended long ago", **KEPT)


def test_they_are_renewed_ten_minutes_before_their_end_and_not_sooner():
    async def story(place: Scene) -> None:
        place.x.refresh_tokens["refresh 0"] = "900"
        place.processes.lease_seconds = 100_000
        end = time_text(place.processes.now().replace(hour=14))
        place.processes.listed = [place.handle(access_until=end, **KEPT)]
        place.processes.start("one")
        await place.connected()
        await place.time_passes(6_500)
        assert place.x.refreshed == []

        await place.time_passes(150)
        await until(lambda: _changed(place))
        assert place.x.refreshed == ["refresh 0"]

    tell(story)


def test_while_the_log_is_away_new_tokens_are_kept_and_the_next_holder_uses_them():
    async def story(place: Scene) -> None:
        place.x.refresh_tokens["refresh 0"] = "900"
        place.processes.log_is_away = True
        place.processes.start("one")
        await until(lambda: place.x.refreshed == ["refresh 0"])
        await until(lambda: place.processes.notes.read(HANDLE, "x:tokens"))
        await place.processes.kill("one")

        place.processes.seconds += LEASE_SECONDS
        place.processes.log_is_away = False
        place.processes.start("two")
        await place.connected()
        await until(lambda: _changed(place))

        assert _changed(place)[0]["refresh_token"] == "refresh 1" and place.x.refreshed == ["refresh 0"]

    tell(story, token="ended", **KEPT)


def test_a_refresh_token_that_is_refused_is_an_error_of_the_channel():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.processes.shown(HANDLE, "failed", "X does not renew the access: It was used.")
        assert not place.x.is_heard

    tell(story, token="ended", **KEPT)


def test_a_token_that_x_takes_no_more_is_renewed_whatever_its_end(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story(place: Scene) -> None:
        place.x.refresh_tokens["refresh 0"] = "900"
        end = time_text(place.processes.now().replace(hour=14))
        place.processes.listed = [place.handle(token="withdrawn", access_until=end, **KEPT)]
        place.x.users = {}
        place.processes.start("one")
        await until(lambda: place.x.refreshed)
        await place.connected()

    tell(story)
