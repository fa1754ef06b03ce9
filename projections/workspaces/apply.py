"""Workspaces, the users who work in them and the API tokens of these users."""

from collections.abc import Sequence
from pathlib import Path

from psycopg2.extensions import connection as Connection

from projections.documents import Documents
from projections.projection import LoggedEvent, Projection
from projections.set_sql import insert


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    workspaces, users, tokens = Documents("workspaces"), Documents("users"), []
    for event in events:
        if event.type == "workspace_created":
            workspaces.put(event, event.data["workspace"])
        elif event.type == "workspace_changed":
            workspaces.patch(event, event.data["changes"])
        elif event.type == "user_added":
            users.put(event, event.data["user"])
        else:
            user = event.data.get("user") or {}
            tokens.append(
                {
                    "org": event.org,
                    "token_hash": event.data["token_hash"],
                    "user_uuid": user.get("uuid"),
                    "email": user.get("email"),
                    "role": event.data["role"],
                    "issued_on": event.at,
                }
            )
    workspaces.write(connection)
    users.write(connection)
    insert(connection, "api_tokens", tokens, "on conflict do nothing")


PROJECTION = Projection(
    name="workspaces",
    version=1,
    folder=Path(__file__).parent,
    tables=("workspaces", "users", "api_tokens"),
    handles=frozenset({"workspace_created", "workspace_changed", "user_added", "api_token_issued"}),
    apply=apply,
)
