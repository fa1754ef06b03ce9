"""What a flow needs, what it gives, and what is wrong with it, without running it.

`inspect(flow)` is kept with each revision of a flow: editors list its results, the workspace its dependencies (a group that a
flow depends on is not to be deleted unasked), and flows that call it the results it wants of its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from domain.environment.words import snakify
from domain.expressions.references import context_references
from domain.expressions.template import has_expressions
from domain.flow.definition.actions import (
    Action,
    AddContactURN,
    CallClassifier,
    CallLLM,
    CallResthook,
    CallWebhook,
    OpenTicket,
    SetRunLocal,
    SetRunResult,
    TransferAirtime,
)
from domain.flow.definition.issues import Issue, legacy_variables, missing_dependency, wrong_patterns
from domain.flow.definition.model import Flow, Node, RandomRouter, SwitchRouter
from domain.flow.definition.references import FieldReference, GlobalReference, GroupReference, Reference
from domain.flow.definition.shapes import specs_of, write_object
from domain.flow.definition.templates import templates_of_node

Info = dict[str, Any]
IsKnown = Callable[[str, str], bool]
"""Whether the workspace has something of that kind ("group", "field", ...) with that uuid or key."""

_LOCALS_SET_BY: dict[type[Action], str] = {
    AddContactURN: "_has_urn",
    OpenTicket: "_new_ticket",
    TransferAirtime: "_new_transfer",
}
_WEBHOOK_CATEGORIES = ("Success", "Failure")
_CLASSIFIER_CATEGORIES = ("Success", "Skipped", "Failure")
_ALWAYS_THERE = frozenset({"contact"})
"""Kinds that are no part of the workspace's configuration, so that nothing can be said about them."""


class Found(NamedTuple):
    """A dependency, and where it was found."""

    reference: Reference
    node_uuid: str
    action_uuid: str = ""
    language: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        return self.reference.kind, self.reference.identity

    def as_json(self) -> Info:
        return {**write_object(self.reference), "type": self.reference.kind}


def inspect(flow: Flow, is_known: IsKnown | None = None) -> Info:
    """Inspects a flow. Without `is_known` nothing is reported as missing.

    Returns, ready to be written as JSON:

    - `counts`: {nodes, languages}; languages it is translated into, its own not counted
    - `dependencies`: [{uuid or key, name, type, missing?}], each once, in the order met
    - `locals`: the names of the variables that its actions set, sorted
    - `results`: [{key, name, categories, node_uuids}], each key once, in the order met
    - `parent_refs`: the keys of the results that it looks up in the flow that called it, sorted
    - `waiting_exit_uuids`: the exits of the nodes that wait, in order: contacts leave by them when they have answered
    - `issues`: [{type, node_uuid, action_uuid?, language?, description, …}] by node; `type` is one of
      missing_dependency {dependency}, invalid_regex {regex}, legacy_vars {vars}
    """
    found: list[Found] = []
    parent_refs: set[str] = set()
    for node in flow.nodes:
        found.extend(_references_of(node))
        found.extend(_references_in_templates(node, flow, parent_refs))
    missing = set() if is_known is None else _missing(found, is_known)
    return {
        "counts": {"nodes": len(flow.nodes), "languages": len(flow.localization.translations)},
        "dependencies": _dependencies(found, missing),
        "locals": sorted(set(_locals_of(flow))),
        "results": _results_of(flow),
        "parent_refs": sorted(parent_refs),
        "waiting_exit_uuids": _waiting_exits(flow),
        "issues": _issues(flow, found, missing),
    }


def _references_of(node: Node) -> Iterator[Found]:
    """What the actions of a node refer to, then what the cases of its router do."""
    for action in node.actions:
        for reference in _references_in(action):
            yield Found(reference, node.uuid, action.uuid)
    if isinstance(node.router, SwitchRouter):
        for case in node.router.cases:
            if case.type.lower() == "has_group" and case.arguments and not has_expressions(case.arguments[0]):
                name = case.arguments[1] if len(case.arguments) > 1 else ""
                yield Found(GroupReference(case.arguments[0], name), node.uuid)


