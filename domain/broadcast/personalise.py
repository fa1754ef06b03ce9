"""What a broadcast says to one contact: its text may name the contact and the workspace's globals, as a flow's messages do.

An expression that can't be evaluated leaves nothing in its place, as in flows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.expressions.scope import Scope
from domain.expressions.template import compile_template, has_expressions
from domain.expressions.values.kinds import Value
from domain.flow.assets import Assets
from domain.flow.engine.contact_context import ContactView, contact_fields, contact_urns
from domain.flow.engine.context_values import Lines
from domain.flow.engine.environments import merged_environment

NAMES = frozenset({"contact", "fields", "urns", "globals"})


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What values of a contact need to know of its organization."""

    assets: Assets
    environment: Environment


def personalise(
    text: str,
    contact: Contact,
    assets: Assets,
    environment: Environment,
    now: Callable[[], datetime],
    random: Callable[[], float],
) -> str:
    """The text with its expressions evaluated for this contact."""
    if not has_expressions(text, NAMES):
        return text
    around: Any = _Surroundings(assets, merged_environment(environment, contact, assets, {}))
    root: dict[str, Value] = {
        "contact": ContactView(around, contact),
        "fields": contact_fields(around, contact),
        "urns": contact_urns(around, contact),
        "globals": Lines(
            {key: item.value for key, item in assets.globals.items()},
            {key: item.name for key, item in assets.globals.items()},
        ),
    }
    return compile_template(text, NAMES).evaluate(Scope(around.environment, root, now, random))
