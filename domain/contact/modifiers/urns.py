"""Modifiers of the contact's URNs, and of the channels preferred for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.contact.assets import SEND, Channel
from domain.contact.channel_choice import with_preferred_channel
from domain.contact.contact import Contact
from domain.contact.modifiers.change import Change
from domain.contact.modifiers.modifier import Modifier
from domain.contact.urns import ContactURN, read_urn
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import normalise_urn, validate_urn

APPEND, REMOVE, SET = "append", "remove", "set"


def _with_urns(contact: Contact, urns: tuple[ContactURN, ...], change: Change) -> Contact:
    if urns == contact.urns:
        return contact
    change.log("contact_urns_changed", urns=[urn.encoded for urn in urns])
    return contact.with_changes(urns=urns)


class _URNModifier(Modifier):
    __slots__ = ()

    @property
    def touches(self) -> tuple[str, ...]:
        return ("urn",)


@dataclass(frozen=True, slots=True)
class SetChannel(_URNModifier):
    """Makes a channel the preferred one for the URNs it can serve; None clears every preference."""

    channel: Channel | None
    type: ClassVar[str] = "channel"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if self.channel is not None and not self.channel.has_role(SEND):
            change.log_error("Can't set channel that can't send as the preferred channel")
            return contact
        return _with_urns(contact, with_preferred_channel(contact.urns, self.channel), change)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "channel": self.channel.reference() if self.channel else None}


@dataclass(frozen=True, slots=True)
class SetAffinity(_URNModifier):
    """Puts one of the contact's URNs first and gives it to a channel: the contact was just heard of there."""

    urn: str
    channel: Channel | None
    type: ClassVar[str] = "affinity"

    def apply(self, contact: Contact, change: Change) -> Contact:
        identity = read_urn(self.urn).identity
        ours = [urn for urn in contact.urns if urn.identity == identity]
        if not ours:
            return contact
        first = ours[0].with_channel(self.channel.uuid if self.channel else "")
        others = (urn for urn in contact.urns if urn.identity != identity)
        return _with_urns(contact, (first, *others), change)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "urn": self.urn, "channel": self.channel.reference() if self.channel else None}


@dataclass(frozen=True, slots=True)
class Route:
    """A URN, and the channel to prefer for it."""

    urn: str
    channel: Channel | None = None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"urn": self.urn}
        if self.channel is not None:
            document["channel"] = self.channel.reference()
        return document


@dataclass(frozen=True, slots=True)
class ChangeRoutes(_URNModifier):
    """Appends URNs, removes them, or replaces all. A URN that stays keeps its channel unless a set names another."""

    routes: tuple[Route, ...]
    modification: str
    type: ClassVar[str] = "routes"

    def apply(self, contact: Contact, change: Change) -> Contact:
        return _with_urns(contact, self._changed(contact, list(_readable(self.routes, change)), change), change)

    def _changed(
        self, contact: Contact, wanted: list[tuple[ContactURN, Channel | None]], change: Change
    ) -> tuple[ContactURN, ...]:
        if self.modification == REMOVE:
            gone = {urn.identity for urn, _ in wanted}
            return tuple(urn for urn in contact.urns if urn.identity not in gone)
        before = {urn.identity: urn for urn in contact.urns}
        urns = dict(before) if self.modification == APPEND else {}
        for urn, channel in wanted:
            if urn.identity in urns:
                continue
            if len(urns) >= change.rules.max_urns:
                change.log_error(f"Contact has too many URNs, limit is {change.rules.max_urns}")
                break
            known = before.get(urn.identity)
            if known is None and not change.rules.claim_urn(contact, urn.identity):
                change.log_error("URN is taken by another contact", "urn:taken", {"urn": urn.identity})
                continue
            kept = urn if known is None else known
            urns[urn.identity] = kept if channel is None else kept.with_channel(channel.uuid)
        return tuple(urns.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "routes": [route.to_json() for route in self.routes],
            "modification": self.modification,
        }


@dataclass(frozen=True, slots=True)
class ChangeURNs(_URNModifier):
    """`ChangeRoutes` without channels, as older hosts write it."""

    urns: tuple[str, ...]
    modification: str
    type: ClassVar[str] = "urns"

    def apply(self, contact: Contact, change: Change) -> Contact:
        return ChangeRoutes(tuple(Route(urn) for urn in self.urns), self.modification).apply(contact, change)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "urns": list(self.urns), "modification": self.modification}


def _readable(routes: Iterable[Route], change: Change) -> Iterable[tuple[ContactURN, Channel | None]]:
    """The routes with normalised URNs; those that aren't valid are complained of and left out."""
    for route in routes:
        normalised = normalise_urn(route.urn)
        try:
            validate_urn(normalised)
        except InvalidUrn:
            change.log_error(f"'{normalised}' is not valid URN", "urn:invalid", {"urn": normalised})
            continue
        urn = read_urn(normalised)
        yield urn.with_channel(""), route.channel or change.assets.channels.get(urn.channel_uuid)
