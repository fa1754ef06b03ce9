"""`evenkeel channel-type add|list|remove`: channel types that a workspace describes itself."""

import argparse
from pathlib import Path

from domain.errors import Invalid, NotFound
from gateways.cli.compose import connect_database, submitting
from gateways.cli.main import running, show
from gateways.cli.workspaces import ACTOR, find_workspace
from infra.ids import uuid7
from infra.settings import Settings
from projections.channel_types.queries import channel_types_of


def add(options: argparse.Namespace, settings: Settings) -> int:
    """{uuid, type}. One with the same code is replaced, for its channels at once."""
    from gateways.channels.own_types import checked_description

    installation = running(settings)
    try:
        text = Path(options.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"can't be read: {error}", field=options.file) from None
    kind = checked_description(text)
    workspace = find_workspace(installation, options.workspace)
    described = {"uuid": uuid7(), "code": kind.code, "name": kind.name, "text": text}
    with submitting(installation, ACTOR) as submit:
        made = submit(workspace["uuid"], "add_channel_type", {"channel_type": described})
    show(options, {"uuid": made["uuid"], "type": kind.code}, f"{made['uuid']}  {kind.code}  {kind.name}")
    return 0


def list_types(options: argparse.Namespace, settings: Settings) -> int:
    """[{uuid, type, name}]"""
    installation = running(settings)
    found = [
        {"uuid": each["uuid"], "type": each["code"], "name": each["name"]}
        for each in _described(installation, find_workspace(installation, options.workspace)["uuid"])
    ]
    show(options, found, "\n".join(f"{each['uuid']}  {each['type']:<8}  {each['name']}" for each in found))
    return 0


def remove(options: argparse.Namespace, settings: Settings) -> int:
    """{uuid}"""
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    code = options.code.upper()
    found = next((each for each in _described(installation, workspace["uuid"]) if each["code"] == code), None)
    if found is None:
        raise NotFound(f"This workspace has described no channel type {code}.")
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "remove_channel_type", {"channel_type": found["uuid"]})
    show(options, {"uuid": found["uuid"]}, found["uuid"])
    return 0


def _described(settings: Settings, org: str) -> list[dict[str, str]]:
    connection = connect_database(settings)
    try:
        return channel_types_of(connection, org)
    finally:
        connection.close()
