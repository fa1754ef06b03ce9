import asyncio
import uuid
from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from tests.gateways.api_v2.answering import Answering
from tests.gateways.api_v2.client import Client


@pytest.fixture(scope="module")
def answering(postgres_url: str) -> Iterator[Answering]:
    """One for all tests of a file: they make things of their own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = psycopg2.connect(postgres_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'create database "{name}" template template0 strategy file_copy')
        made = Answering(make_dsn(postgres_url, dbname=name))
        yield made
        made.projector.close()
        cursor.execute(f'drop database "{name}" with (force)')
    admin.close()


@pytest.fixture(scope="module")
def api(answering: Answering) -> Iterator[Client]:
    loop = asyncio.new_event_loop()
    yield Client(answering, loop, answering.token)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
