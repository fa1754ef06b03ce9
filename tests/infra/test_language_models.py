"""Where a workspace's language models are asked."""

from collections.abc import Callable
from typing import Any

from psycopg2 import OperationalError
from psycopg2 import connect as connect_to

from domain.ports.language_models import ModelEndpoint
from infra.postgres.language_models import PostgresLanguageModels
from tests.examples.installation import Installation, Workspace
from workers.projector.projector import Projector


def added(postgres_database: str) -> tuple[Callable[[], Any], Workspace, str]:
    def connect() -> Any:
        return connect_to(postgres_database)

    workspace = Workspace(Installation())
    uuid = workspace.at.new_id()
    model = {"uuid": uuid, "name": "Small", "url": "https://models.example/v1", "model": "small-1", "api_key": "k"}
    workspace.must("add_llm", llm=model)
    projector = Projector(workspace.at.log, connect)
    while projector.step(0):
        pass
    projector.close()
    return connect, workspace, uuid


def test_a_model_is_found_by_its_own_workspace_only(postgres_database: str) -> None:
    connect, workspace, uuid = added(postgres_database)
    models = PostgresLanguageModels(connect)

    assert models.endpoint(workspace.org, uuid) == ModelEndpoint("https://models.example/v1", "small-1", "k")
    assert models.endpoint(workspace.at.new_id(), uuid) is None


def test_while_the_database_is_away_none_is_known() -> None:
    def away() -> Any:
        raise OperationalError("away")

    assert PostgresLanguageModels(away).endpoint("org", "uuid") is None


def test_a_model_without_an_address_is_refused() -> None:
    workspace = Workspace(Installation())
    model = {"uuid": workspace.at.new_id(), "name": "Small", "model": "small-1"}

    outcome = workspace.at.command(workspace.org, "add_llm", {"llm": model})

    assert outcome["field"] == "url"
