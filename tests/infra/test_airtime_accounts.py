"""The account that a workspace's airtime is sent from."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg2 import OperationalError
from psycopg2 import connect as connect_to

from domain.ports.airtime import AirtimeAccount
from infra.postgres.airtime_accounts import PostgresAirtimeAccounts
from tests.examples.installation import Installation, Workspace
from workers.projector.projector import Projector

URL = "https://airtime.example/v1"


def projected(postgres_database: str, workspace: Workspace) -> Callable[[], Any]:
    def connect() -> Any:
        return connect_to(postgres_database)

    projector = Projector(workspace.at.log, connect)
    while projector.step(0):
        pass
    projector.close()
    return connect


def account(workspace: Workspace, **changes: str) -> dict[str, str]:
    return {"uuid": workspace.at.new_id(), "type": "dtone", "url": URL, "key": "k1", "secret": "s1", **changes}


def test_an_account_is_found_by_its_own_workspace_only(postgres_database: str) -> None:
    workspace = Workspace(Installation())
    workspace.must("set_airtime_account", airtime_account=account(workspace))
    accounts = PostgresAirtimeAccounts(projected(postgres_database, workspace))

    assert accounts.account(workspace.org) == AirtimeAccount(URL, "k1", "s1")
    assert accounts.account(workspace.at.new_id()) is None


def test_another_account_takes_the_place_of_the_first(postgres_database: str) -> None:
    workspace = Workspace(Installation())
    first = workspace.must("set_airtime_account", airtime_account=account(workspace))
    second = workspace.must("set_airtime_account", airtime_account=account(workspace, key="k2", secret="s2"))
    accounts = PostgresAirtimeAccounts(projected(postgres_database, workspace))

    assert accounts.account(workspace.org) == AirtimeAccount(URL, "k2", "s2")
    assert first["uuid"] == second["uuid"]


def test_while_the_database_is_away_none_is_known() -> None:
    def away() -> Any:
        raise OperationalError("away")

    assert PostgresAirtimeAccounts(away).account("org") is None


@pytest.mark.parametrize(("field", "value"), [("url", "ftp://x"), ("url", ""), ("key", ""), ("secret", "")])
def test_an_account_that_can_not_be_one_is_refused(field: str, value: str) -> None:
    workspace = Workspace(Installation())
    wanted = account(workspace, **{field: value})

    assert workspace.at.command(workspace.org, "set_airtime_account", {"airtime_account": wanted})["field"] == field


def test_a_secret_is_not_shown_by_accident() -> None:
    assert "s1" not in repr(AirtimeAccount(URL, "k1", "s1"))
