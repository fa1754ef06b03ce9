"""What every state store does (see domain/ports/state_store.py). Subclasses give `store`, a fixture of an empty one."""

import uuid
from collections.abc import Iterator

import pytest

from domain.errors import Fenced
from domain.ports.state_store import Changes, StateStore, StoredItem

ORG, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
ANNE, BEN = str(uuid.UUID(int=11)), str(uuid.UUID(int=12))
TEL = "tel:+250788111111"


class StateStoreSuite:
    @pytest.fixture
    def store(self) -> Iterator[StateStore]:
        raise NotImplementedError

    def test_an_empty_store_stands_before_everything(self, store: StateStore) -> None:
        assert store.position(3) == -1
        assert store.load(3, [(ORG, ANNE)], [(ORG, TEL)]).conversations == {}

    def test_what_was_saved_is_loaded_by_uuid(self, store: StateStore) -> None:
        store.save(0, Changes({(ORG, ANNE): b'{"a":1}', (ORG, BEN): b"{}"}), 5)

        assert store.load(0, [(ORG, ANNE)], []).conversations == {(ORG, ANNE): b'{"a":1}'}
        assert store.position(0) == 5

    def test_a_urn_finds_its_holder_and_the_holders_state(self, store: StateStore) -> None:
        store.save(0, Changes({(ORG, ANNE): b"{}"}, {(ORG, TEL): ANNE}), 1)

        found = store.load(0, [], [(ORG, TEL), (ORG, "tel:+1")])

        assert found.holders == {(ORG, TEL): ANNE}
        assert found.conversations == {(ORG, ANNE): b"{}"}

    def test_the_newest_state_and_holder_count(self, store: StateStore) -> None:
        store.save(0, Changes({(ORG, ANNE): b"1"}, {(ORG, TEL): ANNE}), 1)
        store.save(0, Changes({(ORG, ANNE): b"2", (ORG, BEN): b"3"}, {(ORG, TEL): BEN}), 2)

        assert store.load(0, [], [(ORG, TEL)]).conversations == {(ORG, BEN): b"3"}
        assert store.load(0, [(ORG, ANNE)], []).conversations == {(ORG, ANNE): b"2"}

    def test_a_urn_that_is_nobodys_finds_nobody(self, store: StateStore) -> None:
        store.save(0, Changes({}, {(ORG, TEL): ANNE}), 1)
        store.save(0, Changes({}, {(ORG, TEL): None}), 2)

        assert store.load(0, [], [(ORG, TEL)]).holders == {}

    def test_organizations_do_not_see_each_other(self, store: StateStore) -> None:
        item = StoredItem(ORG, "flow", BEN, 3, b"{}")
        store.save(0, Changes({(ORG, ANNE): b"{}"}, {(ORG, TEL): ANNE}, [item]), 1)

        found = store.load(0, [(OTHER, ANNE)], [(OTHER, TEL)])

        assert (found.conversations, found.holders, list(store.workspace(0, OTHER))) == ({}, {}, [])
        assert list(store.workspace(0, ORG)) == [item]

    def test_an_item_that_is_gone_keeps_its_version(self, store: StateStore) -> None:
        store.save(0, Changes(items=[StoredItem(ORG, "flow", BEN, 1, b"{}")]), 1)
        store.save(0, Changes(items=[StoredItem(ORG, "flow", BEN, 2, None)]), 2)

        assert list(store.workspace(0, ORG)) == [StoredItem(ORG, "flow", BEN, 2, None)]

    def test_items_of_some_kinds_are_left_out_and_found_one_by_one(self, store: StateStore) -> None:
        flow, start = StoredItem(ORG, "flow", BEN, 1, b"{}"), StoredItem(ORG, "flow_start", ANNE, 2, b'{"a":1}')
        gone = StoredItem(ORG, "label", str(uuid.UUID(int=13)), 2, None)
        store.save(0, Changes(items=[flow, start, gone]), 1)

        assert list(store.workspace(0, ORG, ["flow_start", "label"])) == [flow]
        assert [store.item(0, ORG, each.uuid) for each in (flow, start, gone)] == [flow, start, gone]
        assert store.item(0, OTHER, ANNE) is None and store.item(0, ORG, OTHER) is None

    def test_who_stands_behind_is_fenced_and_writes_nothing(self, store: StateStore) -> None:
        store.save(0, Changes({(ORG, ANNE): b"new"}), 9)

        with pytest.raises(Fenced):
            store.save(0, Changes({(ORG, ANNE): b"old"}), 4)

        assert store.load(0, [(ORG, ANNE)], []).conversations == {(ORG, ANNE): b"new"}
        assert store.position(0) == 9

    def test_partitions_stand_where_each_of_them_stands(self, store: StateStore) -> None:
        store.save(0, Changes(), 9)
        store.save(1, Changes(), 2)

        assert (store.position(0), store.position(1), store.position(2)) == (9, 2, -1)
