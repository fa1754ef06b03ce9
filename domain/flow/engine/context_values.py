"""Small objects that expressions meet in many places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.contact.assets import Channel, User
from domain.contact.timestamps import moment_in
from domain.contact.urns import REDACTED, ContactURN, read_urn
from domain.environment.words import words_of
from domain.expressions.values.json_text import number_of_json
from domain.expressions.values.kinds import MISSING, ObjectValue, Value
from domain.expressions.values.rendering import render

if TYPE_CHECKING:
    from domain.flow.engine.execution import Execution

MAX_DEPTH = 100
"""How deep JSON from outside is read; what lies deeper is null."""


def moment(text: str) -> datetime:
    """A timestamp of state as a datetime."""
    return moment_in(text)


def json_value(document: Any, depth: int = 0) -> Value:
    """JSON as a value of the expression language."""
    if document is None or isinstance(document, str | bool | Decimal):
        return document
    if isinstance(document, int):
        return Decimal(document)
    if isinstance(document, float):
        return number_of_json(repr(document))
    if depth >= MAX_DEPTH:
        return None
    if isinstance(document, Mapping):
        return {key: json_value(value, depth + 1) for key, value in document.items()}
    return [json_value(value, depth + 1) for value in document]


def shown_urn(x: Execution, urn: ContactURN) -> str:
    """A URN as expressions see it: without its path where URNs are not to be seen."""
    return f"{urn.scheme}:{REDACTED}" if x.environment.redaction_policy == "urns" else urn.text


def redacted_urn(x: Execution, text: str) -> str:
    """The same for a URN that is text."""
    return shown_urn(x, read_urn(text))


def named_object(uuid: str, name: str) -> Value:
    """Something that has a uuid and stands for its name."""
    return {"__default__": name, "uuid": uuid, "name": name}


def flow_object(x: Execution, reference: Mapping[str, Any]) -> Value:
    """`@run.flow`: a flow that is gone shows as `<missing>`."""
    uuid = reference.get("uuid", "")
    flow = x.assets.flow_or_none(uuid)
    name = flow.name if flow is not None else "<missing>"
    revision = flow.definition.revision if flow is not None else reference.get("revision") or 0
    return {"__default__": name, "uuid": uuid, "name": name, "revision": Decimal(revision)}


class ChannelView(ObjectValue):
    """A channel; stands for its name."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def property(self, name: str) -> Value:
        return getattr(self._channel, name) if name in ("uuid", "name", "address") else MISSING

    def names(self) -> Iterable[str]:
        return ("uuid", "name", "address")

    def default(self) -> Value:
        return self._channel.name


class UserView(ObjectValue):
    """Somebody of the workspace; stands for the name, else the e-mail address."""

    __slots__ = ("_user",)

    def __init__(self, user: User) -> None:
        self._user = user

    def property(self, name: str) -> Value:
        if name == "first_name":
            return first_word(self._user.name)
        return getattr(self._user, name) if name in ("email", "name") else MISSING

    def names(self) -> Iterable[str]:
        return ("email", "name", "first_name")

    def default(self) -> Value:
        return self._user.name or self._user.email


def first_word(name: str) -> str | None:
    """The first name of a full name."""
    words = words_of(name)
    return words[0] if words else None


class Lines(ObjectValue):
    """Values by key; stands for one line `Name: value` for each that has a value, sorted."""

    __slots__ = ("_names", "_values")

    def __init__(self, values: Mapping[str, Value], names: Mapping[str, str]) -> None:
        self._values = values
        self._names = names

    def property(self, name: str) -> Value:
        return self._values.get(name, MISSING)

    def names(self) -> Iterable[str]:
        return self._values

    def default(self) -> Value:
        shown = ((self._names.get(key) or key, value) for key, value in self._values.items() if value is not None)
        return "\n".join(sorted(f"{name}: {render(value)}" for name, value in shown))
