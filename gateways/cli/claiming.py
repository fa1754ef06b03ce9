"""`evenkeel channel claim`: the phone that shows a code becomes a channel of a workspace."""

import argparse
from typing import Any

from domain.errors import Conflict, Invalid, NotFound, Unavailable
from domain.ports.relayers import Relayer
from domain.urn.phones import normalise_number
from gateways.cli.channels import ROLES
from gateways.cli.compose import connect_database, open_push, submitting
from gateways.cli.main import running, show
from gateways.cli.workspaces import ACTOR, find_workspace
from infra.postgres.relayers import PostgresRelayers
from infra.settings import Settings

_TAKEN = """
select doc ->> 'name' from channels.channels
where org = %s and not removed and doc ->> 'address' = %s and uuid <> %s
"""


def run_claim(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    workspace = find_workspace(installation, options.workspace)
    relayers = PostgresRelayers(lambda: connect_database(installation))
    try:
        relayer = relayers.find_by_code("".join(options.code.split()).upper())
    finally:
        relayers.close()
    if relayer is None:
        raise NotFound(
            "No phone waits to be claimed with this code. The app shows it; it changes with every registration."
        )
    channel = _channel(options, workspace, relayer)
    _refuse_taken(installation, workspace["uuid"], channel)
    with submitting(installation, ACTOR) as submit:
        submit(workspace["uuid"], "add_channel", {"channel": channel})
    _wake(installation, relayer)
    show(options, {"uuid": relayer.channel, "relayer_id": relayer.relayer_id}, relayer.channel)
    return 0


def _channel(options: argparse.Namespace, workspace: dict[str, Any], relayer: Relayer) -> dict[str, Any]:
    country = relayer.country or (workspace["country"] or "").upper()
    try:
        address = normalise_number(options.number, country)
    except Exception:
        raise Invalid("Expected the phone's number, e.g. +250788123123.", field="--number") from None
    return {
        "uuid": relayer.channel,
        "type": "A",
        "name": options.name or relayer.model,
        "address": address,
        "country": country,
        "schemes": ["tel"],
        "roles": ROLES,
        "config": {"relayer_id": relayer.relayer_id},
    }


def _refuse_taken(installation: Settings, org: str, channel: dict[str, Any]) -> None:
    connection = connect_database(installation)
    try:
        with connection.cursor() as database:
            database.execute(_TAKEN, (org, channel["address"], channel["uuid"]))
            row = database.fetchone()
    finally:
        connection.close()
    if row is not None:
        raise Conflict(f"The channel '{row[0]}' of this workspace has the number {channel['address']} already.")


def _wake(installation: Settings, relayer: Relayer) -> None:
    """So that the phone learns of it at once; else it does with its next poll."""
    push = open_push(installation)
    if push is not None and relayer.fcm_id:
        try:
            push.sync(relayer.fcm_id)
        except Unavailable:
            pass
