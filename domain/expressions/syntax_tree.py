"""The tree of an expression. Every node can be written back in canonical form.

Nodes are not to be changed; they are no frozen dataclasses only because those take three times as long to make.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from domain.expressions.quoting import quote
from domain.expressions.values.kinds import Value
from domain.expressions.values.number import number_text


@dataclass(slots=True)
class Literal:
    """A text, number, boolean or null; an XError where a number is out of range, and then `written` are its digits."""

    value: Value
    written: str = ""


@dataclass(slots=True)
class Reference:
    """A name: of an argument, of something in the context, or of a function. Kept as written."""

    name: str


@dataclass(slots=True)
class Dot:
    """`container.lookup`"""

    container: "Node"
    lookup: str


@dataclass(slots=True)
class Index:
    """`container[lookup]`"""

    container: "Node"
    lookup: "Node"


@dataclass(slots=True)
class Call:
    """`function(arguments…)`"""

    function: "Node"
    arguments: tuple["Node", ...]


@dataclass(slots=True)
class Negation:
    """`-operand`"""

    operand: "Node"


@dataclass(slots=True)
class Binary:
    """`left operator right`"""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(slots=True)
class Parentheses:
    """`(inner)`"""

    inner: "Node"


@dataclass(slots=True)
class AnonymousFunction:
    """`(parameters…) => body`"""

    parameters: tuple[str, ...]
    body: "Node"


Node = Literal | Reference | Dot | Index | Call | Negation | Binary | Parentheses | AnonymousFunction


def canonical(node: Node) -> str:
    """The node as text: single spaces around operators, names of functions and of the context in lower case."""
    written: list[str] = []
    waiting: list[Node | str] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            written.append(item)
        else:
            waiting.extend(reversed(_parts(item)))
    return "".join(written)


def _parts(node: Node) -> list[Node | str]:
    match node:
        case Literal(value, written):
            return [written or literal_text(value)]
        case Reference(name):
            return [name.lower()]
        case Dot(container, lookup):
            return [container, ".", lookup]
        case Index(container, lookup):
            return [container, "[", lookup, "]"]
        case Call(function, arguments):
            return [function, "(", *_joined(arguments), ")"]
        case Negation(operand):
            return ["-", operand]
        case Binary(operator, left, right):
            return [left, f" {operator} ", right]
        case Parentheses(inner):
            return ["(", inner, ")"]
        case AnonymousFunction(parameters, body):
            return [f"({', '.join(parameters)}) => ", body]


def _joined(nodes: tuple[Node, ...]) -> Iterator[Node | str]:
    for position, node in enumerate(nodes):
        if position:
            yield ", "
        yield node


def literal_text(value: Value) -> str:
    """A literal as it is written in an expression."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    return quote(value)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order they are written."""
    match node:
        case Dot(container, _):
            return (container,)
        case Index(container, lookup):
            return (container, lookup)
        case Call(function, arguments):
            return (function, *arguments)
        case Negation(inner) | Parentheses(inner):
            return (inner,)
        case Binary(_, left, right):
            return (left, right)
        case AnonymousFunction(_, body):
            return (body,)
    return ()


def visited(node: Node) -> list[Node]:
    """The node and everything below it, each after what it is made of."""
    found: list[Node] = []
    waiting: list[tuple[Node, bool]] = [(node, False)]
    while waiting:
        current, ready = waiting.pop()
        if ready:
            found.append(current)
            continue
        waiting.append((current, True))
        waiting.extend((child, False) for child in reversed(children(current)))
    return found
