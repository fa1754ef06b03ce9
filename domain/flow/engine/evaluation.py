"""Templates in the state of a sprint: the bridge from the engine to the expression language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from domain.environment.moments import from_epoch_nanos
from domain.environment.words import truncate_with_ellipsis
from domain.expressions.scope import Problem, Scope
from domain.expressions.template import Template
from domain.expressions.values.kinds import Value
from domain.flow.engine.context import RunContext

if TYPE_CHECKING:
    from domain.flow.engine.execution import Execution


class Evaluation:
    """Evaluates templates in the current state of a run. Made anew when the contact changes, and its environment with it.

    `spent` is the work that expressions of the sprint were before.
    """

    __slots__ = ("_limit", "scope")

    def __init__(self, execution: Execution, spent: int = 0) -> None:
        environment = execution.environment
        world = execution.world

        def now() -> datetime:
            return from_epoch_nanos(world.now(), environment.timezone)

        self._limit = execution.options.max_template_chars
        self.scope = Scope(environment, RunContext(execution), now, world.random, spent=spent)

    def text(self, template: Template, escape: Callable[[str], str] | None = None) -> tuple[str, list[Problem]]:
        """The text of a template, cut to the longest that is allowed, and the problems met."""
        text = template.evaluate(self.scope, escape)
        return truncate_with_ellipsis(text, self._limit), self._problems()

    def long_text(self, template: Template) -> tuple[str, list[Problem]]:
        """The text of a template however long, and the problems met."""
        return template.evaluate(self.scope), self._problems()

    def value(self, template: Template) -> tuple[Value, list[Problem]]:
        """The typed value of a template that is one expression, else its text, and the problems met."""
        return template.evaluate_value(self.scope), self._problems()

    def _problems(self) -> list[Problem]:
        problems = self.scope.problems
        if problems:
            self.scope.problems = []
        return problems
