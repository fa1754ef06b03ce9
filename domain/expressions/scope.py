"""What an expression can see and use while it is evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from domain.environment.environment import Environment
from domain.expressions.values.kinds import TooComplex, Value
from domain.expressions.weight import weight_of

BUDGET: Final = 10_000_000
"""What one expression may cost: every result of a call or an operation costs its length in bytes, at least 1."""

MAX_WORK: Final = 1_000_000
"""How much work one expression may be, in units of about a microsecond: every call is one, and one for each item of an array
and for every other character of a text that it or an operator is given. A second, however small the results are."""

MAX_WORK_OF_ALL: Final = 5_000_000
"""The same for all expressions of a scope: what a conversation may take of everybody's time before it waits again."""

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
    expression needs them, once per need. Problems of all templates evaluated with the scope collect in `problems`. `spent` is the work of expressions
    evaluated so far; a scope that follows another in the same conversation is given it.
    """

    __slots__ = (
        "budget",
        "cost_limit",
        "depth",
        "environment",
        "frame",
        "granted",
        "now",
        "problems",
        "random",
        "root",
        "spent",
        "warnings",
        "weights",
        "work",
    )

    def __init__(
        self,
        environment: Environment,
        root: RootContext | Mapping[str, Value],
        now: Callable[[], datetime],
        random: Callable[[], float],
        budget: int = BUDGET,
        spent: int = 0,
    ) -> None:
        self.environment = environment
        self.root = root
        self.now = now
        self.random = random
        self.cost_limit = budget
        self.budget = budget
        self.spent = spent
        self.work = self.granted = max(0, min(MAX_WORK, MAX_WORK_OF_ALL - spent))
        self.weights: dict[int, tuple[Value, int]] = {}
        self.depth = 0
        self.frame: dict[str, Value] = {}
        self.warnings: list[str] = []
        self.problems: list[Problem] = []

    def begin(self) -> None:
        """Starts an expression with a full budget."""
        self.budget = self.cost_limit
        if self.work != self.granted:
            self.settle()
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

    @property
    def work_done(self) -> int:
        """The work of all expressions so far, the last one's included."""
        return self.spent + self.granted - self.work

    def settle(self) -> None:
        """Adds the last expression's work to that of all, and grants the next one its own."""
        self.spent = self.work_done
        self.work = self.granted = max(0, min(MAX_WORK, MAX_WORK_OF_ALL - self.spent))
        self.weights = {}

    def labour(self, units: int) -> None:
        """Pays for work that is about to be done. Raises TooComplex when there is no time for it."""
        self.work -= units
        if self.work < 0:
            raise TooComplex

    def handle(self, value: Value) -> None:
        """Pays for going through a value, as deep as it is."""
        self.labour(weight_of(value, self.weights))

    def reserve(self, size: int) -> None:
        """Refuses, before it is built, a result that the budget could not pay for."""
        if size > self.budget:
            raise TooComplex
