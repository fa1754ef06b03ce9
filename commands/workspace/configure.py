"""Commands about the workspace itself: each checks, then becomes one event of the item concerned."""

from typing import Any

from commands.deciding import Deciding
from commands.workspace.items import add, existing
from domain.channel.sending_terms import check_quiet_hours
from domain.contact.query.errors import QueryError
from domain.contact.query.query import parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.errors import Conflict, Invalid

Data = dict[str, Any]

CHANGEABLE = ("quiet_hours",)
MAX_KEYWORD = 16
MAX_TRIGGERS = 250
TRIGGER_TYPES = ("keyword", "catch_all", "new_conversation", "referral", "ticket_closed")


def create_workspace(deciding: Deciding, data: Data) -> None:
    profile = data["workspace"]
    if deciding.workspace.exists:
        raise Conflict("This workspace exists already.")
    if not profile.get("name"):
        raise Invalid("This field is required.", field="name")
    made = {**profile, "id": deciding.next_id(), "created_on": deciding.now_text}
    deciding.configure("workspace_created", deciding.workspace.org, {"workspace": made})
    deciding.accept(uuid=profile["uuid"])


def change_workspace(deciding: Deciding, data: Data) -> None:
    """`data`: {changes: {quiet_hours}}: when bulk messages wait, on every channel that doesn't say otherwise; "" for never."""
    changes = {key: value for key, value in data["changes"].items() if key in CHANGEABLE}
    check_quiet_hours(changes.get("quiet_hours"))
    org = deciding.workspace.org
    deciding.configure("workspace_changed", org, {"workspace": org, "changes": changes})
    deciding.accept(uuid=org)


def add_user(deciding: Deciding, data: Data) -> None:
    user = data["user"]
    if deciding.workspace.by("user", "email", user["email"]):
        raise Conflict("A user with this e-mail address exists already.")
    add(deciding, "user", user, **({"password_hash": data["password_hash"]} if data.get("password_hash") else {}))


def issue_api_token(deciding: Deciding, data: Data) -> None:
    deciding.configure("api_token_issued", deciding.workspace.org, data)
    deciding.accept()


def archive_flow(deciding: Deciding, data: Data) -> None:
    existing(deciding, "flow", data["flow"])
    deciding.configure("flow_archived", data["flow"], {"flow": data["flow"], "archived": bool(data["archived"])})
    deciding.accept(uuid=data["flow"])


def add_trigger(deciding: Deciding, data: Data) -> None:
    """A trigger with the same keywords, channel and groups as an earlier one takes its place."""
    trigger = data["trigger"]
    _startable(existing(deciding, "flow", trigger.get("flow")))
    if trigger.get("channel"):
        existing(deciding, "channel", trigger["channel"])
    if trigger["type"] not in TRIGGER_TYPES:
        raise Invalid(f"Expected one of {', '.join(TRIGGER_TYPES)}.", field="type")
    keywords = [word.strip().lower() for word in trigger.get("keywords") or []]
    if trigger["type"] == "keyword" and (not keywords or not all(0 < len(word) <= MAX_KEYWORD for word in keywords)):
        raise Invalid(f"Expected keywords of at most {MAX_KEYWORD} characters.", field="keywords")
    if len(deciding.workspace.items["trigger"]) >= MAX_TRIGGERS:
        raise Invalid(f"A workspace can have at most {MAX_TRIGGERS} triggers.")
    for old in list(deciding.workspace.items["trigger"].values()):
        if _same_trigger(old, {**trigger, "keywords": keywords}):
            deciding.configure("trigger_removed", old["uuid"], {"trigger": old["uuid"]})
    add(deciding, "trigger", {**trigger, "keywords": keywords})


def _startable(flow: Data) -> None:
    """Raises Invalid for a flow that runs on calls only."""
    if flow.get("type") == "voice":
        raise Invalid(f"{flow['name']} is a voice flow: expected one that runs on messages.", field="flow")


def _same_trigger(old: Data, new: Data) -> bool:
    keys = ("type", "channel", "groups", "exclude_groups", "referrer_id")
    shared = set(old.get("keywords") or ()) & set(new["keywords"])
    return all((old.get(key) or None) == (new.get(key) or None) for key in keys) and (
        bool(shared) or new["type"] != "keyword"
    )


