"""What an expression can see and use while it is evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from domain.environment.environment import Environment
from domain.expressions.values.kinds import TooComplex, Value

BUDGET: Final = 10_000_000
"""What one expression may cost: every result of a call or an operation costs its length in bytes, at least 1."""

MAX_CALLS: Final = 1_000_000
"""How many calls one expression may make: a second of work, however small the results are."""

MAX_DEPTH: Final = 24
"""How deep anonymous functions may call one another; they can be made to call themselves."""


class RootContext(Protocol):
    """The names that expressions start from. A dict will do; its keys are lower-case."""

    def get(self, name: str, default: Any, /) -> Value:
        """The value of a lower-case name, which may be Lazy or Deprecated, or the default."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning that a template met.

    `kind` is "error" or "warning", `text` the sentence for the log, `message` the bare reason, `expression` the source
    (`@name` or `@(…)`), `code` "expression" or "expression:too_complex" for errors and "" for warnings.
    """

    kind: str
    text: str
    message: str
    expression: str
    code: str


class Scope:
    """One evaluation's surroundings, usable for any number of templates.

    `now` answers an aware datetime, `random` a float from 0 up to but not including 1. Both are asked only when an
    expression needs them, once per need. Problems of all templates evaluated with the scope collect in `problems`.
    """

    __slots__ = (
        "budget",
        "calls",
        "cost_limit",
        "depth",
        "environment",
        "frame",
        "now",
        "problems",
        "random",
        "root",
        "warnings",
    )

    def __init__(
        self,
        environment: Environment,
        root: RootContext | Mapping[str, Value],
        now: Callable[[], datetime],
        random: Callable[[], float],
        budget: int = BUDGET,
    ) -> None:
        self.environment = environment
        self.root = root
        self.now = now
        self.random = random
        self.cost_limit = budget
        self.budget = budget
        self.calls = MAX_CALLS
        self.depth = 0
        self.frame: dict[str, Value] = {}
        self.warnings: list[str] = []
        self.problems: list[Problem] = []

    def begin(self) -> None:
        """Starts an expression with a full budget."""
        self.budget = self.cost_limit
        self.calls = MAX_CALLS
        if self.depth:
            self.depth = 0
        if self.frame:
            self.frame = {}
        if self.warnings:
            self.warnings = []

    def warn(self, message: str) -> None:
        """Notes that the expression read something deprecated; the same message once."""
        if message not in self.warnings:
            self.warnings.append(message)

    def charge(self, value: Value) -> None:
        """Pays for a result. Raises TooComplex when the budget is used up."""
        if value.__class__ is str:
            self.budget -= (len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))) or 1
        else:
            self.budget -= 1
        if self.budget < 0:
            raise TooComplex

    def reserve(self, size: int) -> None:
        """Refuses, before it is built, a result that the budget could not pay for."""
        if size > self.budget:
            raise TooComplex
