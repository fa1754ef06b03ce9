"""Scanning, parsing, and writing down what was parsed."""

from pathlib import Path
from typing import Any

from domain.expressions import scanner
from domain.expressions.grammar import parse
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
from tests.conformance.kinds.expressions.checking import Check, Checks, names_of
from tests.conformance.outcomes import equal
from tests.conformance.typed_values import decoded


def _round_trip(given: dict[str, Any], folder: Path) -> Check:
    def check(case: str) -> str:
        tokens = scanner.scan(case, names_of(given))
        return equal("".join(token.source for token in tokens), case)

    return check


def _scanner(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        tokens = scanner.scan(case["input"], names_of(given))
        return equal([{"type": token.kind, "value": token.text} for token in tokens], case["tokens"])

    return check


def tree_of(encoded: dict[str, Any]) -> Node:
    """A tree out of the cases' JSON."""
    match encoded["node"]:
        case "ref":
            return Reference(encoded["name"])
        case "dot":
            return Dot(tree_of(encoded["container"]), encoded["lookup"])
        case "index":
            return Index(tree_of(encoded["container"]), tree_of(encoded["lookup"]))
        case "call":
            return Call(tree_of(encoded["func"]), tuple(map(tree_of, encoded["params"])))
        case "binary":
            return Binary(encoded["op"], tree_of(encoded["exp1"]), tree_of(encoded["exp2"]))
        case "negation" | "neg" | "unary":
            return Negation(tree_of(encoded["exp"]))
        case "paren":
            return Parentheses(tree_of(encoded["exp"]))
        case "anon":
            return AnonymousFunction(tuple(encoded["args"]), tree_of(encoded["body"]))
        case "null":
            return Literal(None)
    return Literal(decoded(encoded["value"]))


def _parse_trees(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        ours, theirs = parse(case["expression"]), tree_of(case["tree"])
        return equal(repr(ours).lower(), repr(theirs).lower())

    return check


def _canonical(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        tree = tree_of(case["tree"])
        found = canonical(tree), [canonical(node) for node in visited(tree)]
        return equal(found, (case["canonical"], case["visited"]))

    return check


CHECKS: dict[str, Checks] = {
    "template_round_trip": _round_trip,
    "scanner": _scanner,
    "parse_trees": _parse_trees,
    "canonical_strings": _canonical,
}
