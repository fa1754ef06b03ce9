"""An organization's things as flows see them: a catalogue in memory, built from one JSON document, looked up by key.

A catalogue never changes; `replaced` and `removed` give another that shares everything else, so a decider that follows an
organization's log pays for one item at a time. What is worked out of the items (compiled flows, compiled queries, choices
of channels) belongs to the part it was worked out of, and goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from domain.contact.assets import Channel, Field, Group, Topic, User
from domain.contact.channel_choice import ChannelChoice
from domain.contact.groups import QueryGroups, readable_groups
from domain.environment.environment import Environment
from domain.environment.locations import LocationHierarchy
from domain.environment.words import snakify
from domain.errors import DefinitionError
from domain.flow.definition.read_json import read_flow
from domain.flow.engine.compiled_flow import CompiledFlow
from domain.flow.engine.environments import MergedEnvironments

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """A campaign or label: a uuid and a name."""

    uuid: str
    name: str

    @classmethod
    def from_json(cls, document: Document) -> Named:
        return cls(document["uuid"], document.get("name", ""))

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


@dataclass(frozen=True, slots=True)
class Global:
    """A value that all flows of the organization share."""

    key: str
    name: str
    value: str

    @classmethod
    def from_json(cls, document: Document) -> Global:
        return cls(document["key"], document.get("name", ""), document.get("value") or "")


@dataclass(frozen=True, slots=True)
class LLM:
    """A language model; flows may use one that has the role `engine`."""

    uuid: str
    name: str
    type: str
    roles: tuple[str, ...]

    @classmethod
    def from_json(cls, document: Document) -> LLM:
        roles = document.get("roles")
        return cls(
            document["uuid"],
            document.get("name", ""),
            document.get("type", ""),
            ("editing", "engine") if roles is None else tuple(roles),
        )

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


@dataclass(frozen=True, slots=True)
class Resthook:
    """A name that other systems subscribe to, and their URLs."""

    slug: str
    subscribers: tuple[str, ...]

    @classmethod
    def from_json(cls, document: Document) -> Resthook:
        return cls(document["slug"], tuple(document.get("subscribers") or ()))


@dataclass(frozen=True, slots=True)
class TemplateComponent:
    """A part of an approved message: header, body, footer or button. `variables` maps its names to indexes."""

    name: str
    type: str
    content: str
    display: str
    variables: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TemplateTranslation:
    """An approved message in one locale for one channel. `variables` are the types of its variables."""

    channel_uuid: str
    locale: str
    components: tuple[TemplateComponent, ...]
    variables: tuple[str, ...]

    @classmethod
    def from_json(cls, document: Document) -> TemplateTranslation:
        components = tuple(
            TemplateComponent(
                component.get("name", ""),
                component.get("type", ""),
                component.get("content") or "",
                component.get("display") or "",
                component.get("variables") or {},
            )
            for component in document.get("components") or ()
        )
        variables = tuple(variable.get("type", "") for variable in document.get("variables") or ())
        return cls((document.get("channel") or {}).get("uuid", ""), document.get("locale") or "", components, variables)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A message that channels have had approved, in its translations."""

    uuid: str
    name: str
    translations: tuple[TemplateTranslation, ...]

    @classmethod
    def from_json(cls, document: Document) -> MessageTemplate:
        translations = tuple(TemplateTranslation.from_json(each) for each in document.get("translations") or ())
        return cls(document["uuid"], document.get("name", ""), translations)

    def reference(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "name": self.name}


