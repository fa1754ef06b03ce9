"""Who a broadcast goes to, or which contacts are started in a flow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from domain.environment.words import trim
from domain.expressions.quoting import quote
from domain.expressions.template import Template, compile_template
from domain.flow.actions.references import NamedReferences
from domain.flow.definition.actions.message import SendBroadcast
from domain.flow.definition.actions.run import StartSession
from domain.flow.engine.execution import Execution
from domain.urn.normalise import is_valid_urn, normalise_urn
from domain.urn.phones import parse_phone

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class Recipients:
    """Groups, contacts and URNs by name, and a query for the rest."""

    groups: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    urns: list[str] = field(default_factory=list)
    contact_query: str = ""
    has_query: bool = False
    """Whether the action has a query, even one that came to nothing."""

    @property
    def is_empty(self) -> bool:
        return not (self.groups or self.contacts or self.urns or self.has_query)

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for name in ("groups", "contacts", "contact_query", "urns"):
            value = getattr(self, name)
            if value:
                document[name] = value
        return document


class CompiledRecipients:
    """The recipients of an action, ready to be found."""

    __slots__ = ("_action", "_groups", "_query", "_variables")

    def __init__(self, action: SendBroadcast | StartSession) -> None:
        self._action = action
        self._groups = NamedReferences("group", action.groups)
        self._variables: tuple[Template, ...] = tuple(compile_template(text) for text in action.legacy_vars)
        self._query = compile_template(action.contact_query)

    def found(self, x: Execution) -> Recipients:
        """The recipients as they are now; what can't be resolved is complained of and left out."""
        found = Recipients(
            contacts=[{"uuid": contact.uuid, "name": contact.name} for contact in self._action.contacts],
            urns=list(self._action.urns),
            has_query=bool(self._action.contact_query),
        )
        found.groups.extend(group.reference() for group in self._groups.found(x))
        for variable in self._variables:
            self._resolve(x, trim(x.text(variable)[0]), found)
        found.contact_query = trim(x.text(self._query, escape=quote)[0])
        return found

    @staticmethod
    def _resolve(x: Execution, text: str, found: Recipients) -> None:
        """Adds what a text means: a contact's uuid, a group's name, a URN or a telephone number."""
        if _UUID.fullmatch(text):
            found.contacts.append({"uuid": text, "name": ""})
            return
        group = x.assets.named("groups", text)
        if group is not None:
            found.groups.append(group.reference())
            return
        country = x.environment.default_country
        urn = normalise_urn(text, country)
        if is_valid_urn(urn):
            found.urns.append(urn)
            return
        number = parse_phone(text, country)
        if number:
            found.urns.append(f"tel:{number}")
            return
        x.log_error(f"'{text}' couldn't be resolved to a contact, group or URN")
