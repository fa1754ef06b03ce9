"""Where the templates of older definitions are, and how all of them are rewritten at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from domain.flow.definition.migrations.walk import Object, nodes_of, objects_in, translations_of

Path = tuple[str, ...]
"""Steps to a template: property names, with `*` for every member."""

Places = dict[str, tuple[Path, ...]]
"""Per type of action."""


def _places(**by_type: str) -> Places:
    return {name: tuple(tuple(path.split(".")) for path in paths.split()) for name, paths in by_type.items()}


BEFORE_13_6 = _places(
    add_contact_groups="groups.*.name_match",
    add_contact_urn="path",
    add_input_labels="labels.*.name_match",
    call_classifier="input",
    call_webhook="body headers.* url",
    open_ticket="assignee.email body",
    play_audio="audio_url",
    remove_contact_groups="groups.*.name_match",
    say_msg="text",
    send_broadcast="attachments.* contact_query groups.*.name_match legacy_vars.* quick_replies.* text",
    send_email="addresses.* body subject",
    send_msg="attachments.* quick_replies.* template_variables.* text",
    set_contact_field="value",
    set_contact_language="language",
    set_contact_name="name",
    set_contact_timezone="timezone",
    set_run_result="value",
    start_session="contact_query groups.*.name_match legacy_vars.*",
)
"""Templates of actions from 13.5.0 to 13.6.1."""

BEFORE_13_3: Places = {
    **BEFORE_13_6,
    "send_msg": (
        ("attachments", "*"),
        ("quick_replies", "*"),
        ("templating", "components", "*", "params", "*"),
        ("templating", "variables", "*"),
        ("text",),
    ),
}
"""Templates of actions up to 13.3.0."""

_OF_ROUTERS: tuple[Path, ...] = (("operand",), ("cases", "*", "arguments", "*"), ("wait", "phone"))


def rewrite_templates(flow: Object, places: Places, rewrite: Callable[[str], str]) -> None:
    """Puts what `rewrite` makes of each template, translations too, in its place."""
    for thing, paths in _holders(flow, places):
        for path in paths:
            _rewrite_at(flow, thing, path, rewrite)


def _holders(flow: Object, places: Places) -> Iterator[tuple[Object, tuple[Path, ...]]]:
    for node in nodes_of(flow):
        for action in objects_in(node, "actions"):
            yield action, places.get(str(action.get("type")), ())
        router = node.get("router")
        if isinstance(router, dict):
            yield router, _OF_ROUTERS


def _rewrite_at(flow: Object, holder: Any, path: Path, rewrite: Callable[[str], str]) -> None:
    key, rest = path[0], path[1:]
    if isinstance(holder, dict) and isinstance(holder.get("uuid"), str) and key != "*":
        for translation in translations_of(flow, holder["uuid"]):
            if key in translation:
                translation[key] = _rewritten(translation[key], rewrite)
    if not rest:
        _rewrite_members(holder, key, rewrite)
        return
    if key == "*":
        members = holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ()
        for member in members:
            _rewrite_at(flow, member, rest, rewrite)
    elif isinstance(holder, dict) and holder.get(key) is not None:
        _rewrite_at(flow, holder[key], rest, rewrite)


def _rewrite_members(holder: Any, key: str, rewrite: Callable[[str], str]) -> None:
    if isinstance(holder, dict):
        for name in list(holder) if key == "*" else [key]:
            if isinstance(holder.get(name), str):
                holder[name] = rewrite(holder[name])
    elif isinstance(holder, list) and key == "*":
        holder[:] = [rewrite(member) if isinstance(member, str) else member for member in holder]


def _rewritten(value: Any, rewrite: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [rewrite(member) if isinstance(member, str) else member for member in value]
    return value
