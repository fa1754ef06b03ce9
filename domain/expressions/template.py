"""Templates: texts with expressions, compiled once and evaluated many times.

template = compile_template("Hi @contact.first_name, you owe @(fields.debt * 2)")
template.evaluate(scope)          # the text; problems are in scope.problems
template.evaluate_value(scope)    # for a template that is one expression: its value, of its own type
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from domain.environment.words import trim
from domain.expressions.compiler import Closure, compile_node, work_of
from domain.expressions.grammar import parse
from domain.expressions.scanner import BODY, IDENTIFIER, ROOT_NAMES, Token, scan
from domain.expressions.scope import Problem, Scope
from domain.expressions.syntax_tree import Dot, Node, Reference
from domain.expressions.values.conversions import to_text
from domain.expressions.values.kinds import EvaluationError, TooComplex, Value, XError
from domain.expressions.weight import LIGHT

CACHED_TEMPLATES: Final = 20_000
CACHED_LONG_TEMPLATES: Final = 500
LONG: Final = 500
"""Characters. A template may take 300 bytes for each once it is compiled."""

MUCH_WORK: Final = 100
TOO_COMPLEX: Final = "expression is too complex to evaluate"


class Piece:
    """One expression of a template, ready to be evaluated."""

    __slots__ = ("_costs", "_evaluate", "_work", "error", "source")

    def __init__(self, token: Token) -> None:
        self.source = token.source
        self.error: str | None = None
        self._costs = False
        self._work = 0
        try:
            node = parse(token.text)
            self._costs = not _is_path(node)
            self._work = _work_of(token.text, node)
            self._evaluate: Closure = compile_node(node)
        except EvaluationError as error:
            self.error = str(error)
            self._evaluate = _always(XError(self.error))

    def value(self, scope: Scope) -> Value:
        """The expression's value; an error is a value too. Warnings become problems of the scope."""
        if self._costs:
            scope.begin()
        elif scope.warnings:
            scope.warnings = []
        try:
            if self._work:
                scope.labour(self._work)
            return self._evaluate(scope)
        except (TooComplex, RecursionError):
            return XError(TOO_COMPLEX, too_complex=True)

    def text(self, scope: Scope) -> str | XError:
        """The value as text, or the error that it is or that its text would be."""
        if self._costs:
            scope.begin()
        elif scope.warnings:
            scope.warnings = []
        try:
            if self._work:
                scope.labour(self._work)
            value = self._evaluate(scope)
            if value.__class__ is str or value.__class__ is XError:
                return value
            if value.__class__ not in LIGHT:
                if not self._costs:
                    scope.settle()
                scope.handle(value)
            return to_text(value)
        except EvaluationError as error:
            return XError(str(error))
        except (TooComplex, RecursionError):
            return XError(TOO_COMPLEX, too_complex=True)


def _work_of(expression: str, node: Node) -> int:
    """The work of evaluating an expression; 0 where it is little."""
    return work_of(node) if len(expression) > MUCH_WORK or "^" in expression else 0


def _is_path(node: Node) -> bool:
    """Whether an expression only looks things up, which costs nothing: `@contact.name`."""
    while isinstance(node, Dot):
        node = node.container
    return isinstance(node, Reference)


def _always(value: Value) -> Closure:
    return lambda scope: value


class Template:
    """A compiled template. `constant` is its text when it has no expressions, else None."""

    __slots__ = ("_names", "_parts", "_trimmed", "constant", "source")

    def __init__(self, source: str, names: AbstractSet[str] = ROOT_NAMES) -> None:
        self.source = source
        tokens = scan(source, names)
        self._parts: list[str | Piece] = [token.text if token.kind == BODY else Piece(token) for token in tokens]
        self.constant: str | None = None
        if all(isinstance(part, str) for part in self._parts):
            self.constant = "".join(part for part in self._parts if isinstance(part, str))
        self._names = names
        self._trimmed: Template | None = None

    @property
    def expressions(self) -> list[Piece]:
        """The template's expressions in order."""
        return [part for part in self._parts if part.__class__ is Piece]

    def evaluate(self, scope: Scope, escape: Callable[[str], str] | None = None) -> str:
        """The text with every expression replaced by its value's, put through `escape` first if one is given.

        An expression with an error gives no text but a problem in `scope.problems`: errors in the order of the
        expressions, then warnings, each once per expression.
        """
        if self.constant is not None:
            return self.constant
        written: list[str] = []
        warnings: list[Problem] = []
        for part in self._parts:
            if isinstance(part, str):
                written.append(part)
                continue
            text = part.text(scope)
            if scope.warnings:
                warnings.extend(_warnings(scope, part.source))
            if isinstance(text, str):
                written.append(text if escape is None else escape(text))
            else:
                scope.problems.append(_error(text, part.source))
        if warnings:
            scope.problems.extend(warnings)
        return "".join(written)

    def evaluate_value(self, scope: Scope) -> Value:
        """The value of a template that, spaces around it aside, is one expression; of any other the text without those spaces.

        An error is returned as the value and is no problem; those of a template that is more than one expression are.
        """
        trimmed = trim(self.source)
        if trimmed != self.source:
            if self._trimmed is None:
                self._trimmed = Template(trimmed, self._names)
            return self._trimmed.evaluate_value(scope)
        only = self._parts[0] if len(self._parts) == 1 else None
        if not isinstance(only, Piece):
            return self.evaluate(scope)
        value = only.value(scope)
        if scope.warnings:
            scope.problems.extend(_warnings(scope, only.source))
        return value


def _error(error: XError, expression: str) -> Problem:
    code = "expression:too_complex" if error.too_complex else "expression"
    return Problem("error", f"Error evaluating expression: {error.message}", error.message, expression, code)


def _warnings(scope: Scope, expression: str) -> list[Problem]:
    return [Problem("warning", message, message, expression, "") for message in scope.warnings]


def compile_template(text: str, names: frozenset[str] = ROOT_NAMES) -> Template:
    """The compiled template of a text. `names` are those that an `@name` may begin with."""
    return _compiled(text, names) if len(text) <= LONG else _compiled_long(text, names)


@lru_cache(maxsize=CACHED_TEMPLATES)
def _compiled(text: str, names: frozenset[str]) -> Template:
    return Template(text, names)


@lru_cache(maxsize=CACHED_LONG_TEMPLATES)
def _compiled_long(text: str, names: frozenset[str]) -> Template:
    return Template(text, names)


def has_expressions(text: str, names: AbstractSet[str] = ROOT_NAMES) -> bool:
    """Whether a text holds anything to evaluate."""
    return "@" in text and any(token.kind != BODY for token in scan(text, names))


def combined_errors(problems: list[Problem]) -> str:
    """All errors in one sentence: `error evaluating @(…): reason, error evaluating …`; "" when there are none."""
    return ", ".join(
        f"error evaluating {problem.expression}: {problem.message}" for problem in problems if problem.kind == "error"
    )


__all__ = ["IDENTIFIER", "Piece", "Template", "combined_errors", "compile_template", "has_expressions"]
