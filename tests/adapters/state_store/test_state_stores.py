"""Every state store, by the one suite."""

from collections.abc import Iterator

import pytest

from domain.ports.state_store import Changes, StateStore
from infra.memory.state_store import MemoryStateStore
from infra.postgres.state_store import PostgresStateStore, install
from tests.conformance.state_store_suite import ANNE, ORG, StateStoreSuite


class TestMemory(StateStoreSuite):
    @pytest.fixture
    def store(self) -> Iterator[StateStore]:
        yield MemoryStateStore()


class TestPostgres(StateStoreSuite):
    @pytest.fixture
    def store(self, postgres_database: str) -> Iterator[StateStore]:
        install(postgres_database)
        install(postgres_database)  # a second time changes nothing
        made = PostgresStateStore(postgres_database)
        yield made
        made.close()

    def test_it_connects_again_after_its_connection_was_lost(self, store: PostgresStateStore) -> None:
        store.save(0, Changes({(ORG, ANNE): b"{}"}), 1)
        store.close()

        assert store.position(0) == 1