class FlowAsset:
    """A flow definition that is read and compiled when it is first needed, and then kept."""

    __slots__ = ("_base_media_url", "_compiled", "_ids", "definition", "name", "uuid")

    def __init__(self, definition: Document, *, ids: Callable[[], str] | None = None, base_media_url: str = "") -> None:
        header = definition if "uuid" in definition else definition.get("metadata") or {}
        self.uuid: str = header["uuid"]
        self.name: str = header.get("name", "")
        self.definition = definition
        self._ids = ids
        self._base_media_url = base_media_url
        self._compiled: CompiledFlow | DefinitionError | None = None

    def compiled(self) -> CompiledFlow:
        """The flow, ready to run. Raises DefinitionError each time if it can't be read."""
        if self._compiled is None:
            try:
                self._compiled = CompiledFlow(
                    read_flow(dict(self.definition), ids=self._ids, base_media_url=self._base_media_url)
                )
            except DefinitionError as error:
                self._compiled = error
        if isinstance(self._compiled, DefinitionError):
            raise self._compiled
        return self._compiled


_KINDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "campaigns": (Named.from_json, "uuid"),
    "channels": (Channel.from_json, "uuid"),
    "fields": (Field.from_json, "key"),
    "flows": (FlowAsset, "uuid"),
    "globals": (Global.from_json, "key"),
    "groups": (Group.from_json, "uuid"),
    "labels": (Named.from_json, "uuid"),
    "llms": (LLM.from_json, "uuid"),
    "resthooks": (Resthook.from_json, "slug"),
    "templates": (MessageTemplate.from_json, "uuid"),
    "topics": (Topic.from_json, "uuid"),
    "users": (User.from_json, "uuid"),
}
"""The kinds of assets as they are named in the document: how one is read, and what it is known by."""

KINDS = tuple(_KINDS)


