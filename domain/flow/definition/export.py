"""Export files: flows with the groups, fields, triggers and campaigns that belong to them, in one JSON document.

    {"version": "13", "site": "https://…", "flows": […], "campaigns": […], "triggers": […], "fields": […], "groups": […]}

Files of version 13 hold nodes and exits; those of version 11 action sets and rule sets, which are migrated. A flow definition
alone is read too, as a file that holds nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.clone import with_uuids
from domain.flow.definition.export_items import Item, Items, written_campaign, written_trigger
from domain.flow.definition.export_shapes import MAX_ITEMS, is_field_key, name_of_key
from domain.flow.definition.inspect import inspect
from domain.flow.definition.legacy.flow import LEGACY_KEYS
from domain.flow.definition.migrate import NEWEST, digest_of, ids_from, parse_version
from domain.flow.definition.read_json import decode, migrate, read_flow
from domain.flow.definition.read_nodes import read_node

Object = dict[str, Any]

FILE_VERSION = "13"
MAX_BYTES = 64 * 1024 * 1024
MAX_PROBLEMS = 100
"""Faults told at once."""
_OLDEST = 11


class ExportError(DefinitionError):
    """The export file can't be read. `problems` has a sentence for each fault, with the flow, node and action it is in.

    Of more than `MAX_PROBLEMS` faults the rest is only counted.
    """

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - MAX_PROBLEMS
        self.problems = tuple(problems[:MAX_PROBLEMS]) + ((f"and {more} more",) if more > 0 else ())
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class Export:
    """What an export file holds. Items have the shape that the commands take, campaigns that of `Items`.

    - `flows`: definitions of the newest version, each of which can be read
    - `groups` {uuid, name, query?}, `fields` {uuid, key, name, type}: also those that only flows, triggers or campaigns name
    - `labels` {uuid, name}, `topics` {uuid, name}, `globals` {uuid, key, name, value ""}: what flows depend on
    - `triggers` {uuid, type, keywords, match, flow, channel?, groups?, exclude_groups?, schedule?}
    - `campaigns` {uuid, name, group, events: [{uuid, type, relative_to, offset, unit, delivery_hour, start_mode,
      flow? or message and base_language}]}
    - `unresolved` [{type, uuid or key, name}]: what flows and triggers need and the file doesn't bring, such as channels
    """

    version: str = FILE_VERSION
    site: str = ""
    flows: tuple[Object, ...] = ()
    groups: tuple[Item, ...] = ()
    fields: tuple[Item, ...] = ()
    labels: tuple[Item, ...] = ()
    topics: tuple[Item, ...] = ()
    globals: tuple[Item, ...] = ()
    triggers: tuple[Item, ...] = ()
    campaigns: tuple[Item, ...] = ()
    unresolved: tuple[Item, ...] = field(default=(), compare=False)


def read_export(raw: Object | bytes | str, *, ids: Callable[[], str] | None = None, base_media_url: str = "") -> Export:
    """Everything in an export file.

    Args:
        raw: the file's bytes, or the JSON object in it; it is not changed.
        ids: version 4 UUIDs, for triggers and for what has none in old files; without it the same file gives the same ones.
        base_media_url: put before the paths of recordings and pictures of version 11 flows.

    Raises:
        ExportError: with everything that is wrong with the file.
    """
    document = _document(raw)
    site = document.get("site")
    if ids is None:
        ids = _ids_of(document)
    items = Items(document, ids)
    problems = list(items.problems.sentences)
    flows = list(_flows(document, ids, base_media_url, problems))
    problems.extend(_duplicates(flows))
    if problems:
        raise ExportError(problems)
    brought = _Brought(items, ids)
    for _, info in flows:
        brought.take(info["dependencies"])
    known = {definition["uuid"] for definition, _ in flows}
    return Export(
        version=str(document.get("version") or FILE_VERSION),
        site=site if isinstance(site, str) else "",
        flows=tuple(definition for definition, _ in flows),
        groups=tuple(items.groups.values()),
        fields=tuple(items.fields.values()),
        labels=tuple(brought.made["label"].values()),
        topics=tuple(brought.made["topic"].values()),
        globals=tuple(brought.made["global"].values()),
        triggers=tuple(items.triggers),
        campaigns=tuple(items.campaigns),
        unresolved=tuple(brought.unresolved(known)),
    )


def remapped(export: Export, mapping: Mapping[str, str]) -> Export:
    """The export with other uuids in the place of those in `mapping`, in flows, triggers, campaigns and everywhere else.

    For a workspace that has some of its groups, labels or flows already, under uuids of its own.
    """

    def counterpart(uuid: str) -> str:
        return mapping.get(uuid, uuid)

    def exchanged(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(with_uuids(item, counterpart) for item in items)

    return replace(
        export,
        flows=exchanged(export.flows),
        groups=exchanged(export.groups),
        fields=exchanged(export.fields),
        labels=exchanged(export.labels),
        topics=exchanged(export.topics),
        globals=exchanged(export.globals),
        triggers=tuple(_referring(trigger, counterpart) for trigger in exchanged(export.triggers)),
        campaigns=tuple(_campaign_referring(campaign, counterpart) for campaign in exchanged(export.campaigns)),
        unresolved=exchanged(export.unresolved),
    )


def _referring(item: Item, counterpart: Callable[[str], str]) -> Item:
    """The item with other uuids where it refers to a flow, channel or group by a bare uuid."""
    return {
        key: counterpart(value) if key in ("flow", "channel", "group") and isinstance(value, str) else value
        for key, value in item.items()
    }


def _campaign_referring(campaign: Item, counterpart: Callable[[str], str]) -> Item:
    points = [_referring(point, counterpart) for point in campaign["events"]]
    return {**_referring(campaign, counterpart), "events": points}


def write_export(export: Export) -> Object:
    """The export as the JSON document that files hold, version 13."""
    flow_names = {definition["uuid"]: definition.get("name", "") for definition in export.flows}
    groups = {group["uuid"]: group for group in export.groups}
    fields = {each["key"]: each for each in export.fields}
    return {
        "version": FILE_VERSION,
        "site": export.site,
        "flows": list(export.flows),
        "campaigns": [written_campaign(each, flow_names, groups, fields) for each in export.campaigns],
        "triggers": [written_trigger(each, flow_names, groups) for each in export.triggers],
        "fields": [{"key": each["key"], "name": each["name"], "type": each["type"]} for each in export.fields],
        "groups": [{"uuid": each["uuid"], "name": each["name"], "query": each.get("query")} for each in export.groups],
    }


def _document(raw: Object | bytes | str) -> Object:
    """The JSON object in the file. Raises ExportError if it is too large, no JSON, or of a version that can't be read."""
    if isinstance(raw, bytes | str) and len(raw) > MAX_BYTES:
        raise ExportError([f"the file is larger than {MAX_BYTES} bytes"])
    try:
        document = decode(raw)
    except DefinitionError as e:
        raise ExportError([e.sentence]) from e
    if "flows" not in document and ("nodes" in document or any(key in document for key in LEGACY_KEYS)):
        return {"flows": [document]}
    if not any(key in document for key in ("flows", "campaigns", "triggers", "fields", "groups")):
        raise ExportError(["the file holds no flows, campaigns, triggers, fields or groups"])
    written = document.get("version")
    if written is not None:
        _check_version(written, "the file")
    return document


