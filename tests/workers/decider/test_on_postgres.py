"""The decider over the real log and state store: a survey with crashes between its steps."""

from infra.event_log import postgres as postgres_log
from infra.postgres import state_store
from infra.postgres.state_store import PostgresStateStore
from tests.examples.installation import Installation, Workspace

ANNE = "tel:+250788111111"


def test_a_survey_goes_on_over_crashes(postgres_database: str) -> None:
    postgres_log.install(postgres_database, 2)
    state_store.install(postgres_database)
    log = postgres_log.PostgresEventLog(postgres_database)
    installation = Installation(log, PostgresStateStore(postgres_database))
    workspace = Workspace(installation)
    workspace.add_survey()

    said = []
    for text in ("survey", "Anne", "four", "4"):
        said += workspace.texts(ANNE, text)
        installation.crash_decider()

    assert said == [
        "Hello! This is a short survey about water at home. What is your name?",
        "Nice to meet you, Anne. How many people live in your household?",
        "Please send a number between 1 and 30.",
        "Do you have clean water at home, Anne?",
    ]
    versions = [
        event["n"]
        for event in installation.events(workspace.org)
        if event.get("of") == contact(installation, workspace)
    ]
    assert versions == list(range(1, len(versions) + 1))
    log.close()


def contact(installation: Installation, workspace: Workspace) -> str:
    [created] = installation.events(workspace.org, "contact_created")
    return str(created["of"])
