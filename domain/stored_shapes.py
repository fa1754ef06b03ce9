"""State that is kept outside of the log (the state store's bodies, a door's file of channels) has the shape of the program that wrote it.

It is lifted when it is read, one shape at a time, never rebuilt from the log: that would mean reading an organization's whole past before
its next message can be decided. It is written back in the newest shape when it next changes. Whoever changes what
`Conversation.to_json` or a workspace item holds, so that an old one can't be read as it is, raises `newest` here and adds the lift.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from domain.errors import UnknownEvent

Document = dict[str, Any]

_SHAPE = "_shape"


@dataclass(frozen=True, slots=True)
class Shapes:
    """`lifts`: by shape, what makes the next one of it. The first shape is 1, and is not marked."""

    what: str
    newest: int = 1
    lifts: Mapping[int, Callable[[Document], Document]] = field(default_factory=dict)

    def marked(self, document: Document) -> Document:
        """To be stored."""
        return document if self.newest == 1 else {**document, _SHAPE: self.newest}

    def lifted(self, stored: Document) -> Document:
        """As of today. Raises UnknownEvent if a newer program stored it."""
        shape = stored.get(_SHAPE, 1)
        if shape > self.newest:
            raise UnknownEvent(
                f"{self.what} was stored in shape {shape} by a newer program, this one knows {self.newest}; upgrade it"
            )
        document = {key: value for key, value in stored.items() if key != _SHAPE} if _SHAPE in stored else stored
        for each in range(shape, self.newest):
            document = self.lifts[each](document)
        return document


CONVERSATION = Shapes("a conversation")

_OF_ITEMS: Mapping[str, Shapes] = MappingProxyType({})


def of_items(kind: str) -> Shapes:
    """Of workspace items of a kind ("channel", "flow", …): they change shape with the configuration events that carry them."""
    return _OF_ITEMS.get(kind) or Shapes(f"a {kind}")
