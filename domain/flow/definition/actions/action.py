"""What all actions have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.flow.definition.checks import FLOW_TYPES, IS_UUID
from domain.flow.definition.shapes import string

EVERYWHERE = frozenset(FLOW_TYPES)
INTERACTIVE = EVERYWHERE - {"messaging_background"}
ONLINE = EVERYWHERE - {"messaging_offline"}
VOICE_ONLY = frozenset({"voice"})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a node does when a contact arrives at it. Holds data only; the engine knows how to do it."""

    type: ClassVar[str] = ""
    allowed_in: ClassVar[frozenset[str]] = EVERYWHERE

    uuid: str = string(required=True, check=IS_UUID)

    def objection(self) -> str | None:
        """What is wrong with the action as a whole, as a sentence; None if nothing is."""
        return None
