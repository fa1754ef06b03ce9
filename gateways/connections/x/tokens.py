"""Access tokens of X last two hours; each is had for a refresh token, which is good for once and replaced with it.

A new pair is noted at once and then made a setting of the channel, so a kill in between loses nothing. (A kill between X's answer and the
note does: then the user has to authorise the app again. OAuth offers nothing against it.)
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from domain.errors import Unavailable
from gateways.channels.contract import Channel
from gateways.channels.facts import time_text
from gateways.channels.forms import FORM_TYPE
from gateways.channels.json_body import field_text
from gateways.channels.replies import parse_rfc3339
from gateways.channels.sending import dig
from gateways.connections.link import LinkLost, LinkTools
from gateways.connections.x.api import XApi, XRefused, XThrottled

PATH: Final = "/2/oauth2/token"
NOTE: Final = "x:tokens"
KEEP_SECONDS: Final = 30 * 86_400.0
BEFORE_THE_END: Final = timedelta(minutes=10)
USUAL_SECONDS: Final = 7_200


class Tokens:
    """Of one channel."""

    def __init__(self, api: XApi, tools: LinkTools) -> None:
        self._api = api
        self._tools = tools
        self._unsaved: dict[str, str] = {}
        self._is_stale = False

    def are_kept_for(self, channel: Channel) -> bool:
        """Whether there is what it takes to renew them."""
        return bool(channel.config.get("refresh_token") and channel.config.get("client_id"))

    def refused(self) -> None:
        """X doesn't take the present one, whatever it says about its end."""
        self._is_stale = True

    async def adopted(self, channel: Channel) -> Channel:
        """With the tokens that an earlier holder was given, if they are not among the settings yet."""
        if not self.are_kept_for(channel):
            return channel
        with suppress(Unavailable):
            noted = await asyncio.to_thread(self._tools.notes.read, channel.uuid, NOTE)
            found = orjson.loads(noted) if noted else {}
            if found.pop("instead_of", "") == _digest(channel):
                self._unsaved = found
        return _with(channel, self._unsaved)

    async def fresh(self, channel: Channel, tell: Callable[[str], None]) -> Channel:
        """With tokens that last for a while. Raises LinkLost if X doesn't renew them; what else goes wrong is tried again next time."""
        if not self.are_kept_for(channel):
            return channel
        try:
            if self._is_due(channel):
                channel = await self._renewed(channel)
            if self._unsaved:
                await self._tools.change(self._unsaved)
                self._unsaved = {}
        except XRefused as refusal:
            raise LinkLost(f"X does not renew the access: {refusal.sentence}", final=True) from None
        except (XThrottled, Unavailable) as later:
            tell(later.sentence)
        except LinkLost as lost:
            if lost.final:
                raise
            tell(lost.sentence)
        return channel

    def _is_due(self, channel: Channel) -> bool:
        until = parse_rfc3339(str(channel.config.get("access_until") or ""))
        return self._is_stale or until is None or until - self._tools.now() < BEFORE_THE_END

    async def _renewed(self, channel: Channel) -> Channel:
        config = channel.config
        form = {
            "grant_type": "refresh_token",
            "refresh_token": config["refresh_token"],
            "client_id": config["client_id"],
        }
        headers: tuple[tuple[str, str], ...] = (("Content-Type", FORM_TYPE),)
        if config.get("client_secret"):
            pair = f"{config['client_id']}:{config['client_secret']}".encode()
            headers = (*headers, ("Authorization", f"Basic {b64encode(pair).decode()}"))
        answer = await self._api.send("POST", PATH, headers, urlencode(form).encode())
        if not field_text(answer, "access_token"):
            raise LinkLost("X's answer holds no access token.")
        self._unsaved = self._settings(channel, answer)
        self._is_stale = False
        noted = orjson.dumps({"instead_of": _digest(channel), **self._unsaved}).decode()
        with suppress(Unavailable):
            await asyncio.to_thread(self._tools.notes.write, channel.uuid, NOTE, noted, KEEP_SECONDS)
        return _with(channel, self._unsaved)

    def _settings(self, channel: Channel, answer: Any) -> dict[str, str]:
        seconds = dig(answer, "expires_in")
        until: datetime = self._tools.now() + timedelta(seconds=seconds if isinstance(seconds, int) else USUAL_SECONDS)
        return {
            "access_token": field_text(answer, "access_token"),
            "refresh_token": field_text(answer, "refresh_token") or str(channel.config["refresh_token"]),
            "access_until": time_text(until.astimezone(UTC)),
        }


def _with(channel: Channel, settings: dict[str, str]) -> Channel:
    return replace(channel, config={**channel.config, **settings}) if settings else channel


def _digest(channel: Channel) -> str:
    """Names a refresh token without showing it."""
    return blake2b(str(channel.config.get("refresh_token")).encode(), digest_size=12).hexdigest()
