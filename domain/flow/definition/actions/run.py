"""Actions on the run itself, and on other flows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.flow.definition.actions.action import ONLINE, Action
from domain.flow.definition.checks import IS_LOCAL, IS_LOCAL_OPERATION, IS_RESULT_CATEGORY, IS_RESULT_NAME
from domain.flow.definition.references import ContactReference, FlowReference, GroupReference
from domain.flow.definition.shapes import flag, nested, nested_list, string, strings


@dataclass(frozen=True, slots=True)
class SetRunResult(Action):
    type: ClassVar[str] = "set_run_result"

    name: str = string(required=True, check=IS_RESULT_NAME)
    value: str = string(max_chars=10_000, template=True)
    category: str = string(omit_empty=True, check=IS_RESULT_CATEGORY, localizable=True)


@dataclass(frozen=True, slots=True)
class SetRunLocal(Action):
    """Sets, increments or clears a variable of the run."""

    type: ClassVar[str] = "set_run_local"

    local: str = string(required=True, check=IS_LOCAL)
    value: str = string(omit_empty=True, max_chars=1000, template=True)
    operation: str = string(required=True, check=IS_LOCAL_OPERATION)


@dataclass(frozen=True, slots=True)
class EnterFlow(Action):
    """Sends the contact into another flow; a terminal one never returns."""

    type: ClassVar[str] = "enter_flow"

    flow: FlowReference = nested(FlowReference, required=True)
    terminal: bool = flag()


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Contacts that a start leaves alone."""

    in_a_flow: bool = flag()


@dataclass(frozen=True, slots=True)
class StartSession(Action):
    """Starts other contacts in a flow."""

    type: ClassVar[str] = "start_session"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    groups: tuple[GroupReference, ...] = nested_list(GroupReference, max_items=100)
    contacts: tuple[ContactReference, ...] = nested_list(ContactReference, max_items=100)
    contact_query: str = string(omit_empty=True, max_chars=10_000, template=True)
    urns: tuple[str, ...] = strings(max_items=100)
    legacy_vars: tuple[str, ...] = strings(max_items=100, max_chars=1000, template=True)
    flow: FlowReference = nested(FlowReference, required=True)
    exclusions: Exclusions | None = nested(Exclusions, omit_empty=False)
    create_contact: bool = flag()
