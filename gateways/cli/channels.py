"""`evenkeel channel add|change|pause|resume|list`."""

import argparse
from typing import TYPE_CHECKING, Any

from domain.errors import Invalid, NotFound
from gateways.cli.compose import connect_database, submitting
from gateways.cli.main import running, show
from gateways.cli.workspaces import ACTOR, find_workspace, json_object
from infra.ids import uuid7
from infra.settings import Settings

if TYPE_CHECKING:
    from gateways.channels.channel_type import BuiltType

Data = dict[str, Any]

ROLES = ["send", "receive"]


def add(options: argparse.Namespace, settings: Settings) -> int:
    """{uuid, receive_url}"""
    from gateways.channels.contract import COLLECTED_TYPES
    from gateways.ingest.app import TYPES_BY_ADDRESS

    installation = running(settings)
    code = options.type.upper()
    workspace = find_workspace(installation, options.workspace)
    kind = type_in(installation, workspace["uuid"], code)
    if code in COLLECTED_TYPES:
        raise Invalid(
            "A phone registers by its app, which shows a code: evenkeel channel claim WORKSPACE CODE.", field="type"
        )
    config = json_object(options.config, "--config")
    _check_config(kind, config)
    if kind.features.throughput:
        config.setdefault("tps", kind.features.throughput)
    uuid = uuid7()
    channel = {
        "uuid": uuid,
        "type": code,
        "name": options.name or f"{kind.name} {options.address}".strip(),
        "address": options.address,
        "country": (options.country or workspace["country"] or "").upper(),
        "schemes": chosen_schemes(kind, options.scheme or []),
        "roles": options.role or ROLES,
        "config": config,
        **_route(options),
    }
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "add_channel", {"channel": channel})
    place = "" if code in TYPES_BY_ADDRESS else f"/{uuid}"
    receive_url = f"{installation.base_url}/c/{code.lower()}{place}/receive"
    show(options, {"uuid": uuid, "receive_url": receive_url}, f"{uuid}\n{receive_url}")
    return 0


def chosen_schemes(kind: "BuiltType", wanted: list[str]) -> list[str]:
    """The schemes of URNs that a channel is for: those wanted, else its type's. Raises Invalid for one that the type can't serve."""
    possible = dict.fromkeys([*kind.schemes, *kind.features.other_schemes])
    for each in wanted:
        if each not in possible:
            raise Invalid(f"{kind.name} serves {', '.join(possible)}, not {each!r}.", field="--scheme")
    return list(dict.fromkeys(wanted)) or list(kind.schemes)


def change(options: argparse.Namespace, settings: Settings) -> int:
    """Settings are changed one by one: those that are not named stay. {uuid}"""
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    channel = find_channel(installation, workspace["uuid"], options.channel)
    wanted = json_object(options.config, "--config")
    merged = {name: value for name, value in {**channel["config"], **wanted}.items() if value is not None}
    _check_config(type_in(installation, workspace["uuid"], channel["type"]), merged)
    changes = {name: getattr(options, name) for name in ("name", "address") if getattr(options, name)}
    if options.country:
        changes["country"] = options.country.upper()
    if options.role:
        changes["roles"] = options.role
    data = {"channel": channel["uuid"], "changes": changes | _route(options), "settings": wanted}
    return _submitted(options, installation, workspace["uuid"], "change_channel", data)


def pause(options: argparse.Namespace, settings: Settings) -> int:
    """{uuid}"""
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    channel = find_channel(installation, workspace["uuid"], options.channel)
    data = {"channel": channel["uuid"], "reason": options.reason}
    return _submitted(options, installation, workspace["uuid"], "pause_channel", data)


def resume(options: argparse.Namespace, settings: Settings) -> int:
    """{uuid}"""
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    channel = find_channel(installation, workspace["uuid"], options.channel)
    return _submitted(options, installation, workspace["uuid"], "resume_channel", {"channel": channel["uuid"]})


def list_channels(options: argparse.Namespace, settings: Settings) -> int:
    """[{uuid, type, name, address, roles, parent, paused_on, paused_because, waiting}]"""
    from gateways.cli.compose import open_queue

    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    waiting = open_queue(installation).sizes().get(workspace["uuid"], {})
    found = [_listed(each, waiting.get(each["uuid"], 0)) for each in _channels(installation, workspace["uuid"])]
    show(options, found, "\n".join(_line(each) for each in found))
    return 0


def find_channel(settings: Settings, org: str, wanted: str) -> Data:
    """The channel of this uuid, name or address. Raises NotFound, or Invalid when several are named so."""
    found = [
        each for each in _channels(settings, org) if wanted in (each["uuid"], each["name"], each.get("address") or None)
    ]
    if not found:
        raise NotFound(f"There is no channel {wanted!r} in this workspace.")
    if len(found) > 1:
        raise Invalid(f"Several channels are named {wanted!r}; use the uuid.", field="channel")
    return found[0]


def _channels(settings: Settings, org: str) -> list[Data]:
    connection = connect_database(settings)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select doc from channels.channels where org = %s and not removed order by created_on, uuid", (org,)
            )
            return [doc for (doc,) in cursor.fetchall()]
    finally:
        connection.close()


def _submitted(options: argparse.Namespace, installation: Settings, org: str, name: str, data: Data) -> int:
    with submitting(installation, ACTOR) as submit:
        submit(org, name, data)
    show(options, {"uuid": data["channel"]}, data["channel"])
    return 0


def type_in(settings: Settings, org: str, code: str) -> "BuiltType":
    """The type of this code: the workspace's own, or one that comes with the program. Raises NotFound."""
    from gateways.channels.catalogue import channel_type
    from gateways.channels.description.load import read_description
    from projections.channel_types.queries import channel_types_of

    connection = connect_database(settings)
    try:
        own = next((each for each in channel_types_of(connection, org) if each["code"] == code.upper()), None)
    finally:
        connection.close()
    return read_description(own["text"]) if own else channel_type(code)


def _check_config(kind: "BuiltType", config: Data) -> None:
    problems = kind.check_config(config)
    if problems:
        raise Invalid("; ".join(problems), field="--config")


def _route(options: argparse.Namespace) -> Data:
    """What decides which numbers go over the channel, and for whom."""
    route: Data = {}
    if options.parent:
        route["parent"] = options.parent
    if options.match_prefix:
        route["match_prefixes"] = options.match_prefix
    if options.international is not None:
        route["allow_international"] = options.international
    return route


def _listed(channel: Data, waiting: int) -> Data:
    shown = ("uuid", "type", "name", "address", "roles", "parent", "paused_on", "paused_because")
    return {key: channel.get(key) for key in shown} | {"waiting": waiting}


def _line(channel: Data) -> str:
    because = f" ({channel['paused_because']})" if channel["paused_because"] else ""
    state = f"paused since {channel['paused_on']}{because}" if channel["paused_on"] else "on"
    return f"{channel['uuid']}  {channel['type']:<4} {channel['name']:<24} {channel['waiting']:>7} waiting  {state}"
