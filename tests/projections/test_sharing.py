"""Several projectors share out the partitions: none is left out, none is done twice, and who is gone has none."""

from collections.abc import Callable

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from projections.catalogue import CATALOGUE
from projections.installing import install
from projections.sharing import PATIENCE_SECONDS, join, share, share_of

PARTITIONS = 8
ALL = frozenset(range(PARTITIONS))


@pytest.fixture
def member(postgres_database: str) -> Callable[[], Connection]:
    def begin() -> Connection:
        connection = psycopg2.connect(postgres_database)
        install(connection, CATALOGUE)
        join(connection)
        return connection

    return begin


@pytest.mark.parametrize("members", [1, 2, 3, 8, 11])
def test_every_partition_is_exactly_one_s_and_shares_differ_by_one_at_most(members: int) -> None:
    alive = [100 + number for number in range(members)]

    shares = [share_of(me, alive, PARTITIONS) for me in alive]

    assert sorted(partition for each in shares for partition in each) == sorted(ALL)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_one_alone_has_all(member: Callable[[], Connection]) -> None:
    assert share(member(), PARTITIONS) == ALL


def test_those_who_are_there_have_it_all_between_them(member: Callable[[], Connection]) -> None:
    members = [member() for _ in range(3)]

    shares = [share(each, PARTITIONS) for each in members]

    assert frozenset().union(*shares) == ALL
    assert sum(map(len, shares)) == PARTITIONS


def test_who_is_killed_has_nothing(member: Callable[[], Connection], postgres_database: str) -> None:
    left, killed = member(), member()
    assert share(left, PARTITIONS) != ALL
    pid = killed.info.backend_pid

    killed.close()
    watch = psycopg2.connect(postgres_database)
    watch.autocommit = True
    with watch.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 10000)", (pid,))  # waits until its backend is gone

    assert share(left, PARTITIONS) == ALL


def test_who_is_frozen_has_nothing_until_it_is_heard_of_again(member: Callable[[], Connection]) -> None:
    left, frozen = member(), member()
    with left.cursor() as cursor:
        cursor.execute(
            "update projections.projectors set seen_on = seen_on - %s * interval '1 second' where pid = %s",
            (PATIENCE_SECONDS, frozen.info.backend_pid),
        )
    left.commit()

    assert share(left, PARTITIONS) == ALL
    share(frozen, PARTITIONS)
    assert share(left, PARTITIONS) | share(frozen, PARTITIONS) == ALL
    assert share(left, PARTITIONS).isdisjoint(share(frozen, PARTITIONS))
