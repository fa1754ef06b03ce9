"""What a phone's request says, and the commands of an answer (specs, 2.2 to 2.5). Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from domain.errors import Invalid
from domain.ports.relayers import Relayer, Waiting

Command = dict[str, Any]

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SECRET_LENGTH, CODE_LENGTH = 64, 9
STATUSES = {"mt_sent": "sent", "mt_dlvd": "delivered", "mt_fail": "failed", "mt_error": "errored"}
CALLS = frozenset({"mo_call", "mt_call", "mo_miss"})
_OLD_NAMES = {
    "p_src": "power_source", "p_sts": "power_status", "p_lvl": "power_level", "net": "network_type",
    "pending": "pending_messages", "retry": "retry_messages",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Status:
    """`pending` and `retry`: ids of messages that the phone has and will still send. `org_id`: the workspace it believes to be of, -1 for none."""

    pending: tuple[int, ...] = ()
    retry: tuple[int, ...] = ()
    org_id: int = -1
    shown: tuple[tuple[str, Any], ...] = ()

    @property
    def held(self) -> frozenset[int]:
        return frozenset(self.pending + self.retry)


def read_commands(body: bytes) -> list[Command]:
    """The commands of a request, each with its `p_id` and a text for its `cmd`. Raises Invalid for what is no such document."""
    document = _document(body)
    commands = document.get("cmds") if isinstance(document, dict) else None
    if not isinstance(commands, list) or not all(isinstance(each, dict) for each in commands):
        raise Invalid("Expected a list of commands.", field="cmds")
    return [{"p_id": place, **each, "cmd": _text(each.get("cmd"))} for place, each in enumerate(commands, 1)]


def status_of(command: Command) -> Status:
    """Of a `status` command; old apps use long names. What isn't as it should be counts as not said."""

    def said(name: str) -> Any:
        return command.get(name, command.get(_OLD_NAMES.get(name, "")))

    shown = {
        "power_source": _text(said("p_src")),
        "power_status": _text(said("p_sts")),
        "power_level": whole_number(said("p_lvl")) or 0,
        "network_type": _text(said("net")),
        "device": _text(command.get("dev")),
        "os": _text(command.get("os")),
        "app_version": _text(command.get("app_version")),
    }
    organization = whole_number(command.get("org_id"))
    pending, retry = _ids(said("pending")), _ids(said("retry"))
    return Status(pending, retry, -1 if organization is None else organization, tuple(shown.items()))


def message_id(command: Command) -> int | None:
    """The message a command is about; 32-bit apps send large ids as negative ones."""
    number = whole_number(command.get("msg_id"))
    return number + (1 << 32) if number is not None and number < 0 else number


def whole_number(value: Any) -> int | None:
    """One of 64 bits."""
    if isinstance(value, str) and len(value) < 21 and value.removeprefix("-").isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if -(1 << 63) <= value < 1 << 63 else None


def ack(command: Command, message: int | None = None) -> Command:
    answer: Command = {"cmd": "ack", "p_id": command["p_id"]}
    return answer if message is None else answer | {"extra": {"msg_id": message}}


def registered(relayer: Relayer) -> Command:
    return {
        "cmd": "reg",
        "relayer_claim_code": relayer.claim_code,
        "relayer_secret": relayer.secret,
        "relayer_id": relayer.relayer_id,
    }


def too_old_to_register() -> Command:
    """Apps from before 2018, which push can't reach any more."""
    return {
        "cmd": "reg",
        "relayer_claim_code": "*" * CODE_LENGTH,
        "relayer_secret": "0" * SECRET_LENGTH,
        "relayer_id": -1,
    }


def claimed(org_id: int) -> Command:
    return {"cmd": "claim", "org_id": org_id}


def released(relayer_id: str) -> Command:
    return {"cmd": "rel", "relayer_id": relayer_id}


def broadcasts(messages: Sequence[Waiting]) -> Iterable[Command]:
    """Messages to send; neighbours with the same text share a command."""
    for text, group in groupby(messages, key=lambda each: each.text):
        yield {"cmd": "mt_bcast", "msg": text, "to": [{"phone": each.phone, "id": each.id} for each in group]}


def _document(body: bytes) -> Any:
    """Texts of phones may hold bytes and escapes that are no characters: those are left out."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        document = json.loads(body.decode(errors="ignore"))
        return orjson.loads(json.dumps(document, ensure_ascii=False).encode(errors="ignore"))
    except (ValueError, RecursionError):
        raise Invalid("Expected a JSON object with a list of commands.", field="cmds") from None


def _ids(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(number for each in value if (number := whole_number(each)) is not None)


def _text(value: Any) -> str:
    return value.replace("\0", "")[:64] if isinstance(value, str) else ""
