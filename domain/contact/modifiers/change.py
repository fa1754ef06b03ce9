"""A change of a contact under way: what modifiers may ask and say while they work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.contact.assets import ContactAssets
from domain.contact.contact import Contact
from domain.contact.timestamps import rfc3339
from domain.contact.world import World
from domain.environment.environment import Environment
from domain.environment.moments import from_epoch_nanos

Event = dict[str, Any]
"""An event as it is recorded: `uuid`, `type`, `created_on` and what the type adds."""

URNClaim = Callable[[Contact, str], bool]
"""Whether the contact may have the URN of that identity; False when it belongs to another contact."""


def every_urn_is_free(contact: Contact, identity: str) -> bool:
    """Grants every URN: where there is nobody to compete with."""
    return True


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Limits of a contact's data, and who decides whether a URN is free."""

    max_name_chars: int = 128
    max_field_chars: int = 640
    max_urns: int = 50
    claim_urn: URNClaim = every_urn_is_free


DEFAULT_RULES = ContactRules()


def new_event(world: World, type_: str, /, **fields: Any) -> Event:
    """An event with a uuid and a time of its own."""
    uuid = world.uuid7()
    return {"uuid": uuid, "type": type_, "created_on": rfc3339(world.now()), **fields}


@dataclass(slots=True)
class Change:
    """One modifier at work: what it may ask, and the events so far."""

    environment: Environment
    assets: ContactAssets
    world: World
    rules: ContactRules = DEFAULT_RULES
    events: list[Event] = field(default_factory=list)

    def now(self) -> datetime:
        """The time, on the environment's clock."""
        return from_epoch_nanos(self.world.now(), self.environment.timezone)

    def log(self, type_: str, /, **fields: Any) -> None:
        self.events.append(new_event(self.world, type_, **fields))

    def log_error(self, text: str, code: str = "", extra: dict[str, str] | None = None) -> None:
        """Says what could not be done; the rest of the change goes on."""
        details: dict[str, Any] = {"text": text}
        if code:
            details["code"] = code
        if extra:
            details["extra"] = extra
        self.log("error", **details)
