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
    children,
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
    arguments = _arguments(tree)
    for node in nodes:
        path = NOT_CONTEXT if id(node) in arguments else _path(node, paths, names)
        if path:
            paths[id(node)] = path
            if not isinstance(node, Parentheses):
                yield path


def _arguments(tree: Node) -> set[int]:
    """Those references, by identity, that mean an argument of an anonymous function around them."""
    found: set[int] = set()
    waiting: list[tuple[Node, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, bound = waiting.pop()
        if isinstance(node, Reference):
            if node.name.lower() in bound:
                found.add(id(node))
        elif isinstance(node, AnonymousFunction):
            waiting.append((node.body, bound | set(node.parameters)))
        else:
            waiting.extend((child, bound) for child in children(node))
    return found


def _path(node: Node, paths: dict[int, Path], names: AbstractSet[str]) -> Path:
    match node:
        case Reference(name):
            lowered = name.lower()
            return NOT_CONTEXT if lowered in FUNCTIONS and lowered not in names else (lowered,)
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
        arguments = _arguments(tree)
        for node in visited(tree):
            if isinstance(node, Reference):
                meant = node.name.lower() == old and id(node) not in arguments
                changed[id(node)] = replacement if meant else node
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