def add_field(deciding: Deciding, data: Data) -> None:
    known = deciding.workspace.by("field", "key", data["field"]["key"])
    if known and data.get("unless_there"):
        deciding.accept(uuid=known["uuid"], id=known["id"])
        return
    if known:
        raise Conflict("A field with this key exists already.", field="name")
    add(deciding, "field", data["field"])


def add_group(deciding: Deciding, data: Data) -> None:
    """A group with a query: whom it concerns joins it (see `check_group`)."""
    if data["group"].get("query"):
        _check_query(deciding, data["group"]["query"])
    _add_named(deciding, "group", data["group"], data)


def _check_query(deciding: Deciding, query: Any) -> None:
    """Raises Invalid, saying what can't be read."""
    try:
        parse_query(str(query), deciding.workspace.environment, CatalogueResolver(deciding.workspace.assets.fields))
    except QueryError as error:
        raise Invalid(str(error), field="query") from None


def add_label(deciding: Deciding, data: Data) -> None:
    _add_named(deciding, "label", data["label"], data)


def add_topic(deciding: Deciding, data: Data) -> None:
    _add_named(deciding, "topic", data["topic"], data)


def add_llm(deciding: Deciding, data: Data) -> None:
    """A language model behind an endpoint that speaks as OpenAI's does."""
    model = data["llm"]
    for key in ("url", "model"):
        if not model.get(key):
            raise Invalid("This field is required.", field=key)
    if not str(model["url"]).startswith(("http://", "https://")):
        raise Invalid("Expected an address such as https://api.openai.com/v1.", field="url")
    _add_named(deciding, "llm", {"roles": ["engine"], **model, "type": model.get("type") or "openai"}, data)


def set_airtime_account(deciding: Deciding, data: Data) -> None:
    """The account that flows send airtime from. A workspace has one: another takes its place."""
    account = data["airtime_account"]
    for key in ("url", "key", "secret"):
        if not account.get(key):
            raise Invalid("This field is required.", field=key)
    if not str(account["url"]).startswith(("http://", "https://")):
        raise Invalid("Expected an address such as https://dvs-api.dtone.com/v1.", field="url")
    known = next(iter(deciding.workspace.items["airtime_account"].values()), None)
    item = {"id": deciding.next_id(), "created_on": deciding.now_text, **(known or {}), **account}
    item["uuid"] = (known or account)["uuid"]
    deciding.configure("airtime_account_set", item["uuid"], {"airtime_account": item})
    deciding.accept(uuid=item["uuid"], id=item["id"])


def change_field(deciding: Deciding, data: Data) -> None:
    """`data`: {field: uuid, changes: {name?, type?}}; the key stays."""
    _change(deciding, "field", data, ("name", "type"))


def change_group(deciding: Deciding, data: Data) -> None:
    _change(deciding, "group", data, ("name",))


def change_label(deciding: Deciding, data: Data) -> None:
    _change(deciding, "label", data, ("name",))


def change_topic(deciding: Deciding, data: Data) -> None:
    _change(deciding, "topic", data, ("name",))


def remove_group(deciding: Deciding, data: Data) -> None:
    """Refused while a trigger needs it."""
    group = existing(deciding, "group", data["group"])
    for trigger in deciding.workspace.items["trigger"].values():
        if group["uuid"] in [*(trigger.get("groups") or ()), *(trigger.get("exclude_groups") or ())]:
            raise Conflict("Group is being used by triggers which must be archived first.")
    _remove(deciding, "group", group)


def remove_label(deciding: Deciding, data: Data) -> None:
    _remove(deciding, "label", existing(deciding, "label", data["label"]))


