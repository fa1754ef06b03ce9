"""The sync door of Android phones, in plain ASGI: `/relayers/relayer/register/` and `/relayers/relayer/sync/<id>/` (specs, 2).

An SMS is acknowledged when it is durable. Killed before the answer, the phone repeats what it said: messages are known again by a uuid that
follows from what they say, statuses only ever climb, calls are remembered with the phone.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson

from domain.errors import EvenkeelError, Invalid
from domain.events.versions import version_of
from domain.ports.relayers import Registration, Relayer, Relayers
from gateways.android import payload
from gateways.android.incoming import CALLS_REMEMBERED, Reported, phone_synced, read_reported
from gateways.android.payload import Command, Status
from gateways.android.read_models import NumberReader
from gateways.android.signature import is_signed, is_timely
from gateways.append.group_commit import GroupCommit
from gateways.channels.contract import Channel
from gateways.channels.log.figures import Figures

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, dict[str, Any]]

MAX_BODY = 1 << 20
MOST_AT_ONCE = 100  # messages of one answer; a phone with more waiting is woken again, or polls
NUMBER_SECONDS = 1.0  # how long an acknowledgement waits for the message's integer id
ACTOR = "door:A"


class Directory(Protocol):
    """The channels of the log; `caught_up` once all that stood there at the start are known."""

    caught_up: threading.Event

    def find(self, uuid: str) -> Channel | None: ...


class RelayerDoor:
    """An ASGI application. `new_id` gives uuid7 texts, `now` the time in UTC; `figures` counts what phones say, per channel."""

    def __init__(
        self,
        relayers: Relayers,
        directory: Directory,
        commit: GroupCommit,
        numbers: NumberReader,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        *,
        number_seconds: float = NUMBER_SECONDS,
        figures: Figures | None = None,
    ) -> None:
        self._relayers = relayers
        self._directory = directory
        self._commit = commit
        self._numbers = numbers
        self._new_id = new_id
        self._now = now
        self._number_seconds = number_seconds
        self._figures = figures or Figures()
        self.counts: dict[str, int] = {"registrations": 0, "syncs": 0, "messages": 0, "statuses": 0, "refused": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _respond(send, 500, b"POST Required", b"text/plain")
            return
        try:
            status, document = await self._answer(scope, await _body(receive))
        except Invalid as error:
            status, document = _error(400, 4, error.sentence)
        except EvenkeelError as error:
            status, document = _error(503, 5, error.sentence)
        except Exception:
            log.exception("A phone's request failed", extra={"action": "relayer_failed", "path": scope["path"]})
            status, document = _error(500, 5, "The request could not be handled.")
        self.counts["refused"] += status != 200
        await _respond(send, status, orjson.dumps(document), b"application/json")

    async def _answer(self, scope: Scope, body: bytes | None) -> Answer:
        if body is None:
            return _error(413, 4, f"The body is larger than {MAX_BODY} bytes.")
        match scope["path"].strip("/").split("/"):
            case ["relayers", "relayer", "register"]:
                return await self._register(body)
            case ["relayers", "relayer", "sync", number] if number.isascii() and number.isdecimal():
                return await self._sync(number, scope["query_string"], body)
        return _error(404, 4, "Not found: expected /relayers/relayer/register/ or /relayers/relayer/sync/<id>/.")

    # ---- registering -------------------------------------------------------------------------------------------------------

    async def _register(self, body: bytes) -> Answer:
        commands = payload.read_commands(body)
        fcm = next((each for each in commands if each.get("cmd") in ("fcm", "gcm")), {})
        status = next((each for each in commands if each.get("cmd") == "status"), {})
        device, token = _word(fcm.get("uuid")), _word(fcm.get("fcm_id"))
        if not device or not token:
            if _word(fcm.get("gcm_id")):
                return 200, {"cmds": [payload.too_old_to_register()]}
            raise Invalid("Expected the device's uuid and its fcm_id in the first command.", field="cmds")
        known = await asyncio.to_thread(self._relayers.find_by_device, device)
        if known is not None and self._is_released(known):
            await asyncio.to_thread(self._relayers.release, known.relayer_id)
        registration = Registration(
            device=device,
            fcm_id=token,
            country=_word(status.get("cc"))[:2].upper(),
            model=_word(status.get("dev"))[:64] or "Android",
            secret=_random(payload.SECRET_LENGTH),
            claim_code=_random(payload.CODE_LENGTH),
            channel=self._new_id(),
        )
        relayer = await asyncio.to_thread(self._relayers.register, registration)
        self.counts["registrations"] += 1
        return 200, {"cmds": [payload.registered(relayer)]}

    def _is_released(self, relayer: Relayer) -> bool:
        """Its channel was there, and is not any more."""
        return relayer.claimed and self._directory.caught_up.is_set() and self._directory.find(relayer.channel) is None

    # ---- syncing -----------------------------------------------------------------------------------------------------------

    async def _sync(self, number: str, query: bytes, body: bytes) -> Answer:
        relayer = await asyncio.to_thread(self._relayers.find, int(number)) if len(number) < 10 else None
        if relayer is not None and self._is_released(relayer):
            await asyncio.to_thread(self._relayers.release, relayer.relayer_id)
            relayer = None
        if relayer is None:
            return 200, {"cmds": [payload.released(number)]}
        refused = self._refused(relayer, query, body)
        if refused is not None:
            return refused
        commands = payload.read_commands(body)
        if not commands or commands[0].get("cmd") not in ("fcm", "gcm"):
            return _error(401, 4, "Missing FCM command")
        channel = self._directory.find(relayer.channel)
        if channel is None:
            if commands[0].get("uuid") == relayer.device:
                return 200, {"cmds": [payload.registered(relayer)]}
            return _error(401, 4, "Can't sync unclaimed channel")
        if not relayer.claimed:
            await asyncio.to_thread(self._relayers.mark_claimed, relayer.relayer_id)
        self.counts["syncs"] += 1
        return 200, {"cmds": await self._exchange(relayer, channel, commands)}

    def _refused(self, relayer: Relayer, query: bytes, body: bytes) -> Answer | None:
        given = {name: values[0] for name, values in parse_qs(query.decode("latin-1")).items()}
        ts = given.get("ts", "")
        if not ts.isascii() or not ts.isdecimal() or len(ts) > 12:
            raise Invalid("Expected Unix seconds.", field="ts")
        if not is_timely(int(ts), self._now().timestamp()):
            return _error(401, 3, "Old Request")
        if not is_signed(relayer.secret, ts, body, given.get("signature", "")):
            return _error(401, 1, "Invalid signature")
        return None

    async def _exchange(self, relayer: Relayer, channel: Channel, commands: Sequence[Command]) -> list[Command]:
        now = _text(self._now())
        said = next((each for each in commands if each.get("cmd") == "status"), None)
        status = payload.status_of(said) if said is not None else Status()
        reported = read_reported(commands, channel, now)
        numbers = await self._take_in(relayer, channel, commands, status, reported, now)
        answer = [each async for each in self._acks(channel, commands, status, reported, numbers)]
        if channel.paused:
            return answer
        but = status.held | reported.over
        waiting = await asyncio.to_thread(self._relayers.waiting, channel.uuid, but, MOST_AT_ONCE)
        return [*answer, *payload.broadcasts(waiting)]

    async def _take_in(
        self,
        relayer: Relayer,
        channel: Channel,
        commands: Sequence[Command],
        status: Status,
        reported: Reported,
        now: str,
    ) -> dict[str, int]:
        """Make durable what is new; returns the integer ids of the messages, as far as they have one already."""
        org, texts = channel.org_uuid, {data["message"]: data for data in reported.texts.values()}
        known = await asyncio.to_thread(self._numbers.of_messages, org, list(texts))
        facts = [self._event("message_received", data) for uuid, data in texts.items() if uuid not in known]
        calls = [key for key in reported.calls if key not in relayer.calls]
        facts += [self._event("channel_event_occurred", reported.calls[key]) for key in calls]
        reports = [self._event("delivery_reported", data) for data in reported.statuses]
        reports.append(self._event("phone_synced", phone_synced(commands, status, channel, now)))
        waits = [self._commit.append(org, "report", ACTOR, reports)]
        if facts:
            waits.append(self._commit.append(org, "fact", ACTOR, facts))
        if reported.wants_reset:
            gone = self._event("remove_channel", {"channel": channel.uuid})
            waits.append(self._commit.append(org, "command", ACTOR, [gone]))
        for wait in waits:
            await wait
        self.counts["messages"] += len(texts) - len(known)
        self.counts["statuses"] += len(reported.statuses)
        self._figures.count(channel, "received", len(texts) - len(known))
        self._figures.count(channel, "statuses", len(reported.statuses))
        self._figures.count(channel, "events", len(calls))
        await asyncio.to_thread(self._remember, relayer, channel, commands, status, reported, calls)
        return await self._numbered(org, list(texts), known)

    def _remember(
        self,
        relayer: Relayer,
        channel: Channel,
        commands: Sequence[Command],
        status: Status,
        reported: Reported,
        calls: Sequence[str],
    ) -> None:
        fcm_id, device = _word(commands[0].get("fcm_id")), _word(commands[0].get("uuid"))
        kept = (*relayer.calls, *calls)[-CALLS_REMEMBERED:]
        self._relayers.seen(
            relayer.relayer_id, fcm_id or relayer.fcm_id, device or relayer.device, dict(status.shown), kept
        )
        if reported.over:
            self._relayers.reported(channel.uuid, reported.over)

    async def _numbered(self, org: str, uuids: Sequence[str], known: dict[str, int]) -> dict[str, int]:
        """Wait a little for the ids that the decider gives; the phone does without if it must."""
        until = time.monotonic() + self._number_seconds
        while len(known) < len(uuids) and time.monotonic() < until:
            await asyncio.sleep(0.05)
            known = await asyncio.to_thread(self._numbers.of_messages, org, uuids)
        return known

    async def _acks(
        self, channel: Channel, commands: Sequence[Command], status: Status, reported: Reported, numbers: dict[str, int]
    ) -> Any:
        for place, command in enumerate(commands):
            name = command.get("cmd")
            if name == "status":
                org_id = await asyncio.to_thread(self._numbers.of_organization, channel.org_uuid)
                if org_id is not None and org_id != status.org_id:
                    yield payload.claimed(org_id)
            elif name == "mo_sms":
                text = reported.texts.get(place)
                yield payload.ack(command, numbers.get(text["message"]) if text else None)
            elif name in ("call", "reset") or name in payload.STATUSES:
                yield payload.ack(command)

    def _event(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"type": name, "version": version_of(name), "id": self._new_id(), "data": data}


def _random(length: int) -> str:
    return "".join(secrets.choice(payload.ALPHABET) for _ in range(length))


def _word(value: Any) -> str:
    return value.replace("\0", "").strip()[:512] if isinstance(value, str) else ""


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _error(status: int, error_id: int, sentence: str) -> Answer:
    return status, {"error_id": error_id, "error": sentence, "cmds": []}


async def _body(receive: Receive) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _respond(send: Send, status: int, body: bytes, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
