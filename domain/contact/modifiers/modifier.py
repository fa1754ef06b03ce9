"""What all modifiers are."""

from __future__ import annotations

from typing import Any, ClassVar

from domain.contact.contact import Contact
from domain.contact.modifiers.change import Change


class Modifier:
    """A wish to change a contact. It holds data; `apply` makes it true and says by events what changed."""

    __slots__ = ()

    type: ClassVar[str] = ""

    def apply(self, contact: Contact, change: Change) -> Contact:
        """The contact after the change, or the very same object when there was nothing to change."""
        raise NotImplementedError

    @property
    def touches(self) -> tuple[str, ...]:
        """What queries may read that this can change, as `domain.contact.groups` names it."""
        return ()

    def to_json(self) -> dict[str, Any]:
        """The modifier as a document, as `read_modifier` reads it."""
        raise NotImplementedError
