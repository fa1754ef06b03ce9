"""A workspace as the decider sees it: the organization with its channels, flows, triggers, groups, fields and the rest.

Folded from `configuration` events. Items are the JSON values the events carried, by kind and uuid.
"""

from collections.abc import Callable, Iterable
from typing import Any

from domain.environment.environment import Environment
from domain.flow.assets import Assets
from domain.workspace.environment import environment_of

Data = dict[str, Any]

KINDS = (
    "workspace", "user", "channel", "flow", "trigger", "field", "group", "label", "global", "topic", "llm",
    "broadcast", "flow_start", "airtime_account", "channel_type",
)  # fmt: skip

_ASSET_LISTS = {
    "field": "fields",
    "group": "groups",
    "label": "labels",
    "global": "globals",
    "topic": "topics",
    "user": "users",
    "llm": "llms",
}


PASSING = ("broadcast", "flow_start")
"""Kinds of which there are ever more, and few at work: those are in memory, the others in the state store."""

PASSING_KEPT = 200

_RECIPIENTS = frozenset({"contacts", "groups", "urns", "query", "contact_query", "exclusions"})
"""Whom a start or broadcast reaches is the starter's business: it may be a hundred thousand uuids."""

Fetch = Callable[[str], tuple[int, Data | None] | None]
"""(version, item) of a passing item by its uuid, from the state store."""


class Workspace:
    """What is configured in one organization.

    `versions` counts the events of each item (the item's aggregate version). `changed` collects the items that events touched
    since the state store last took them.
    """

    def __init__(self, org: str, fetch: Fetch = lambda uuid: None) -> None:
        self.org = org
        self._fetch = fetch
        self.items: dict[str, dict[str, Data]] = {kind: {} for kind in KINDS}
        self.versions: dict[str, int] = {}
        self.changed: set[tuple[str, str]] = set()
        self._assets: Assets | None = None
        self._environment: Environment | None = None

    @property
    def exists(self) -> bool:
        return bool(self.items["workspace"])

    @property
    def profile(self) -> Data:
        """{uuid, id, name, timezone, country, languages, date_style, anon, created_on}"""
        return self.items["workspace"][self.org]

    def find(self, kind: str, uuid: str | None) -> Data | None:
        if kind in PASSING and uuid:
            return self._find_passing(kind, uuid)
        return self.items[kind].get(uuid or "")

    def _find_passing(self, kind: str, uuid: str) -> Data | None:
        """The ones used last stand last."""
        items = self.items[kind]
        if uuid not in items and uuid not in self.versions:
            found = self._fetch(uuid)
            if found is None:
                return None
            self.load(kind, uuid, *found)
        if uuid in items:
            items[uuid] = items.pop(uuid)
        return items.get(uuid)

    def forget_passing(self) -> None:
        """Those not used for longest leave memory, when there are many; what the state store has not taken yet stays."""
        for kind in PASSING:
            items = self.items[kind]
            for uuid in list(items)[: max(0, len(items) - PASSING_KEPT)]:
                if (kind, uuid) not in self.changed:
                    del items[uuid], self.versions[uuid]

    def by(self, kind: str, key: str, value: Any) -> Data | None:
        """The first item of a kind with this value, e.g. by("field", "key", "age")."""
        return next((item for item in self.items[kind].values() if item.get(key) == value), None)

    def fold(self, event: dict[str, Any]) -> None:
        """Take in one configuration event; one that was folded before changes nothing."""
        name, data, of, version = event["type"], event["data"], event["of"], event["n"]
        if version > 1 and of not in self.versions and (passing := name.rpartition("_")[0]) in PASSING:
            self._find_passing(passing, of)
        if version <= self.versions.get(of, 0):
            return
        kind = self._fold_item(name, data, of)
        self.versions[of] = version
        self.changed.add((kind, of))
        if kind not in ("workspace", "trigger", "broadcast", "flow_start", "airtime_account", "channel_type"):
            self._assets = None
        if kind == "workspace":
            self._environment = None

    def _fold_item(self, name: str, data: Data, of: str) -> str:
        kind, _, verb = name.rpartition("_")
        if name == "flow_saved":
            self.items["flow"][of] = {**data["flow"], "definition": data["definition"]}
        elif name == "api_token_issued":
            kind = "workspace"
        elif name in ("flow_start_begun", "broadcast_begun", "group_begun"):
            self.items[kind][of] = {**self.items[kind].get(of, {}), "total": data["total"]}
        elif verb == "removed":
            self.items[kind].pop(of, None)
        elif verb == "changed":
            self.items[kind][of] = {**self.items[kind][of], **data["changes"]}
        elif verb == "paused":
            self.items[kind][of] = {**self.items[kind][of], "paused_on": data["paused_on"]}
        elif verb == "resumed":
            self.items[kind][of] = {key: value for key, value in self.items[kind][of].items() if key != "paused_on"}
        elif verb == "archived":
            self.items[kind][of] = {**self.items[kind][of], "archived": data["archived"]}
        elif kind in PASSING:
            self.items[kind][of] = {key: value for key, value in data[kind].items() if key not in _RECIPIENTS}
        else:
            self.items[kind][of] = data[kind]
        return kind

    def load(self, kind: str, uuid: str, version: int, item: Data | None) -> None:
        """Put back an item from the state store."""
        self.versions[uuid] = version
        if item is not None:
            self.items[kind][uuid] = item

    def stored_item(self, kind: str, uuid: str) -> Data | None:
        """What the state store keeps of an item (None: only its version, it is gone)."""
        return self.items[kind].get(uuid)

    @property
    def assets(self) -> Assets:
        """The engine's catalogue of this workspace, built when first asked for after a change."""
        if self._assets is None:
            self._assets = Assets.from_json(self._assets_document())
        return self._assets

    @property
    def environment(self) -> Environment:
        """Formats, languages and zone of this workspace, as the engine wants them."""
        if self._environment is None:
            self._environment = environment_of(self.profile)
        return self._environment

    def _assets_document(self) -> Data:
        document: Data = {plural: list(self.items[kind].values()) for kind, plural in _ASSET_LISTS.items()}
        document["channels"] = [_channel_asset(channel) for channel in self.items["channel"].values()]
        document["flows"] = [flow["definition"] for flow in self._live_flows()]
        return document

    def _live_flows(self) -> Iterable[Data]:
        return (flow for flow in self.items["flow"].values() if not flow.get("archived"))


def _channel_asset(channel: Data) -> Data:
    asset = {key: channel[key] for key in ("uuid", "name", "address", "schemes", "roles")}
    return {
        **asset,
        **{
            key: channel[key]
            for key in ("country", "match_prefixes", "allow_international", "parent")
            if channel.get(key)
        },
    }