class Assets:
    """The catalogue of one organization. Every mapping is in the document's order."""

    __slots__ = (
        "_all_groups",
        "_by_name",
        "_channel_choice",
        "_locations",
        "_locations_document",
        "_query_groups",
        "campaigns",
        "channels",
        "fields",
        "flows",
        "globals",
        "groups",
        "labels",
        "llms",
        "merged_environments",
        "resthooks",
        "templates",
        "topics",
        "users",
    )

    campaigns: Mapping[str, Named]
    channels: Mapping[str, Channel]
    fields: Mapping[str, Field]
    flows: Mapping[str, FlowAsset]
    globals: Mapping[str, Global]
    groups: Mapping[str, Group]
    labels: Mapping[str, Named]
    llms: Mapping[str, LLM]
    resthooks: Mapping[str, Resthook]
    templates: Mapping[str, MessageTemplate]
    topics: Mapping[str, Topic]
    users: Mapping[str, User]

    def __init__(self, parts: Mapping[str, Mapping[str, Any]], locations: Document | None) -> None:
        for kind in _KINDS:
            if kind != "groups":
                setattr(self, kind, parts.get(kind) or {})
        self._all_groups: Mapping[str, Group] = parts.get("groups") or {}
        self.groups = readable_groups(self._all_groups, self.fields)
        self._locations_document = locations
        self._forget_all()

    def _forget_all(self) -> None:
        self._by_name: dict[str, dict[str, Any]] = {}
        self._query_groups: QueryGroups | None = None
        self._channel_choice: ChannelChoice | None = None
        self._locations: dict[str, LocationHierarchy | None] = {}
        self.merged_environments = MergedEnvironments()

    @classmethod
    def from_json(cls, document: Document, *, ids: Callable[[], str] | None = None, base_media_url: str = "") -> Assets:
        """Builds the catalogue.

        Args:
            document: `{channels: […], fields: […], flows: […], …}`; kinds may be absent.
            ids: version 4 UUIDs for migrations of old flows; without it they follow from the flow's own uuid.
            base_media_url: put before the media paths of version 11 flows.
        """
        parts: dict[str, dict[str, Any]] = {}
        for kind, (read, _) in _KINDS.items():
            items = document.get(kind) or ()
            if kind == "flows":
                parts[kind] = _keyed(kind, (FlowAsset(item, ids=ids, base_media_url=base_media_url) for item in items))
            else:
                parts[kind] = _keyed(kind, (read(item) for item in items))
        locations = document.get("locations") or ()
        return cls(parts, locations[0] if locations else None)

    def replaced(self, kind: str, item: Document) -> Assets:
        """Another catalogue with one item added, or put in the place of the one with the same key.

        Args:
            kind: one of `KINDS`, such as "groups".
            item: the item as the document has it.
        """
        read, known_by = _KINDS[kind]
        asset = read(item)
        parts = self._parts()
        parts[kind] = {**parts[kind], getattr(asset, known_by): asset}
        return self._sharing(parts, kind)

    def removed(self, kind: str, key: str) -> Assets:
        """Another catalogue without the item of that key; the same if there is none."""
        parts = self._parts()
        if key not in parts[kind]:
            return self
        parts[kind] = {known: asset for known, asset in parts[kind].items() if known != key}
        return self._sharing(parts, kind)

    def with_flow(self, definition: Document) -> Assets:
        return self.replaced("flows", definition)

    def with_group(self, group: Document) -> Assets:
        return self.replaced("groups", group)

    def _parts(self) -> dict[str, Mapping[str, Any]]:
        parts: dict[str, Mapping[str, Any]] = {kind: getattr(self, kind) for kind in _KINDS}
        parts["groups"] = self._all_groups
        return parts

    def _sharing(self, parts: dict[str, Mapping[str, Any]], changed: str) -> Assets:
        """A catalogue of these parts that keeps what was worked out of those that did not change."""
        other = Assets.__new__(Assets)
        for kind in _KINDS:
            setattr(other, kind, parts[kind])
        other._all_groups = parts["groups"]
        other._locations_document = self._locations_document
        other._forget_all()
        other._locations = self._locations
        other._by_name = {kind: names for kind, names in self._by_name.items() if kind != changed}
        if changed in ("groups", "fields"):
            other.groups = readable_groups(other._all_groups, other.fields)
        else:
            other.groups = self.groups
            other._query_groups = self._query_groups
        if changed != "channels":
            other._channel_choice = self._channel_choice
            other.merged_environments = self.merged_environments
        return other

    def flow(self, uuid: str) -> CompiledFlow:
        """The flow of that uuid, compiled.

        Raises:
            DefinitionError: there is no such flow, or it can't be read.
        """
        asset = self.flows.get(uuid)
        if asset is None:
            raise DefinitionError(f"unable to load flow[uuid={uuid}]: no such flow")
        return asset.compiled()

    def flow_or_none(self, uuid: str) -> CompiledFlow | None:
        """The flow of that uuid, None if there is none that can be read."""
        try:
            return self.flow(uuid)
        except DefinitionError:
            return None

    def named(self, kind: str, name: str) -> Any:
        """The first item of a kind with that name, in any case; None if there is none. For users, by e-mail."""
        names = self._by_name.get(kind)
        if names is None:
            attribute = "email" if kind == "users" else "name"
            names = self._by_name[kind] = {}
            for item in getattr(self, kind).values():
                names.setdefault(getattr(item, attribute).lower(), item)
        return names.get(name.lower())

    @property
    def query_groups(self) -> QueryGroups:
        """The groups that have a query, compiled and indexed by what they read."""
        if self._query_groups is None:
            self._query_groups = QueryGroups(self.groups, self.fields)
        return self._query_groups

    @property
    def channel_choice(self) -> ChannelChoice:
        """Chooses among the channels."""
        if self._channel_choice is None:
            self._channel_choice = ChannelChoice(self.channels)
        return self._channel_choice

    def locations_for(self, environment: Environment) -> LocationHierarchy | None:
        """The places, indexed as the environment compares names; None for an organization without any."""
        if self._locations_document is None:
            return None
        collation = environment.input_collation
        if collation not in self._locations:
            self._locations[collation] = LocationHierarchy.from_json(self._locations_document, environment.collate)
        return self._locations[collation]

    @staticmethod
    def result_key(name: str) -> str:
        """The key that a result is kept under."""
        return _result_key(name)


@lru_cache(maxsize=16_384)
def _result_key(name: str) -> str:
    return snakify(name)


def _keyed(kind: str, items: Iterable[Any]) -> dict[str, Any]:
    known_by = _KINDS[kind][1]
    return {getattr(item, known_by): item for item in items}
