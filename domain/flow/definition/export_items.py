"""The groups, fields, triggers and campaigns of an export file, between their written form and the one commands take.

What is read is what the commands `add_group`, `add_field` and `add_trigger` take. Files name types by one-letter codes; older
ones know a group by its name only, and a trigger by one keyword.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.flow.definition.export_shapes import (
    FIELD_TYPES,
    MATCH_TYPES,
    MAX_FIELD_NAME,
    MAX_ITEMS,
    POINT_TYPES,
    START_MODES,
    SYSTEM_DATES,
    TRIGGER_TYPES,
    UNITS,
    WrittenCampaign,
    WrittenField,
    WrittenGroup,
    WrittenPoint,
    WrittenTrigger,
    code_of,
    name_of_key,
    named,
)
from domain.flow.definition.shapes import Problems, fill

Item = dict[str, Any]


class Items:
    """Everything but the flows, as it is read: groups and fields once each, whoever names them first."""

    def __init__(self, raw: Mapping[str, Any], ids: Callable[[], str]) -> None:
        self.problems = Problems()
        self.groups: dict[str, Item] = {}
        self.fields: dict[str, Item] = {}
        self.triggers: list[Item] = []
        self.campaigns: list[Item] = []
        self._ids = ids
        self._group_named: dict[str, str] = {}
        for index, group in self._members(raw, "groups"):
            self._read_group(group, f"groups[{index}].")
        for index, field in self._members(raw, "fields"):
            self._read_field(field, f"fields[{index}].")
        for index, trigger in self._members(raw, "triggers"):
            self._read_trigger(trigger, f"triggers[{index}].")
        for index, campaign in self._members(raw, "campaigns"):
            self._read_campaign(campaign, f"campaigns[{index}].")

    def _members(self, raw: Mapping[str, Any], key: str, prefix: str = "") -> list[tuple[int, Item]]:
        members = raw.get(key)
        if members is None:
            return []
        if not isinstance(members, list) or len(members) > MAX_ITEMS:
            self.problems.add(prefix + key, f"must be a list of at most {MAX_ITEMS} members")
            return []
        for index, member in enumerate(members):
            if not isinstance(member, dict):
                self.problems.add(f"{prefix}{key}[{index}]", "must be an object")
        return [(index, member) for index, member in enumerate(members) if isinstance(member, dict)]

    # ---- groups and fields ------------------------------------------------------------------------------------------------

    def _read_group(self, raw: Item, path: str) -> None:
        written = fill(WrittenGroup, raw, self.problems, path)
        made = self.group(written.uuid, written.name)
        if made and written.query:
            self.groups[made]["query"] = written.query

    def group(self, uuid: str, name: str) -> str:
        """The uuid of a group; the group is added if it is a new one. "" for a group without uuid and name."""
        uuid = uuid or self._group_named.get(name, "") or (self._ids() if name else "")
        if uuid and uuid not in self.groups:
            self.groups[uuid] = {"uuid": uuid, "name": name or uuid}
            self._group_named.setdefault(name, uuid)
        return uuid

    def _read_field(self, raw: Item, path: str) -> None:
        written = fill(WrittenField, raw, self.problems, path)
        field_type = named(FIELD_TYPES, written.type or written.value_type, "text")
        self.field(written.key, written.name or written.label, field_type)

    def field(self, key: str, name: str, field_type: str = "text") -> None:
        """Adds a field if it is a new one."""
        if key and key not in self.fields:
            name = (name or name_of_key(key))[:MAX_FIELD_NAME]
            self.fields[key] = {"uuid": self._ids(), "key": key, "name": name, "type": field_type}

    # ---- triggers -----------------------------------------------------------------------------------------------------------

    def _read_trigger(self, raw: Item, path: str) -> None:
        written = fill(WrittenTrigger, raw, self.problems, path)
        words = [word.strip().lower() for word in (*written.keywords, *written.keyword.split(","))]
        trigger: Item = {
            "uuid": self._ids(),
            "type": named(TRIGGER_TYPES, written.trigger_type),
            "keywords": list(dict.fromkeys(word for word in words if word)),
            "match": named(MATCH_TYPES, written.match_type, "first"),
            "flow": written.flow.uuid if written.flow else "",
        }
        if trigger["type"] == "keyword" and not trigger["keywords"]:
            self.problems.add(f"{path}keywords", "is required")
        if not trigger["flow"]:
            self.problems.add(f"{path}flow.uuid", "is required")
        channel = raw.get("channel")
        channel = channel.get("uuid") if isinstance(channel, dict) else channel
        if isinstance(channel, str) and channel:
            trigger["channel"] = channel
        for key, groups in (("groups", written.groups), ("exclude_groups", written.exclude_groups)):
            uuids = [self.group(group.uuid, group.name) for group in groups if group is not None]
            if uuids:
                trigger[key] = uuids
        if isinstance(raw.get("schedule"), dict):
            trigger["schedule"] = raw["schedule"]
        self.triggers.append(trigger)

    # ---- campaigns ----------------------------------------------------------------------------------------------------------

    def _read_campaign(self, raw: Item, path: str) -> None:
        written = fill(WrittenCampaign, raw, self.problems, path)
        points = [self._point(point, f"{path}events[{index}].") for index, point in self._members(raw, "events", path)]
        group = self.group(written.group.uuid, written.group.name) if written.group else ""
        self.campaigns.append(
            {"uuid": written.uuid or self._ids(), "name": written.name, "group": group, "events": points}
        )

    def _point(self, raw: Item, path: str) -> Item:
        written = fill(WrittenPoint, raw, self.problems, path)
        key = written.relative_to.key if written.relative_to else ""
        if key not in SYSTEM_DATES and written.relative_to:
            self.field(key, written.relative_to.name or written.relative_to.label, "datetime")
        point: Item = {
            "uuid": written.uuid or self._ids(),
            "type": named(POINT_TYPES, written.event_type),
            "relative_to": key,
            "offset": written.offset,
            "unit": named(UNITS, written.unit),
            "delivery_hour": written.delivery_hour,
            "start_mode": named(START_MODES, written.start_mode, "interrupt"),
        }
        if point["type"] == "message":
            return point | self._message(raw.get("message"), written.base_language, path)
        if not (written.flow and written.flow.uuid):
            self.problems.add(f"{path}flow.uuid", "is required")
            return point
        return point | {"flow": written.flow.uuid}

    def _message(self, raw: Any, base_language: str, path: str) -> Item:
        """{message: {language: text}, base_language}; a text alone is one in the base language."""
        message = {base_language or "und": raw} if isinstance(raw, str) else raw
        if not isinstance(message, dict) or not message or not all(isinstance(text, str) for text in message.values()):
            self.problems.add(f"{path}message", "must be a text per language")
            return {}
        return {"message": dict(message), "base_language": base_language or next(iter(message))}


# ---- writing ----------------------------------------------------------------------------------------------------------------


def written_trigger(trigger: Item, flow_names: Mapping[str, str], groups: Mapping[str, Item]) -> Item:
    """A trigger as files have it."""
    made = {
        "trigger_type": code_of(TRIGGER_TYPES, trigger["type"]),
        "keywords": trigger.get("keywords") or [],
        "match_type": code_of(MATCH_TYPES, trigger.get("match") or "first"),
        "channel": trigger.get("channel"),
        "flow": {"uuid": trigger["flow"], "name": flow_names.get(trigger["flow"], "")},
        "groups": [_group_reference(uuid, groups) for uuid in trigger.get("groups") or ()],
        "exclude_groups": [_group_reference(uuid, groups) for uuid in trigger.get("exclude_groups") or ()],
    }
    return made | {"schedule": trigger["schedule"]} if trigger.get("schedule") else made


def written_campaign(
    campaign: Item, flow_names: Mapping[str, str], groups: Mapping[str, Item], fields: Mapping[str, Item]
) -> Item:
    """A campaign as files have it."""
    return {
        "uuid": campaign["uuid"],
        "name": campaign["name"],
        "group": _group_reference(campaign["group"], groups),
        "events": [_written_point(point, flow_names, fields) for point in campaign.get("events") or ()],
    }


def _written_point(point: Item, flow_names: Mapping[str, str], fields: Mapping[str, Item]) -> Item:
    key = point["relative_to"]
    name = fields[key]["name"] if key in fields else name_of_key(key)
    made = {
        "uuid": point["uuid"],
        "event_type": code_of(POINT_TYPES, point["type"]),
        "relative_to": {"key": key, "name": name},
        "offset": point["offset"],
        "unit": code_of(UNITS, point["unit"]),
        "delivery_hour": point["delivery_hour"],
        "start_mode": code_of(START_MODES, point["start_mode"]),
    }
    if point["type"] == "message":
        return made | {"message": point["message"], "base_language": point["base_language"]}
    return made | {"flow": {"uuid": point["flow"], "name": flow_names.get(point["flow"], "")}}


def _group_reference(uuid: str, groups: Mapping[str, Item]) -> Item:
    return {"uuid": uuid, "name": groups[uuid]["name"] if uuid in groups else ""}
