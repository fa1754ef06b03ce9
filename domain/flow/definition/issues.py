"""What authors should look at in a flow that can be run all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.expressions.patterns import strict_pattern
from domain.expressions.template import has_expressions
from domain.flow.definition.actions import StartSession
from domain.flow.definition.localization import Localization
from domain.flow.definition.model import Node, SwitchRouter

Issue = dict[str, Any]
"""{type, node_uuid, action_uuid?, language?, description} and what belongs to the type."""


def issue(
    kind: str, node_uuid: str, description: str, *, action_uuid: str = "", language: str = "", **more: Any
) -> Issue:
    """An issue; what is empty is left out."""
    made = {"type": kind, "node_uuid": node_uuid, "description": description, **more}
    if action_uuid:
        made["action_uuid"] = action_uuid
    if language:
        made["language"] = language
    return made


def missing_dependency(dependency: dict[str, Any], node_uuid: str, action_uuid: str, language: str) -> Issue:
    """The workspace has nothing like `dependency` ({uuid or key, name, type})."""
    identity = dependency.get("uuid") or dependency.get("key")
    description = f"missing {dependency['type']} dependency '{identity}'"
    return issue(
        "missing_dependency",
        node_uuid,
        description,
        action_uuid=action_uuid,
        language=language,
        dependency=dependency,
    )


def wrong_patterns(node: Node, localization: Localization) -> Iterator[Issue]:
    """Patterns of `has_pattern`, translated ones too, that are no regular expression. Those made by expressions are passed by."""
    if not isinstance(node.router, SwitchRouter):
        return
    for case in node.router.cases:
        if case.type.lower() != "has_pattern":
            continue
        written = [("", case.arguments), *localization.each_translation(case.uuid, "arguments")]
        for language, arguments in written:
            pattern = arguments[0] if arguments else ""
            if pattern and not has_expressions(pattern) and strict_pattern(pattern) is None:
                yield issue("invalid_regex", node.uuid, f"invalid regex: {pattern}", language=language, regex=pattern)


def legacy_variables(node: Node) -> Iterator[Issue]:
    """Actions that start others by the expressions of old flows, where a contact query would do."""
    for action in node.actions:
        if isinstance(action, StartSession) and action.legacy_vars:
            yield issue(
                "legacy_vars",
                node.uuid,
                "use of expressions instead of contact query",
                action_uuid=action.uuid,
                vars=list(action.legacy_vars),
            )
