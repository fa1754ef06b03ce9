from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from infra.postgres.relayers import PostgresRelayers
from tests.gateways.android.scene import Scene


@pytest.fixture
def scene(postgres_database: str, tmp_path: Path) -> Iterator[Scene]:
    relayers = PostgresRelayers(lambda: psycopg2.connect(postgres_database))
    scene = Scene(relayers, tmp_path)
    yield scene
    scene.commit.stop()
    relayers.close()


@pytest.fixture
def channel(scene: Scene) -> str:
    """Of a phone that is claimed and has synced once."""
    scene.phone.register()
    channel = scene.claim()
    scene.phone.sync()
    return channel