def _references_in(action: Action) -> Iterator[Reference]:
    for name, _ in specs_of(type(action)):
        value = getattr(action, name)
        for member in value if isinstance(value, tuple) else (value,):
            if isinstance(member, Reference) and not member.is_variable:
                yield member


def _references_in_templates(node: Node, flow: Flow, parent_refs: set[str]) -> Iterator[Found]:
    """Fields and globals that the templates of a node look up; the results they want of a parent go to `parent_refs`."""
    for text, action_uuid, language in templates_of_node(node, flow.localization):
        if "@" not in text:
            continue
        for path in context_references(text)[0]:
            if len(path) == 3 and path[:2] == ("parent", "results"):
                parent_refs.add(path[2])
                continue
            reference = _looked_up(path)
            if reference is not None:
                yield Found(reference, node.uuid, action_uuid, language)


def _looked_up(path: tuple[str, ...]) -> Reference | None:
    """The field or global at a path of the context: fields also below contacts and below parent and child runs."""
    if len(path) == 2 and path[0] == "globals":
        return GlobalReference(path[1])
    if path[0] in ("parent", "child"):
        path = path[1:]
    if path and path[0] == "contact":
        path = path[1:]
    return FieldReference(path[1]) if len(path) == 2 and path[0] == "fields" else None


def _missing(found: list[Found], is_known: IsKnown) -> set[tuple[str, str]]:
    identities = {each.identity for each in found if each.reference.kind not in _ALWAYS_THERE}
    return {identity for identity in identities if not is_known(*identity)}


def _dependencies(found: list[Found], missing: set[tuple[str, str]]) -> list[Info]:
    once: dict[tuple[str, str], Info] = {}
    for each in found:
        if each.identity not in once:
            once[each.identity] = each.as_json() | ({"missing": True} if each.identity in missing else {})
    return list(once.values())


def _locals_of(flow: Flow) -> Iterator[str]:
    for node in flow.nodes:
        for action in node.actions:
            if isinstance(action, SetRunLocal):
                yield action.local
            elif isinstance(action, CallLLM):
                yield action.output_local
            elif type(action) in _LOCALS_SET_BY:
                yield _LOCALS_SET_BY[type(action)]


def _results_of(flow: Flow) -> list[Info]:
    names: dict[str, str] = {}
    categories: dict[str, dict[str, str]] = {}
    nodes: dict[str, dict[str, None]] = {}
    for node in flow.nodes:
        for name, given in _results_of_node(node):
            key = snakify(name)
            names.setdefault(key, name)
            nodes.setdefault(key, {})[node.uuid] = None
            known = categories.setdefault(key, {})
            for category in given:
                known.setdefault(category.lower(), category)
    return [
        {"key": key, "name": name, "categories": list(categories[key].values()), "node_uuids": list(nodes[key])}
        for key, name in names.items()
    ]


def _results_of_node(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and categories of each result that a node may set."""
    for action in node.actions:
        if isinstance(action, SetRunResult):
            yield action.name, (action.category,) if action.category else ()
        elif isinstance(action, CallWebhook | CallResthook) and action.result_name:
            yield action.result_name, _WEBHOOK_CATEGORIES
        elif isinstance(action, CallClassifier):
            yield action.result_name, _CLASSIFIER_CATEGORIES
    if isinstance(node.router, SwitchRouter | RandomRouter) and node.router.result_name:
        yield node.router.result_name, tuple(category.name for category in node.router.categories)


def _waiting_exits(flow: Flow) -> list[str]:
    waiting = (node for node in flow.nodes if node.router is not None and node.router.wait is not None)
    return [way_out.uuid for node in waiting for way_out in node.exits]


def _issues(flow: Flow, found: list[Found], missing: set[tuple[str, str]]) -> list[Info]:
    issues: list[Issue] = [
        missing_dependency(each.as_json(), each.node_uuid, each.action_uuid, each.language)
        for each in dict.fromkeys(found)
        if each.identity in missing
    ]
    for node in flow.nodes:
        issues.extend(wrong_patterns(node, flow.localization))
        issues.extend(legacy_variables(node))
    order = {node.uuid: index for index, node in enumerate(flow.nodes)}
    return sorted(issues, key=lambda issue: order[issue["node_uuid"]])
