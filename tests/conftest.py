"""Servers for tests: each is started once per run, when the first test asks for it, and always stopped. And how examples are drawn."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from psycopg2.extensions import make_dsn

from infra.embedded.kafka_server import EmbeddedKafka
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.embedded.redis_server import EmbeddedRedis
from tests.secured_kafka import PASSWORD, USER, Securing
from tests.sharing_out import group_of

# The same examples in every run, however slow the machine is; with FUZZ=n others, and so many.
HUNT = int(os.environ.get("FUZZ") or 0)
settings.register_profile(
    "evenkeel",
    max_examples=HUNT or 100,
    derandomize=not HUNT,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("evenkeel")
if (
    not HUNT
):  # numbers and texts of the program would be among the examples, and of which modules depends on what ran before
    NO_CONSTANTS = providers.Constants()
    providers._get_local_constants = lambda: NO_CONSTANTS

pytest.register_assert_rewrite("tests.conformance")  # suites say what was compared, as tests do


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder with a short path (Unix sockets need one) for the data of this run's servers."""
    folder = Path(tempfile.mkdtemp(prefix="evenkeel-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(server_folder: Path) -> Iterator[str]:
    """Address of this run's Postgres. Tests that write take `postgres_database` instead."""
    server = EmbeddedPostgres(server_folder / "postgres", durable=False, die_with_parent=True)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Address of an empty database of the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = psycopg2.connect(postgres_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'create database "{name}" template template0 strategy file_copy')
        yield make_dsn(postgres_url, dbname=name)
        cursor.execute(f'drop database "{name}" with (force)')
    admin.close()


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    """Address of this run's Redis. Tests take keys of their own, or flush it."""
    server = EmbeddedRedis(server_folder / "redis", die_with_parent=True)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def securing(server_folder: Path) -> Securing:
    """Certificates, and how this run's Kafka uses them."""
    return Securing(server_folder / "certificates")


@pytest.fixture(scope="session")
def kafka(server_folder: Path, securing: Securing) -> Iterator[EmbeddedKafka]:
    """This run's Apache Kafka. Tests give their topics a prefix of their own."""
    server = EmbeddedKafka(
        server_folder / "kafka", die_with_parent=True, listeners=securing.listeners(), users={USER: PASSWORD}
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