def set_global(deciding: Deciding, data: Data) -> None:
    """With `unless_there` a value that is set already is left as it is."""
    wanted = data["global"]
    known = deciding.workspace.by("global", "key", wanted["key"])
    if known and data.get("unless_there"):
        deciding.accept(uuid=known["uuid"])
        return
    item = {"id": deciding.next_id(), "created_on": deciding.now_text, **(known or {}), **wanted}
    item["uuid"] = (known or wanted)["uuid"]
    deciding.configure("global_set", item["uuid"], {"global": {**item, "modified_on": deciding.now_text}})
    deciding.accept(uuid=item["uuid"])


def create_broadcast(deciding: Deciding, data: Data) -> None:
    broadcast = data["broadcast"]
    if _came_twice(deciding, "broadcast", broadcast["uuid"]):
        return
    if not broadcast.get("translations"):
        raise Invalid("This field is required.", field="text")
    made = {**broadcast, "id": deciding.next_id(), "created_on": deciding.now_text, "created_by": deciding.given.actor}
    deciding.configure("broadcast_created", broadcast["uuid"], {"broadcast": {"origin": "api", **made}})
    deciding.accept(uuid=broadcast["uuid"], id=made["id"])


def create_flow_start(deciding: Deciding, data: Data) -> None:
    start = data["flow_start"]
    if _came_twice(deciding, "flow_start", start["uuid"]):
        return
    flow = existing(deciding, "flow", start.get("flow"))
    _startable(flow)
    if flow.get("archived"):
        raise Invalid(f"No such object: {flow['uuid']}", field="flow")
    made = {
        **start, "flow": {"uuid": flow["uuid"], "name": flow["name"]}, "id": deciding.next_id(), "origin": "api",
        "created_on": deciding.now_text, "created_by": deciding.given.actor,
    }  # fmt: skip
    deciding.configure("flow_start_created", start["uuid"], {"flow_start": made})
    deciding.accept(uuid=start["uuid"], id=made["id"])


def _came_twice(deciding: Deciding, kind: str, uuid: str) -> bool:
    known = deciding.workspace.find(kind, uuid)
    if known:
        deciding.accept(uuid=known["uuid"], id=known["id"])
    return known is not None


def count_flow_start(deciding: Deciding, data: Data) -> None:
    """The starter knows how many contacts there are."""
    _count(deciding, "flow_start", data)


def count_broadcast(deciding: Deciding, data: Data) -> None:
    _count(deciding, "broadcast", data)


def count_group(deciding: Deciding, data: Data) -> None:
    """Those who belong to a group with a query are about to join it."""
    _count(deciding, "group", data)


def _count(deciding: Deciding, kind: str, data: Data) -> None:
    item = deciding.workspace.find(kind, data[kind])
    if item is not None and item.get("total") is None:
        deciding.configure(f"{kind}_begun", data[kind], {kind: data[kind], "total": data["total"]})


def _add_named(deciding: Deciding, kind: str, item: Data, data: Data) -> None:
    """With `unless_there` in `data` the item of that uuid or name is taken as it is: the outcome says its uuid."""
    items = deciding.workspace.items[kind]
    named = next((known for known in items.values() if known["name"].lower() == item["name"].lower()), None)
    known = items.get(item["uuid"]) or named
    if known and data.get("unless_there"):
        deciding.accept(uuid=known["uuid"], id=known["id"])
        return
    if named:
        raise Conflict(f"A {kind} with this name exists already.", field="name")
    add(deciding, kind, item)


def _change(deciding: Deciding, kind: str, data: Data, allowed: tuple[str, ...]) -> None:
    item = existing(deciding, kind, data[kind])
    changes = {key: value for key, value in data["changes"].items() if key in allowed}
    name = changes.get("name", item["name"])
    others = (each for each in deciding.workspace.items[kind].values() if each["uuid"] != item["uuid"])
    if not name or any(each["name"].lower() == name.lower() for each in others):
        raise Invalid("This field must be unique." if name else "This field is required.", field="name")
    deciding.configure(f"{kind}_changed", item["uuid"], {kind: item["uuid"], "changes": changes})
    deciding.accept(uuid=item["uuid"])


def _remove(deciding: Deciding, kind: str, item: Data) -> None:
    deciding.configure(f"{kind}_removed", item["uuid"], {kind: item["uuid"], "name": item["name"]})
    deciding.accept(uuid=item["uuid"])