def _ids_of(document: Object) -> Callable[[], str]:
    """UUIDs that follow from everything the file says, so that two files never share one."""
    try:
        return ids_from(digest_of(document))
    except DefinitionError as e:
        raise ExportError([e.sentence]) from e


def _check_version(written: Any, whose: str) -> None:
    text = str(written) if isinstance(written, int | float | str) and not isinstance(written, bool) else ""
    version = parse_version(text)
    if version is None:
        raise ExportError([f"{whose} has the version '{written}', which is no version number"])
    if version[0] < _OLDEST:
        raise ExportError(
            [
                f"{whose} is of version {text}, and versions before {_OLDEST} can't be read: export it once more where it came from"
            ]
        )
    if version[0] > NEWEST[0]:
        raise ExportError([f"{whose} is of version {text}, which is newer than this program"])


def _flows(
    document: Object, ids: Callable[[], str], base_media_url: str, problems: list[str]
) -> Iterator[tuple[Object, Object]]:
    """Each definition, migrated, and its inspection; what is wrong with the others is added to `problems`."""
    written = document.get("flows")
    if written is None:
        return
    if not isinstance(written, list) or len(written) > MAX_ITEMS:
        problems.append(f"field 'flows' must be a list of at most {MAX_ITEMS} members")
        return
    for index, raw in enumerate(written):
        try:
            yield _read_one(raw, ids, base_media_url)
        except DefinitionError as e:
            faults = e.faults if isinstance(e, _FaultyNodes) else [e.sentence]
            problems += [f"{_called(raw, index)}: {fault}" for fault in faults]


