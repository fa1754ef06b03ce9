"""What templates refer to, and templates rewritten: for finding a flow's dependencies and for migrating flows."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.grammar import parse
from domain.expressions.scanner import BODY, IDENTIFIER, NAME_PATH, ROOT_NAMES, Token, scan
from domain.expressions.syntax_tree import (
    AnonymousFunction,
    Binary,
    Call,
    Dot,
    Index,
    Literal,
    Negation,
    Node,
    Parentheses,
    Reference,
    canonical,
    visited,
)
from domain.expressions.values.kinds import EvaluationError

Path = tuple[str, ...]
NOT_CONTEXT: Final[Path] = ()


def context_references(text: str, names: AbstractSet[str] = ROOT_NAMES) -> tuple[list[Path], list[str]]:
    """Everything in the context that a template looks at, and the errors of expressions that can't be read.

    A path is lower-case names from the context down; each step of `@foo.bar` is one: `("foo",)` and `("foo", "bar")`.
    """
    paths: list[Path] = []
    errors: list[str] = []
    for token in scan(text, names):
        if token.kind == BODY:
            continue
        try:
            paths.extend(references_in(parse(token.text), names))
        except EvaluationError as error:
            errors.append(f"error evaluating {token.source}: {error}")
    return paths, errors


def references_in(tree: Node, names: AbstractSet[str] = ROOT_NAMES) -> Iterator[Path]:
    """The context paths in an expression, inner ones first."""
    paths: dict[int, Path] = {}
    nodes = visited(tree)
    arguments = {name for node in nodes if isinstance(node, AnonymousFunction) for name in node.parameters}
    for node in nodes:
        path = _path(node, paths, arguments, names)
        if path:
            paths[id(node)] = path
            if not isinstance(node, Parentheses):
                yield path


def _path(node: Node, paths: dict[int, Path], arguments: set[str], names: AbstractSet[str]) -> Path:
    match node:
        case Reference(name):
            lowered = name.lower()
            hidden = lowered in arguments or (lowered in FUNCTIONS and lowered not in names)
            return NOT_CONTEXT if hidden else (lowered,)
        case Parentheses(inner):
            return paths.get(id(inner), NOT_CONTEXT)
        case Dot(container, lookup):
            return _below(paths.get(id(container), NOT_CONTEXT), lookup)
        case Index(container, Literal(str() as lookup)):
            return _below(paths.get(id(container), NOT_CONTEXT), lookup)
    return NOT_CONTEXT


def _below(path: Path, name: str) -> Path:
    return (*path, name.lower()) if path else NOT_CONTEXT


def rewritten(
    text: str, change: Callable[[Node], Node | None], names: AbstractSet[str] = ROOT_NAMES
) -> tuple[str, list[str]]:
    """The template with each expression changed, and the errors of those that can't be read, which stay as they are.

    `change` gives the new tree, or None to leave the expression as it is written.
    """
    errors: list[str] = []
    written = []
    for token in scan(text, names):
        source = token.source
        if token.kind != BODY:
            try:
                changed = change(parse(token.text))
                source = source if changed is None else _source(token, changed)
            except EvaluationError as error:
                errors.append(f"error evaluating {source}: {error}")
        written.append(source)
    return "".join(written), errors


def _source(token: Token, tree: Node) -> str:
    expression = canonical(tree)
    if token.kind == IDENTIFIER and NAME_PATH.fullmatch(expression):
        return f"@{expression}"
    return f"@({expression})"


def renaming(old: str, new: str) -> Callable[[Node], Node | None]:
    """A change for `rewritten`: whatever began with one name of the context begins with another, or with a path."""
    replacement = parse(new)

    def change(tree: Node) -> Node | None:
        changed: dict[int, Node] = {}
        for node in visited(tree):
            if isinstance(node, Reference):
                changed[id(node)] = replacement if node.name.lower() == old else node
            else:
                changed[id(node)] = _with(node, changed)
        renamed = changed[id(tree)]
        return None if renamed is tree else renamed

    return change


def _with(node: Node, changed: dict[int, Node]) -> Node:
    """The node with its children exchanged; itself when none changed."""

    def new(child: Node) -> Node:
        return changed[id(child)]

    match node:
        case Dot(container, lookup) if new(container) is not container:
            return Dot(new(container), lookup)
        case Index(container, key) if new(container) is not container or new(key) is not key:
            return Index(new(container), new(key))
        case Call(called, arguments) if any(new(child) is not child for child in (called, *arguments)):
            return Call(new(called), tuple(map(new, arguments)))
        case Negation(operand) if new(operand) is not operand:
            return Negation(new(operand))
        case Binary(operator, left, right) if new(left) is not left or new(right) is not right:
            return Binary(operator, new(left), new(right))
        case Parentheses(inner) if new(inner) is not inner:
            return Parentheses(new(inner))
        case AnonymousFunction(parameters, body) if new(body) is not body:
            return AnonymousFunction(parameters, new(body))
    return node
