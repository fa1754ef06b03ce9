"""What an organization has that contacts refer to: channels, fields, groups, topics and users.

`ContactAssets` is what the rules of the contact ask of the organization's catalogue; the whole catalogue, flows included,
is `domain.flow.assets.Assets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from domain.contact.channel_choice import ChannelChoice
    from domain.contact.groups import QueryGroups
    from domain.environment.environment import Environment
    from domain.environment.locations import LocationHierarchy

SEND, RECEIVE, CALL, ANSWER = "send", "receive", "call", "answer"


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in or out: a number or an account at an aggregator. One with a `parent` is a delegate: it does for that channel what it
    has roles for (a bulk sender beside a phone)."""

    uuid: str
    name: str
    address: str = ""
    schemes: tuple[str, ...] = ()
    roles: tuple[str, ...] = (SEND, RECEIVE)
    country: str = ""
    match_prefixes: tuple[str, ...] = ()
    allow_international: bool = False
    parent: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Channel:
        return cls(
            uuid=document["uuid"],
            name=document.get("name", ""),
            address=document.get("address", ""),
            schemes=tuple(document.get("schemes") or ()),
            roles=tuple(document.get("roles") or (SEND, RECEIVE)),
            country=document.get("country") or "",
            match_prefixes=tuple(document.get("match_prefixes") or ()),
            allow_international=bool(document.get("allow_international")),
            parent=document.get("parent") or "",
        )

    def has_role(self, role: str) -> bool:
        return role in self.roles

    def supports(self, scheme: str) -> bool:
        return scheme in self.schemes

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


@dataclass(frozen=True, slots=True)
class Field:
    """Something an organization wants to know of its contacts. `value_type` decides how values read in expressions."""

    key: str
    name: str
    value_type: str = "text"
    uuid: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Field:
        return cls(
            key=document["key"],
            name=document.get("name", ""),
            value_type=document.get("type") or "text",
            uuid=document.get("uuid", ""),
        )

    def reference(self) -> dict[str, Any]:
        return {"key": self.key, "name": self.name}


@dataclass(frozen=True, slots=True)
class Group:
    """A set of contacts: kept by hand, or, with a query, kept by the query."""

    uuid: str
    name: str
    query: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Group:
        return cls(uuid=document["uuid"], name=document.get("name", ""), query=document.get("query") or "")

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a ticket is about."""

    uuid: str
    name: str

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Topic:
        return cls(uuid=document["uuid"], name=document.get("name", ""))

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who works in the workspace."""

    uuid: str
    name: str
    email: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> User:
        return cls(uuid=document["uuid"], name=document.get("name", ""), email=document.get("email", ""))

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


class ContactAssets(Protocol):
    """What the rules of the contact ask of the catalogue. Mappings are in the catalogue's own order."""

    @property
    def channels(self) -> Mapping[str, Channel]:
        """By uuid."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """By key."""
        ...

    @property
    def groups(self) -> Mapping[str, Group]:
        """By uuid, without groups whose query can't be read."""
        ...

    @property
    def topics(self) -> Mapping[str, Topic]:
        """By uuid."""
        ...

    @property
    def users(self) -> Mapping[str, User]:
        """By uuid."""
        ...

    @property
    def query_groups(self) -> QueryGroups:
        """The groups that have a query, compiled and indexed by what they read."""
        ...

    @property
    def channel_choice(self) -> ChannelChoice:
        """Chooses among the channels."""
        ...

    def locations_for(self, environment: Environment) -> LocationHierarchy | None:
        """The places, indexed as the environment compares names; None for an organization without any."""
        ...