def _read_one(raw: Any, ids: Callable[[], str], base_media_url: str) -> tuple[Object, Object]:
    if not isinstance(raw, dict):
        raise DefinitionError("must be an object")
    if any(key in raw for key in LEGACY_KEYS) and "spec_version" not in raw and raw.get("version") is not None:
        _check_version(raw["version"], "the definition")
    current = migrate(raw, ids=ids, base_media_url=base_media_url)
    try:
        return current, inspect(read_flow(current))
    except DefinitionError as e:
        raise _FaultyNodes(list(_node_faults(current)) or [e.sentence]) from e


class _FaultyNodes(DefinitionError):
    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def _node_faults(current: Object) -> Iterator[str]:
    """What is wrong with each node that can't be read by itself; nothing if all of them can."""
    nodes = current.get("nodes")
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if not isinstance(node, dict):
            yield f"nodes[{index}]: must be an object"
            continue
        try:
            read_node(node)
        except DefinitionError as e:
            yield f"node[uuid={node.get('uuid')}]: {e.sentence}"


def _called(raw: Any, index: int) -> str:
    """What to call a flow in a sentence, whatever it looks like."""
    header = raw if isinstance(raw, dict) else {}
    metadata = header.get("metadata")
    name = header.get("name") or (metadata.get("name") if isinstance(metadata, dict) else None)
    return f"flow '{name[:64]}'" if isinstance(name, str) and name else f"flows[{index}]"


def _duplicates(flows: list[tuple[Object, Object]]) -> Iterator[str]:
    seen: set[str] = set()
    for definition, _ in flows:
        if definition["uuid"] in seen:
            yield f"flow '{definition['name']}': the file holds another flow with the uuid {definition['uuid']}"
        seen.add(definition["uuid"])


class _Brought:
    """What flows depend on: made from what they say of it where that is enough, else unresolved."""

    def __init__(self, items: Items, ids: Callable[[], str]) -> None:
        self.made: dict[str, dict[str, Item]] = {"label": {}, "topic": {}, "global": {}}
        self._items = items
        self._ids = ids
        self._needed: dict[tuple[str, str], Item] = {}

    def take(self, dependencies: list[Item]) -> None:
        for dependency in dependencies:
            kind, name = dependency["type"], dependency.get("name") or ""
            identity = dependency.get("uuid") or dependency["key"]
            if kind == "group":
                self._items.group(identity, name)
            elif kind == "field" and is_field_key(identity):
                self._items.field(identity, name)
            elif kind == "global":
                made = {"uuid": self._ids(), "key": identity, "name": name or name_of_key(identity), "value": ""}
                self.made["global"].setdefault(identity, made)
            elif kind in ("label", "topic"):
                self.made[kind].setdefault(identity, {"uuid": identity, "name": name or identity})
            else:
                self._needed.setdefault((kind, identity), {"name": "", **dependency})

    def unresolved(self, flows: set[str]) -> Iterator[Item]:
        for trigger in self._items.triggers:
            for kind in ("flow", "channel"):
                if trigger.get(kind):
                    self._needed.setdefault((kind, trigger[kind]), {"uuid": trigger[kind], "name": "", "type": kind})
        for (kind, identity), dependency in self._needed.items():
            if kind != "flow" or identity not in flows:
                yield dependency
