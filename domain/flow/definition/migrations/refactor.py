"""Changes to what expressions in a template refer to.

Only expressions that change are written anew, in canonical form; text around them, other expressions and what can't be read
stay as they are, to the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from domain.expressions.references import renaming, rewritten
from domain.expressions.syntax_tree import Dot, Node, Reference, children, visited

MAX_RESULT_KEY: Final = 64
"""Characters of a result's key since 13.6.0."""

_WEBHOOK: Final = frozenset({"webhook"})
_RESULTS: Final = frozenset({"results"})
_WEBHOOK_RENAMED: Final = renaming("webhook", "webhook.json")


def rename_webhook(template: str) -> str:
    """The template with `webhook` replaced by `webhook.json` wherever an expression begins with it."""
    return _changed(template, "webhook", _WEBHOOK_RENAMED, _WEBHOOK)


def shorten_result_names(template: str) -> str:
    """The template with the names after `results.` cut to the length that keys of results may have."""
    return _changed(template, "results", _with_short_names, _RESULTS)


def _changed(template: str, mentioned: str, change: Callable[[Node], Node | None], names: frozenset[str]) -> str:
    if "@" not in template or mentioned not in template.lower():
        return template
    read, end, unread = template.partition("\0")
    return rewritten(read, change, names)[0] + end + unread


def _with_short_names(tree: Node) -> Node | None:
    """The tree with short names of results; None if there were no others."""
    exchanged: dict[int, Node] = {}
    for node in visited(tree):
        new = _with_exchanged(node, exchanged) if any(id(child) in exchanged for child in children(node)) else node
        match new:
            case Dot(Reference("results"), lookup) if len(lookup) > MAX_RESULT_KEY:
                new = Dot(new.container, lookup[:MAX_RESULT_KEY])
        if new is not node:
            exchanged[id(node)] = new
    return exchanged.get(id(tree))


def _with_exchanged(node: Node, exchanged: dict[int, Node]) -> Node:
    """The same kind of node with other children."""

    def new(part: Any) -> Any:
        return tuple(map(new, part)) if isinstance(part, tuple) else exchanged.get(id(part), part)

    made: Node = type(node)(*[new(getattr(node, field.name)) for field in fields(node)])
    return made
