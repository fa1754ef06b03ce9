"""One installation per log adapter and test run, one fake aggregator."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways.cli.compose import Submit
from tests.system.aggregator import Aggregator
from tests.system.installation import RunningInstallation
from tests.system.workspace import SystemWorkspace


@pytest.fixture(scope="session")
def only_aggregator() -> Iterator[Aggregator]:
    made = Aggregator().start()
    yield made
    made.stop()


@pytest.fixture
def aggregator(only_aggregator: Aggregator) -> Aggregator:
    """The one there is, with an empty book and nothing to call back: no test hears of another's."""
    only_aggregator.forget()
    return only_aggregator


@pytest.fixture(scope="session", params=["postgres", "kafka"])
def installation(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[RunningInstallation]:
    made = RunningInstallation(server_folder / f"system-{request.param}", request.param).start()
    yield made
    assert made.stop() == 0


@pytest.fixture
def data_folder(server_folder: Path) -> Path:
    """For an installation of the test's own. Not below pytest's: where root runs it, the next run that begins closes that folder to others, and
    so to the account that Postgres runs as."""
    return Path(tempfile.mkdtemp(prefix="system-", dir=server_folder))


@pytest.fixture
def submit(installation: RunningInstallation) -> Iterator[Submit]:
    with installation.submitting() as submit:
        yield submit


@pytest.fixture
def workspace(installation: RunningInstallation, submit: Submit, aggregator: Aggregator) -> SystemWorkspace:
    return SystemWorkspace(installation, submit, aggregator)
