"""A piece of an expression in the new language, as text, with what is needed to put it into a larger one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What is known of a value. Most often nothing: version 11 guessed from the value itself, at run time."""

    UNKNOWN = "unknown"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"


JOIN, EQUALITY, COMPARISON, SUM, PRODUCT, POWER, ATOM = range(1, 8)
"""How strongly a piece holds together, weakest first."""


class CannotMigrate(Exception):
    """The expression isn't one of version 11, or there is nothing like it now; it is kept as it is."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of the new language."""

    text: str
    strength: int = ATOM
    kind: Kind = Kind.UNKNOWN

    def within(self, strength: int) -> str:
        """The text, in parentheses if it would fall apart beside an operator of that strength."""
        return self.text if self.strength >= strength else f"({self.text})"


def call(name: str, *arguments: str, kind: Kind = Kind.UNKNOWN) -> Piece:
    """A function call."""
    return Piece(f"{name}({', '.join(arguments)})", ATOM, kind)


def binary(left: Piece, operator: str, right: Piece, strength: int, kind: Kind = Kind.UNKNOWN) -> Piece:
    """Two pieces with an operator between them; all operators group to the left."""
    return Piece(f"{left.within(strength)} {operator} {right.within(strength + 1)}", strength, kind)
