"""`evenkeel workspace`, `channel`, `flow` and `trigger`: the same commands that the API submits."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from domain.errors import Invalid, NotFound
from gateways.cli.compose import Submit, connect_database, submitting
from gateways.cli.main import running, show
from infra.ids import uuid7
from infra.settings import Settings

ACTOR = "cli"
ROLES = ["send", "receive"]


def create(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    uuid = uuid7()
    profile = {"uuid": uuid, "name": options.name, "timezone": options.timezone, "country": options.country.upper()}
    with submitting(installation, ACTOR) as submit:
        submit(
            uuid,
            "create_workspace",
            {"workspace": {**profile, "languages": ["eng"], "date_style": "day_first", "anon": False}},
        )
    show(options, {"uuid": uuid, "name": options.name}, uuid)
    return 0


def add_channel(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.channels.catalogue import channel_type
    from gateways.channels.contract import COLLECTED_TYPES
    from gateways.ingest.app import TYPES_BY_ADDRESS

    installation = running(settings)
    code = options.type.upper()
    kind = channel_type(code)
    if code in COLLECTED_TYPES:
        raise Invalid(
            "A phone registers by its app, which shows a code: evenkeel channel claim WORKSPACE CODE.", field="type"
        )
    config = _json_object(options.config, "--config")
    problems = kind.check_config(config)
    if problems:
        raise Invalid("; ".join(problems), field="--config")
    workspace = find_workspace(installation, options.workspace)
    uuid = uuid7()
    channel = {
        "uuid": uuid,
        "type": code,
        "name": options.name or f"{kind.name} {options.address}".strip(),
        "address": options.address,
        "country": (options.country or workspace["country"] or "").upper(),
        "schemes": list(kind.schemes),
        "roles": ROLES,
        "config": config,
    }
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "add_channel", {"channel": channel})
    place = "" if code in TYPES_BY_ADDRESS else f"/{uuid}"
    receive_url = f"{installation.base_url}/c/{code.lower()}{place}/receive"
    show(options, {"uuid": uuid, "receive_url": receive_url}, f"{uuid}\n{receive_url}")
    return 0


def add_llm(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    model: dict[str, Any] = {"uuid": options.uuid or uuid7(), "name": options.name, "url": options.url}
    model |= {"type": "openai", "model": options.model, "api_key": options.api_key}
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "add_llm", {"llm": model})
    show(options, {"uuid": model["uuid"]}, model["uuid"])
    return 0


def add_airtime(options: argparse.Namespace, settings: Settings) -> int:
    from infra.airtime.dtone import URL

    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    account = {
        "uuid": uuid7(),
        "type": "dtone",
        "url": options.url or URL,
        "key": options.key,
        "secret": options.secret,
    }
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "set_airtime_account", {"airtime_account": account})
    show(options, {"url": account["url"]}, account["url"])
    return 0


def add_trigger(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    trigger: dict[str, Any] = {"uuid": uuid7(), "flow": options.flow}
    if options.keyword:
        trigger |= {"type": "keyword", "keywords": [options.keyword], "match": "first"}
    elif options.referral:
        trigger |= {"type": "referral", "referrer_id": "" if options.referral == "*" else options.referral}
    else:
        kinds = ("new_conversation", "ticket_closed", "catch_all")
        trigger["type"] = next(kind for kind in kinds if getattr(options, kind))
    if options.channel:
        trigger["channel"] = options.channel
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "add_trigger", {"trigger": trigger})
    show(options, {"uuid": trigger["uuid"]}, trigger["uuid"])
    return 0


def import_flows(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.cli.importing import import_export

    installation = running(settings)
    content = _read(Path(options.file))
    workspace = find_workspace(installation, options.workspace)
    with submitting(installation, ACTOR) as submit:
        made = import_export(content, in_workspace(submit, workspace["uuid"]))
    lines = [f"{flow['uuid']}  {flow['name']}" for flow in made["flows"]]
    show(options, made, "\n".join(lines))
    return 0


def in_workspace(submit: Submit, org: str) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda name, data: submit(org, name, data)


def find_workspace(settings: Settings, wanted: str) -> dict[str, Any]:
    """{uuid, name, country} by uuid or name. Raises NotFound, or Invalid when several have this name."""
    connection = connect_database(settings)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select org::text, doc->>'name', doc->>'country' from workspaces.workspaces"
                " where org::text = %s or doc->>'name' = %s limit 2",
                (wanted, wanted),
            )
            found = cursor.fetchall()
    finally:
        connection.close()
    if not found:
        raise NotFound(f"There is no workspace {wanted!r}.")
    if len(found) > 1:
        raise Invalid(f"Several workspaces are named {wanted!r}; use the uuid.", field="workspace")
    return dict(zip(("uuid", "name", "country"), found[0], strict=True))


def _json_object(text: str, name: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"expected a JSON object: {error}", field=name) from None
    if not isinstance(value, dict):
        raise Invalid("expected a JSON object", field=name)
    return value


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Invalid(f"can't be read: {error.strerror}", field=str(file)) from None
