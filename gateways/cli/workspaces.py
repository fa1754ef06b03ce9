"""`evenkeel workspace`, `llm`, `flow` and `trigger`: the same commands that the API submits."""

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


def change(options: argparse.Namespace, settings: Settings) -> int:
    """{uuid}"""
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "change_workspace", {"changes": {"quiet_hours": options.quiet_hours}})
    show(options, {"uuid": workspace["uuid"]}, workspace["uuid"])
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


def json_object(text: str, name: str) -> dict[str, Any]:
    """Raises Invalid, naming the option."""
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
